// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// The keys of `defaults:`: what nodes have that do not say otherwise.
struct NodeDefaults {
    var model: Template?
    var modelSpan = SourceSpan.none
    var timeout: Milliseconds?
    var idleTimeout: Milliseconds?
    var retry: RetryPolicy?
    var onFailure: FailurePolicy?
    var priority: Int?
    var cache: CachePolicy?

    /// Whether none is given.
    var isEmpty: Bool {
        model == nil && timeout == nil && idleTimeout == nil && retry == nil && onFailure == nil && priority == nil
            && cache == nil
    }

    /// These defaults, with those of others where these say nothing.
    func completed(by other: NodeDefaults) -> NodeDefaults {
        var all = self
        if all.model == nil { (all.model, all.modelSpan) = (other.model, other.modelSpan) }
        all.timeout = all.timeout ?? other.timeout
        all.idleTimeout = all.idleTimeout ?? other.idleTimeout
        all.retry = all.retry ?? other.retry
        all.onFailure = all.onFailure ?? other.onFailure
        all.priority = all.priority ?? other.priority
        all.cache = all.cache ?? other.cache
        return all
    }
}

extension DefinitionBuilder {
    func nodeDefaults(_ node: YAMLNode?) -> NodeDefaults {
        var defaults = NodeDefaults()
        guard let node, document.kind(of: node) == .mapping else { return defaults }
        if let model = value(of: node, "model") {
            defaults.model = .literal(.string(document.string(of: model)))
            defaults.modelSpan = reader.span(model)
        }
        defaults.timeout = duration(value(of: node, "timeout"))
        defaults.idleTimeout = duration(value(of: node, "idle_timeout"))
        defaults.retry = retry(value(of: node, "retry"))
        defaults.onFailure = text(value(of: node, "on_failure")).flatMap(FailurePolicy.init(rawValue:))
        defaults.priority = integer(value(of: node, "priority"))
        defaults.cache = value(of: node, "cache").map { cache($0) }
        return defaults
    }

    /// The agents that the file itself holds, as their own files would say them.
    mutating func agents(_ node: YAMLNode?) -> [InlineAgent] {
        pairs(node).compactMap { key, value in
            let name = document.string(of: key)
            guard reader.isSound(value), document.kind(of: value) == .mapping else { return nil }
            guard DocumentReader.isIdentifier(name) else {
                reader.report(reader.badName(key))
                return nil
            }
            AgentChecks.check(FieldValues(pairs(value).map { (document.string(of: $0.0), $0.1) }), &reader)
            var file = JSONObject()
            file["agent"] = 1
            file["name"] = .string(name)
            for member in reader.json(value).objectValue ?? JSONObject() { file[member.key] = member.value }
            return InlineAgent(name: name, file: .object(file), span: reader.span(key))
        }
    }
}
