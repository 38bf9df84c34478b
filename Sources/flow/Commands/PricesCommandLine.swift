// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow prices`: what models cost.
enum PricesCommandLine {
    static let spec = CommandSpec(
        name: "prices", summary: "List what models cost", arguments: "[MODEL]",
        discussion: """
            In US dollars for a million tokens. Prices of your own go before those that come with flow: in `prices.yaml`
            beside the store (`.flow/prices.yaml`), then in `FLOW_HOME/prices.yaml` (`~/.local/share/flow`). Models on this
            machine cost nothing.
            """,
        examples: [("flow prices", "the whole list"), ("flow prices gpt-4o-2024-11-20", "of one model")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let prices = try PriceList.load(
                storeFolder: workplace.storeFolder, environment: workplace.environment)
            var entries = prices.entries
            if let model = invocation.optionalArgument(0) {
                guard let entry = prices.entry(of: model) else {
                    throw CommandFailure(
                        .badInput, "nobody knows what `\(model)` costs",
                        help: ["write its price into \(workplace.storeFolder)/prices.yaml: `flow help prices`"])
                }
                entries = [entry]
            } else {
                // Of several entries of a name the first counts.
                var seen: Set<String> = []
                entries = entries.filter { seen.insert($0.name.lowercased()).inserted }
                    .sorted { $0.name < $1.name }
            }
            if invocation.flag("json") {
                var object = JSONObject()
                object["models"] = .array(entries.map(json))
                try Output.json(object)
                return .done
            }
            var table = Table(header: ["model", "prompt", "cached", "completion", "date", "source"])
            for entry in entries {
                let rates = entry.price.rates
                table.add([
                    entry.name, text(rates.prompt), text(rates.cached), text(rates.completion),
                    entry.price.date ?? "", entry.file ?? entry.price.source ?? "",
                ])
                if let long = entry.price.long {
                    table.add([
                        "  above \(long.above)", text(long.rates.prompt), text(long.rates.cached),
                        text(long.rates.completion),
                    ])
                }
            }
            try Output.text(table.text)
            return .done
        })

    /// The price of a million tokens.
    private static func text(_ price: Money) -> String {
        // At least two decimals, as people write dollars.
        var text = (price * 1_000_000).description
        for _ in 0..<4 where text.hasSuffix("0") { text.removeLast() }
        return text
    }

    private static func json(_ entry: PriceList.Entry) -> JSONValue {
        func rates(_ rates: ModelPrice.Rates) -> JSONObject {
            var object = JSONObject()
            object["prompt"] = .number((rates.prompt * 1_000_000).dollars)
            object["cached"] = .number((rates.cached * 1_000_000).dollars)
            object["completion"] = .number((rates.completion * 1_000_000).dollars)
            return object
        }
        var object = JSONObject()
        object["model"] = .string(entry.name)
        for member in rates(entry.price.rates) { object[member.key] = member.value }
        if let long = entry.price.long {
            var part = rates(long.rates)
            part["above"] = .integer(Int64(long.above))
            object["long"] = .object(part)
        }
        if !entry.also.isEmpty { object["also"] = .array(entry.also.map { .string($0) }) }
        object["date"] = entry.price.date.map { .string($0) }
        object["source"] = entry.price.source.map { .string($0) }
        object["file"] = entry.file.map { .string($0) }
        return .object(object)
    }
}
