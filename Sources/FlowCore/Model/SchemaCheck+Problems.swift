// SPDX-License-Identifier: Apache-2.0

extension SchemaCheck {
    private static let types: Set<String> = ["null", "boolean", "integer", "number", "string", "array", "object"]

    /// What is wrong with a schema itself: types that do not exist, and keywords with values of the wrong shape.
    public static func problems(in schema: JSONValue) -> [Fault] {
        var faults: [Fault] = []
        inspect(schema, "$", &faults)
        return faults
    }

    private static func inspect(_ schema: JSONValue, _ path: String, _ faults: inout [Fault]) {
        guard case .object(let rules) = schema else {
            if schema.boolValue == nil {
                faults.append(Fault(path: path, message: "a schema is a mapping, not \(schema.typeName)"))
            }
            return
        }
        for rule in rules {
            let inner = "\(path).\(rule.key)"
            func fault(_ message: String) { faults.append(Fault(path: inner, message: message)) }
            switch rule.key {
            case "type":
                for name in rule.value.arrayValue ?? [rule.value] {
                    guard let word = name.stringValue, types.contains(word) else {
                        let nearest = name.stringValue.flatMap { Spelling.nearest(to: $0, among: types.sorted()) }
                        fault("there is no type \(name.jsonText())" + (nearest.map { "; did you mean `\($0)`?" } ?? ""))
                        continue
                    }
                }
            case "properties":
                guard let properties = rule.value.objectValue else {
                    fault("must be a mapping of names to schemas")
                    continue
                }
                for property in properties { inspect(property.value, "\(inner).\(property.key)", &faults) }
            case "items", "additionalProperties": inspect(rule.value, inner, &faults)
            case "required":
                let names = rule.value.arrayValue
                if names == nil || names?.contains(where: { $0.stringValue == nil }) == true {
                    fault("must be a list of names")
                }
            case "enum":
                if rule.value.arrayValue?.isEmpty ?? true { fault("must be a list of values") }
            case "anyOf", "oneOf", "allOf":
                guard let schemas = rule.value.arrayValue, !schemas.isEmpty else {
                    fault("must be a list of schemas")
                    continue
                }
                for (index, each) in schemas.enumerated() { inspect(each, "\(inner)[\(index)]", &faults) }
            case "minimum", "maximum":
                if rule.value.numberValue == nil { fault("must be a number") }
            case "minLength", "maxLength", "minItems", "maxItems":
                if (rule.value.integerValue ?? -1) < 0 { fault("must be a whole number from 0") }
            case "pattern":
                guard let text = rule.value.stringValue else {
                    fault("must be a pattern")
                    continue
                }
                do throws(PatternError) {
                    _ = try Pattern(text)
                } catch {
                    fault("cannot be read: \(error.message)")
                }
            case "$ref":
                fault("references are not supported: write the schema out")
            default: break
            }
        }
    }
}
