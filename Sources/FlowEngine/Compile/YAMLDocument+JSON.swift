// SPDX-License-Identifier: Apache-2.0

package import FlowCore
package import YAML

extension YAMLDocument {
    /// A value as plain JSON, read by YAML 1.2; `${{` has no meaning in it. Aliases stand for what they name. A number
    /// beyond 64 bits, and one that is not finite, becomes a text.
    package func json(_ node: YAMLNode) -> JSONValue {
        switch kind(of: node) {
        case .sequence: return .array(elements(of: node).map { json($0) })
        case .mapping:
            return .object(
                JSONObject(pairs(of: node).map { JSONObject.Member(key: string(of: $0.key), value: json($0.value)) }))
        case .scalar:
            switch scalar(of: node) {
            case .null: return .null
            case .bool(let value): return .bool(value)
            case .integer(let value): return .integer(value)
            case .number(let value): return .number(value)
            case .string, .outOfRange, .notFinite: return .string(string(of: node))
            }
        }
    }
}
