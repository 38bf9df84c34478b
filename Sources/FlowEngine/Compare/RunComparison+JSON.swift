// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension RunComparison {
    /// The comparison as JSON: `runs` and `pairs`, as `docs/compare.md` describes them.
    public var json: JSONObject {
        object([
            ("all", .bool(showsAll)), ("runs", .array(runs.map(\.json))),
            ("figures", .array(FigureTable(of: self).rows.map(\.json))), ("pairs", .array(pairs.map(\.json))),
        ])
    }
}

/// An object without the members that have no value.
private func object(_ members: [(String, JSONValue?)]) -> JSONObject {
    JSONObject(members.compactMap { key, value in value.map { JSONObject.Member(key: key, value: $0) } })
}

private func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

extension RunComparison.Run {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("run", .string(letter)), ("id", .string(id)), ("workflow", .string(workflow)),
                ("status", .string(status.rawValue)), ("reason", reason.map { .string($0) }),
                ("createdAt", .string(createdAt.iso8601)), ("milliseconds", duration.map { .integer($0.count) }),
                ("nodes", .integer(Int64(nodes))), ("reused", .integer(Int64(reused))),
                ("attempts", .integer(Int64(attempts))), ("source", .string(source.hex)),
                ("parent", branch.map { .string($0.parent) }), ("branch", branch?.name.map { .string($0) }),
                ("hypothesis", branch?.hypothesis.map { .string($0) }),
                ("verdict", branch.map { .string($0.verdict.rawValue) }),
                ("conclusion", branch?.conclusion.map { .string($0) }),
            ]))
    }
}

extension FigureTable.Row {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("output", .string(name)), ("goal", goal.map { .string($0.rawValue) }),
                ("values", .array(values.map { $0 ?? .null })),
            ]))
    }
}

extension RunPair {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("base", .string(base)), ("other", .string(other)), ("same", .bool(isSame)),
                ("definition", .array(definition.map(\.json))), ("files", strings(sourceFiles)),
                ("inputs", .array(inputs.map(\.json))), ("options", .array(options.map(\.json))),
                ("sameNodes", .integer(Int64(sameNodes))), ("firstDivergences", strings(firstDivergences)),
                ("nodes", .array(nodes.map(\.json))), ("outputs", .array(outputs.map(\.json))),
                ("metrics", .array(metrics.map(\.json))), ("samples", .array(samples.map(\.json))),
            ]))
    }
}

extension NodePair {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("node", .string(node)), ("kind", .string(kind)), ("cause", .string(cause.rawValue)),
                ("reasons", strings(reasons)), ("first", .bool(isFirst)), ("resultDiffers", .bool(resultDiffers)),
                ("base", base.json), ("other", other.json), ("definition", .array(definition.map(\.json))),
                ("rendered", .array(rendered.map(\.json))), ("outputs", .array(outputs.map(\.json))),
                ("files", .array(files.map(\.json))),
            ]))
    }
}

extension NodePair.Side {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("status", status.map { .string($0.rawValue) } ?? .null), ("attempts", .integer(Int64(attempts))),
                ("milliseconds", duration.map { .integer($0.count) }), ("message", message.map { .string($0) }),
                ("usage", usage?.json),
            ]))
    }
}

extension ModelCost {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("promptTokens", .integer(promptTokens)), ("completionTokens", .integer(completionTokens)),
                ("usd", dollars.map { .number($0) }),
            ]))
    }
}

extension DefinitionChange {
    fileprivate var json: JSONValue {
        .object(
            object([("part", .string(part)), ("old", old.map { .string($0) }), ("new", new.map { .string($0) })]))
    }
}

extension ValueChange {
    fileprivate var json: JSONValue {
        .object(object([("path", .string(path)), ("change", .string(kind.rawValue)), ("old", old), ("new", new)]))
    }
}

extension FileChange {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("name", .string(name)), ("old", old?.json), ("new", new?.json), ("diff", text.map { .string($0) }),
            ]))
    }
}

extension FileChange.Side {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("digest", .string(digest.hex)), ("size", .integer(size)), ("file", .string(file)),
                ("mediaType", mediaType.map { .string($0) }),
            ]))
    }
}

extension MetricChange {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("name", .string(name)), ("goal", .string(goal.rawValue)), ("old", .number(old)), ("new", .number(new)),
                ("delta", .number(delta)), ("percent", percent.map { .number($0) } ?? .null),
                ("verdict", .string(verdict.rawValue)),
            ]))
    }
}

extension SampleComparison {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("name", .string(name)), ("old", old.json), ("new", new.json), ("delta", .number(delta)),
                ("p", p.map { .number($0) } ?? .null), ("exact", .bool(isExact)),
            ]))
    }
}

extension SampleStatistics {
    fileprivate var json: JSONValue {
        .object(
            object([
                ("n", .integer(Int64(count))), ("mean", .number(mean)), ("sd", deviation.map { .number($0) } ?? .null),
            ]))
    }
}
