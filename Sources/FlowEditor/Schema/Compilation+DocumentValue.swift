// SPDX-License-Identifier: Apache-2.0

public import FlowCore
public import FlowEngine
import YAML

extension Compilation {
    /// The text as JSON, read by YAML 1.2; nil when it could not be read. Aliases stand for what they name.
    public var documentValue: JSONValue? { document.map { Self.value($0.root, in: $0) } }

    private static func value(_ node: YAMLNode, in document: YAMLDocument) -> JSONValue {
        switch document.kind(of: node) {
        case .sequence: return .array(document.elements(of: node).map { value($0, in: document) })
        case .mapping:
            return .object(
                JSONObject(
                    document.pairs(of: node).map {
                        JSONObject.Member(key: document.string(of: $0.key), value: value($0.value, in: document))
                    }))
        case .scalar:
            switch document.scalar(of: node) {
            case .null: return .null
            case .bool(let value): return .bool(value)
            case .integer(let value): return .integer(value)
            case .number(let value): return .number(value)
            case .string, .outOfRange, .notFinite: return .string(document.string(of: node))
            }
        }
    }
}
