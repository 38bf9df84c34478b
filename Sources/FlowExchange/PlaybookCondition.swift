// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A condition of a playbook: over parameters, and over fields that an agent has to answer.
struct PlaybookCondition {
    let expression: ForeignExpression
    /// The fields with the types that their use asks for.
    let fields: [String: FlowText.Kind]

    /// The condition on the answer of a node; nil if it has no equivalent, which was checked when it was read.
    func text(of node: String, isDoubtful: Bool, _ importer: PlaybookImporter) -> String? {
        try? Self.writer(fields, node: node, isDoubtful: isDoubtful, importer).boolean(expression)
    }

    fileprivate static func writer(
        _ fields: [String: FlowText.Kind], node: String, isDoubtful: Bool, _ importer: PlaybookImporter
    ) -> ForeignCondition {
        ForeignCondition(
            name: { path in
                if let input = importer.parameters[path.last ?? ""] { return importer.value(ofInput: input) }
                let field = NameTable.plain(path.last ?? "")
                guard let kind = fields[field] else { return nil }
                let reference = "nodes.\(node).outputs.json.\(field)"
                let fallback = kind == .number ? "0" : kind == .boolean ? "false" : "''"
                return FlowText(expression: isDoubtful ? "(\(reference) ?? \(fallback))" : reference, kind)
            },
            call: { name, arguments in
                let texts = arguments.map { $0.single?.text ?? $0.expression }
                switch (name, arguments.count) {
                case ("exists", 1): return FlowText(expression: "\(arguments[0].expression) != ''", .boolean)
                case ("is_empty", 1): return FlowText(expression: "\(arguments[0].expression) == ''", .boolean)
                case ("contains", 2), ("starts_with", 2), ("ends_with", 2):
                    return FlowText(expression: "\(name)(\(texts[0]), \(texts[1]))", .boolean)
                case ("has_item", 2): return FlowText(expression: "contains(\(texts[0]), \(texts[1]))", .boolean)
                case ("matches_regex", 2): return FlowText(expression: "matches(\(texts[0]), \(texts[1]))", .boolean)
                case ("length", 1), ("count_items", 1): return FlowText(expression: "length(\(texts[0]))", .number)
                case ("is_greater", 2), ("is_less", 2):
                    let numbers = arguments.map { $0.constant ?? $0.single?.text ?? "0" }
                    let symbol = name == "is_greater" ? ">" : "<"
                    return FlowText(expression: "\(numbers[0]) \(symbol) \(numbers[1])", .boolean)
                default: return nil
                }
            })
    }
}

extension PlaybookImporter {
    /// A condition; nil, and reported, when it has no equivalent.
    mutating func read(condition value: ForeignValue) -> PlaybookCondition? {
        do {
            let expression = try ForeignExpressionParser.parse(value.text ?? "")
            var fields: [String: FlowText.Kind] = [:]
            collect(expression, .boolean, &fields)
            let condition = PlaybookCondition(expression: expression, fields: fields)
            _ = try PlaybookCondition.writer(fields, node: "x", isDoubtful: false, self).boolean(expression)
            return condition
        } catch let fault as ForeignExpressionParser.Fault {
            notes.leftOut("this condition is left out: \(fault.message)", at: value.span)
        } catch let fault as ForeignCondition.Fault {
            notes.leftOut("this condition is left out: \(fault.message) has no equivalent", at: value.span)
        } catch {}
        return nil
    }

    func value(ofInput input: String) -> FlowText {
        let kind: FlowText.Kind =
            switch workflow.inputs.first(where: { $0.name == input })?.keys["type"]?.stringValue {
            case "integer", "number": .number
            case "boolean": .boolean
            case "array", "object": .any
            default: .text
            }
        let keys = workflow.inputs.first { $0.name == input }?.keys
        let isSure = keys?["default"] != nil || keys?["required"] != nil
        let fallback = kind == .number ? "0" : kind == .boolean ? "false" : "''"
        return FlowText(expression: isSure ? "inputs.\(input)" : "(inputs.\(input) ?? \(fallback))", kind)
    }

    /// The fields that a condition asks for, by the types that their use suggests.
    private func collect(
        _ expression: ForeignExpression, _ wanted: FlowText.Kind, _ fields: inout [String: FlowText.Kind]
    ) {
        switch expression {
        case .name(let path):
            let name = path.last ?? ""
            guard parameters[name] == nil else { return }
            let field = NameTable.plain(name)
            if fields[field] == nil { fields[field] = wanted }
        case .not(let operand): collect(operand, .boolean, &fields)
        case .binary(let symbol, let left, let right):
            if symbol == "&&" || symbol == "||" {
                collect(left, .boolean, &fields)
                collect(right, .boolean, &fields)
                return
            }
            let kinds = [left, right].map { side -> FlowText.Kind? in
                switch side {
                case .number: .number
                case .boolean: .boolean
                case .text: .text
                case .name(let path):
                    parameters[path.last ?? ""].flatMap { value(ofInput: $0).single?.kind }
                default: nil
                }
            }
            let isOrder = ["<", "<=", ">", ">="].contains(symbol)
            let kind = isOrder ? .number : kinds.compactMap(\.self).first ?? .text
            collect(left, kind, &fields)
            collect(right, kind, &fields)
        case .call(let name, let arguments):
            let kind: FlowText.Kind = ["is_greater", "is_less"].contains(name) ? .number : .text
            for argument in arguments { collect(argument, kind, &fields) }
        default: break
        }
    }
}
