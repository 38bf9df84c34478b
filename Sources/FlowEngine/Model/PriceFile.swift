// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// A file of prices: `models: {NAME: {prompt, cached, completion, long: {above, …}, also, date, source}}`.
struct PriceFile {
    private let document: YAMLDocument
    private let file: String?
    private(set) var entries: [PriceList.Entry] = []
    /// The faults, each with its place.
    private(set) var faults: [String] = []

    /// The models of a file and its faults.
    static func entries(in bytes: [UInt8], file: String?) -> ([PriceList.Entry], faults: [String]) {
        let (document, problems) = YAMLDocument.parse(bytes)
        guard let document else {
            let places = LineTable(bytes)
            return (
                [],
                problems.map { problem in
                    let (line, column) = places.position(at: problem.range.lowerBound)
                    return "\(file ?? "prices.yaml"):\(line):\(column): \(problem.message)"
                }
            )
        }
        var reader = PriceFile(document: document, file: file)
        for problem in problems { reader.fault("\(problem.message)", at: problem.range.lowerBound) }
        if problems.isEmpty { reader.read() }
        return (reader.entries, reader.faults)
    }

    private init(document: YAMLDocument, file: String?) {
        self.document = document
        self.file = file
    }

    private mutating func fault(_ text: String, at offset: Int) {
        let (line, column) = document.lines.position(at: offset)
        faults.append("\(file ?? "prices.yaml"):\(line):\(column): \(text)")
    }

    private mutating func fault(_ text: String, at node: YAMLNode) {
        fault(text, at: document.range(of: node).lowerBound)
    }

    private mutating func read() {
        guard document.kind(of: document.root) == .mapping,
            let models = document.value(of: document.root, forKey: "models"), document.kind(of: models) == .mapping
        else { return fault("a file of prices has the key `models` with a mapping of names", at: document.root) }
        for (key, value) in document.pairs(of: models) {
            guard document.kind(of: value) == .mapping else {
                fault(
                    "the price of `\(document.string(of: key))` is a mapping with `prompt` and `completion`", at: value)
                continue
            }
            check(value, ["prompt", "cached", "completion", "long", "also", "date", "source"])
            guard let rates = rates(value) else { continue }
            var price = ModelPrice(rates)
            price.date = text(value, "date")
            price.source = text(value, "source")
            if let long = document.value(of: value, forKey: "long") {
                check(long, ["above", "prompt", "cached", "completion"])
                guard let above = amount(long, "above"), let rates = self.rates(long) else { continue }
                price.long = (Int(above), rates)
            }
            var entry = PriceList.Entry(name: document.string(of: key), price: price, file: file)
            if let also = document.value(of: value, forKey: "also"), document.kind(of: also) == .sequence {
                entry.also = document.elements(of: also).map { document.string(of: $0) }
            }
            entries.append(entry)
        }
    }

    private mutating func check(_ node: YAMLNode, _ known: [String]) {
        guard document.kind(of: node) == .mapping else { return fault("a mapping is expected here", at: node) }
        for (key, _) in document.pairs(of: node) where !known.contains(document.string(of: key)) {
            fault("there is no key `\(document.string(of: key))`: \(known.joined(separator: ", "))", at: key)
        }
    }

    private mutating func rates(_ node: YAMLNode) -> ModelPrice.Rates? {
        guard let prompt = amount(node, "prompt"), let completion = amount(node, "completion") else { return nil }
        var cached: Double?
        if document.value(of: node, forKey: "cached") != nil {
            guard let amount = amount(node, "cached") else { return nil }
            cached = amount
        }
        return ModelPrice.Rates(prompt: prompt, cached: cached, completion: completion)
    }

    /// A number from 0 to a million; otherwise a fault and nil.
    private mutating func amount(_ node: YAMLNode, _ key: String) -> Double? {
        guard document.kind(of: node) == .mapping, let value = document.value(of: node, forKey: key) else {
            fault("the key `\(key)` is missing", at: node)
            return nil
        }
        let number: Double? =
            switch document.kind(of: value) == .scalar ? document.scalar(of: value) : .null {
            case .integer(let number): Double(number)
            case .number(let number): number
            default: nil
            }
        guard let number, number >= 0, number <= 1_000_000 else {
            fault("`\(key)` is a number of US dollars for a million tokens, from 0", at: value)
            return nil
        }
        return number
    }

    private func text(_ node: YAMLNode, _ key: String) -> String? {
        document.value(of: node, forKey: key).map { document.string(of: $0) }
    }
}
