// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension InputDefinition {
    /// The field that a JSON object describes with the keys of an input; nil for anything else.
    init?(name: String, json: JSONValue) {
        guard let keys = json.objectValue else { return nil }
        self.init(name: name, kind: keys["type"]?.stringValue.flatMap(Kind.init(rawValue:)) ?? .string)
        required = keys["required"]?.boolValue ?? false
        label = keys["label"]?.stringValue
        help = keys["help"]?.stringValue
        placeholder = keys["placeholder"]?.stringValue
        fallback = keys["default"]
        choices = keys["enum"]?.arrayValue ?? []
        minimum = keys["min"]?.numberValue
        maximum = keys["max"]?.numberValue
        pattern = keys["pattern"]?.stringValue
        minItems = keys["min_items"]?.integerValue.map { Int(clamping: $0) }
        maxItems = keys["max_items"]?.integerValue.map { Int(clamping: $0) }
        schema = keys["schema"]
    }
}
