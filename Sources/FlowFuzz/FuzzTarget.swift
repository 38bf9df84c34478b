// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import YAML

/// A reader of texts, and the rules that hold for every text.
enum FuzzTarget: String, CaseIterable {
    /// Text to tree.
    case yaml
    /// Template to parsed expression, type and value.
    case expressions
    /// Text to plan, and its diagnostics in each style.
    case validate

    private static let compiler = Compiler(
        kinds: BuiltinKinds.forCompiling(environment: [:]),
        agents: ["summariser", "data_analyst"].map { AgentDefinition(name: $0, instructions: "Answer.") })
    private static let styles: [DiagnosticPrinter.Style] = [.full(colour: true), .concise, .json, .github]

    /// Reads a text; what is wrong about how that went, or nil.
    func fault(of bytes: [UInt8]) -> String? {
        switch self {
        case .yaml: Self.yamlFault(bytes)
        case .expressions: Self.expressionFault(bytes)
        case .validate: Self.validateFault(bytes)
        }
    }

    private static func yamlFault(_ bytes: [UInt8]) -> String? {
        let (document, problems) = YAMLDocument.parse(bytes)
        if document == nil, problems.isEmpty { return "no document and no problem" }
        for problem in problems where problem.range.lowerBound < 0 || problem.range.upperBound > bytes.count + 1 {
            return "a problem lies outside of the text: \(problem.message)"
        }
        if let document { _ = document.dump() }
        return nil
    }

    private static func expressionFault(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        let (template, faults) = Template.parse(text)
        let length = text.utf8.count
        for fault in faults where fault.range.lowerBound < 0 || fault.range.upperBound > length {
            return "a fault lies outside of the text: \(fault.message)"
        }
        let (type, problems) = template.check(in: FuzzScope.types)
        for problem in problems where problem.range.lowerBound < 0 || problem.range.upperBound > length {
            return "a type fault lies outside of the text: \(problem.message)"
        }
        var fault: String?
        template.forEachExpression { expression, _ in
            let (again, found) = Expression.parse(expression.description)
            if !found.isEmpty || again?.description != expression.description {
                // The normal form may be longer than what is allowed.
                if expression.description.utf8.count < 16 << 10 {
                    fault = "the normal form reads as something else: \(expression.description)"
                }
            }
        }
        if let fault { return fault }
        do {
            let value = try template.render(in: FuzzScope.values)
            if value.jsonText(.compact, limit: 64 << 20) == nil { return "the value is larger than 64 MiB" }
            // A value of another type than the checked one would surprise at run time.
            if faults.isEmpty, problems.isEmpty, !type.admits(value) {
                return "the value is \(value.jsonText(limit: 200) ?? "long"), but its type is \(type.description)"
            }
        } catch {
            if error.range.lowerBound < 0 || error.range.upperBound > length {
                return "an error lies outside of the text: \(error.message)"
            }
        }
        return nil
    }

    private static func validateFault(_ bytes: [UInt8]) -> String? {
        let compilation = compiler.compile(
            WorkflowSource(name: "fuzz.yaml", bytes: bytes, directory: "", readFile: { _ in Array("{}".utf8) }))
        for diagnostic in compilation.diagnostics where Int(diagnostic.span.end) > bytes.count + 1 {
            return "\(diagnostic.code) lies outside of the text"
        }
        let style = styles[bytes.count % styles.count]
        let text = DiagnosticPrinter(style).text(compilation.diagnostics, in: compilation.sources, limit: 50)
        if text.isEmpty != compilation.diagnostics.isEmpty { return "diagnostics without text" }
        if (compilation.plan == nil) != compilation.diagnostics.hasErrors {
            return "a plan with errors, or none without"
        }
        if let plan = compilation.plan, plan.dump().isEmpty || plan.dot().isEmpty || plan.mermaid().isEmpty {
            return "an empty picture"
        }
        return nil
    }
}

extension ValueType {
    /// Whether a value may be of the type. Where nothing is known, and for null, anything may.
    fileprivate func admits(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.any, _), (.null, _), (.optional, .null): true
        case (.optional(let type), _): type.admits(value)
        case (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .number), (.string, .string): true
        case (.array(let element), .array(let values)): values.allSatisfy { element.admits($0) }
        case (.map(let element), .object(let object)): object.allSatisfy { element.admits($0.value) }
        case (.object(let fields, let isOpen), .object(let object)):
            fields.allSatisfy { name, type in object[name].map { type.admits($0) } ?? (isOpen || type.mayBeMissing) }
        default: false
        }
    }

    private var mayBeMissing: Bool {
        switch self {
        case .any, .null, .optional: true
        default: false
        }
    }
}
