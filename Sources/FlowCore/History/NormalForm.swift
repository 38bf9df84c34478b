// SPDX-License-Identifier: Apache-2.0

/// What a node is, as named parts in one spelling: two nodes that do the same have equal normal forms, however they are
/// written. Comments, the order of keys and white space between them leave no trace; nor do a node's title, description
/// and priority.
///
/// The names are `kind`, `body`, `fields.NAME`, `needs`, `when`, `foreach`, `repeat`, `with.NAME`, `env.NAME`,
/// `outputs.NAME`, `artifacts.NAME` and `salt`; then what cannot change the result of a node that has ended well: `retry`,
/// `timeout`, `idle_timeout`, `on_failure`, `on_interrupt`, `effects`, `fallback`, `takes`, `cache` and `budget`.
public struct NormalForm: Sendable, Hashable {
    /// One named part.
    public struct Part: Sendable, Hashable {
        public var name: String
        /// A template stands here as its text, with expressions in their own normal form.
        public var value: JSONValue
        /// Whether another value can mean another result.
        public var isEssential: Bool

        /// A part.
        public init(_ name: String, _ value: JSONValue, isEssential: Bool = true) {
            self.name = name
            self.value = value
            self.isEssential = isEssential
        }
    }

    /// The parts that the node has, in an order that depends on their names alone.
    public private(set) var parts: [Part] = []

    /// The normal form of nothing.
    init() {}

    /// The normal form of a node.
    ///
    /// - Parameter withWords: whether what has no part in any result is among the parts: `title`,
    ///   `description`, `priority`, the goals of outputs, and what only takes time.
    public init(of node: NodeDefinition, withWords: Bool = false) {
        add("kind", .string(node.kind))
        add("body", node.body.normalJSON)
        add("fields", node.fields)
        if !node.needs.isEmpty { add("needs", Self.needs(node.needs)) }
        addOptions(node.options)
        if withWords { addWords(node.options) }
    }

    private mutating func addWords(_ options: NodeOptions) {
        func word(_ name: String, _ value: JSONValue?) {
            if let value { parts.append(Part(name, value, isEssential: false)) }
        }
        word("title", options.title.map { .string($0) })
        word("description", options.description.map { .string($0) })
        word("priority", options.priority == 0 ? nil : .integer(Int64(options.priority)))
        word("foreach.max_parallel", options.foreach?.maxParallel.map { .integer(Int64($0)) })
        word("repeat.delay", options.repetition.map { .string($0.delay.description) })
        for output in options.outputs { word("outputs.\(output.name).goal", output.goal.map { .string($0.rawValue) }) }
    }

    private mutating func addOptions(_ options: NodeOptions) {
        if options === NodeOptions.standard { return }
        if let when = options.when { add("when", .string(when.expression.description)) }
        if let foreach = options.foreach { add("foreach", foreach.normalJSON) }
        if let repetition = options.repetition { add("repeat", repetition.normalJSON) }
        add("with", options.with)
        add("env", options.env)
        for output in options.outputs.sorted(by: { $0.name < $1.name }) {
            var object = JSONObject()
            object["type"] = .string(output.type.rawValue)
            object["value"] = output.value?.normalJSON
            add("outputs.\(output.name)", .object(object))
        }
        for artifact in options.artifacts.sorted(by: { $0.name < $1.name }) {
            var object = JSONObject()
            object["path"] = .string(artifact.path)
            object["media_type"] = artifact.mediaType.map { .string($0) }
            if artifact.optional { object["optional"] = true }
            add("artifacts.\(artifact.name)", .object(object))
        }
        if let salt = options.cache.salt { add("salt", .string(salt)) }
        addLimits(options)
    }

    /// What may end an attempt or start another one, but has no part in what a good one puts out.
    private mutating func addLimits(_ options: NodeOptions) {
        func limit(_ name: String, _ value: JSONValue?) {
            if let value { parts.append(Part(name, value, isEssential: false)) }
        }
        limit("retry", options.retry.map(\.normalJSON))
        limit("timeout", options.timeout.map { .string($0.description) })
        limit("idle_timeout", options.idleTimeout.map { .string($0.description) })
        limit("on_failure", options.onFailure == .fail ? nil : .string(options.onFailure.rawValue))
        limit("on_interrupt", options.onInterrupt == .rerun ? nil : .string(options.onInterrupt.rawValue))
        limit("effects", options.effects == .idempotent ? nil : .string(options.effects.rawValue))
        limit("fallback", options.fallback.map { .string($0.node) })
        if !options.demands.isEmpty {
            var object = JSONObject()
            for demand in options.demands { object[demand.pool] = .integer(Int64(demand.units)) }
            limit("takes", .object(object))
        }
        if options.cache.mode != .never || options.cache.ttl != nil {
            var object = JSONObject()
            object["mode"] = .string(options.cache.mode.rawValue)
            object["ttl"] = options.cache.ttl.map { .string($0.description) }
            if options.cache.sparesEffects { object["external"] = true }
            limit("cache", .object(object))
        }
        limit("budget", options.budget.map { .string($0.dump) })
    }

    mutating func add(_ name: String, _ value: JSONValue?) {
        if let value { parts.append(Part(name, value)) }
    }

    mutating func add(_ name: String, _ entries: [TemplateEntry]) {
        for entry in entries.sorted(by: { $0.name < $1.name }) {
            add("\(name).\(entry.name)", entry.template.normalJSON)
        }
    }

    private static func needs(_ needs: [NeedDefinition]) -> JSONValue {
        .array(
            needs.map { $0.condition == .met ? $0.node : "\($0.node): \($0.condition.rawValue)" }.sorted()
                .map { .string($0) })
    }

    /// The parts as one JSON object: the same text for the same meaning, in canonical style.
    public var json: JSONValue {
        .object(JSONObject(parts.map { JSONObject.Member(key: $0.name, value: $0.value) }))
    }

    public subscript(_ name: String) -> JSONValue? { parts.first { $0.name == name }?.value }
}

extension Template {
    /// The template as the JSON that a file would hold, with expressions in their normal form: `${{ inputs.n + 1 }}`.
    public var normalJSON: JSONValue {
        switch self {
        case .literal(let value): return value.escapingExpressions
        case .expression(let expression, _): return .string("${{ \(expression.description) }}")
        case .text(let segments):
            var text = ""
            for segment in segments {
                switch segment {
                case .text(let part): text += part.escapingExpressions
                case .expression(let expression, _): text += "${{ \(expression.description) }}"
                }
            }
            return .string(text)
        case .array(let items): return .array(items.map(\.normalJSON))
        case .object(let members):
            return .object(
                JSONObject(
                    members.map {
                        JSONObject.Member(key: $0.key, value: $0.value.normalJSON)
                    }))
        }
    }
}

extension JSONValue {
    /// The value with `$${{` for each `${{`, so that a text is never taken for an expression.
    fileprivate var escapingExpressions: JSONValue {
        switch self {
        case .string(let text): .string(text.escapingExpressions)
        case .array(let items): .array(items.map(\.escapingExpressions))
        case .object(let object):
            .object(
                JSONObject(object.map { JSONObject.Member(key: $0.key, value: $0.value.escapingExpressions) }))
        default: self
        }
    }
}

extension String {
    fileprivate var escapingExpressions: String {
        guard utf8.contains(UInt8(ascii: "$")) else { return self }
        var escaped: [UInt8] = []
        let bytes = Array(utf8)
        for (place, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "$"), bytes[place...].starts(with: "${{".utf8) { escaped.append(byte) }
            escaped.append(byte)
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}

extension ForeachDefinition {
    fileprivate var normalJSON: JSONValue {
        var object = JSONObject()
        object["shape"] = .string(shape.name)
        object["items"] = items.normalJSON
        object["as"] = .string(variable)
        object["key"] = key.map { .string($0.description) }
        object["on_failure"] = .string(failureMode.rawValue)
        if case .samples(let least) = shape { object["min_agreement"] = .number(least) }
        return .object(object)
    }
}

extension RepeatDefinition {
    fileprivate var normalJSON: JSONValue {
        [
            "until": .string(until.expression.description), "max": .integer(Int64(most)),
            "on_exhausted": .string(onExhausted.rawValue),
        ]
    }
}

extension RetryPolicy {
    fileprivate var normalJSON: JSONValue {
        var object = JSONObject()
        object["max_attempts"] = .integer(Int64(maxAttempts))
        object["delay"] = .string(delay.description)
        object["factor"] = .number(factor)
        object["max_delay"] = .string(maxDelay.description)
        object["jitter"] = .number(jitter)
        object["max_total"] = maxTotal.map { .string($0.description) }
        if !on.isEmpty { object["on"] = .array(on.sorted().map { .string($0) }) }
        if !unless.isEmpty { object["unless"] = .array(unless.sorted().map { .string($0) }) }
        return .object(object)
    }
}
