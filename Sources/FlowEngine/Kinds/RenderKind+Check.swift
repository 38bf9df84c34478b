// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

extension RenderKind {
    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        var found: [Diagnostic] = []
        func report(_ code: DiagnosticCode, _ message: String, help: [String] = []) {
            found.append(Diagnostic(code, message, at: node.bodySpan, help: help))
        }
        let formats = artifactNames(of: node)
        func refuse(_ other: [String], of thing: String, _ possible: String) {
            for format in formats where other.contains(format) {
                report(.badNode, "a \(thing) cannot be rendered to \(format)", help: ["it can become \(possible)"])
            }
        }
        switch (node.body.bodyMember("document"), node.body.bodyMember("plot")) {
        case (let document?, nil):
            let template = document.bodyMember("template")
            switch (template, document.bodyMember("text")) {
            case (nil, nil): report(.missingKey, "a document needs `template` or `text`")
            case (.some, .some): report(.conflictingKeys, "`template` and `text` cannot stand together")
            default: break
            }
            refuse(["svg", "png"], of: "document", "pdf or html")
            guard case .literal(.string(let path))? = template else {
                if case .literal(.string("typst"))? = document.bodyMember("format") {
                    refuse(["html"], of: "Typst document", "pdf")
                }
                break
            }
            var language = Self.format(of: path)
            if case .literal(.string(let given))? = document.bodyMember("format") { language = given }
            if language == nil {
                report(.badNode, "the format of `\(path)` is not known by its name", help: ["set `format`"])
            }
            if language == "typst" { refuse(["html"], of: "Typst document", "pdf") }
            found += checkTemplate(path, node, site)
        case (nil, let plot?):
            refuse(["html"], of: "plot", "svg, png or pdf")
            guard case .literal(.string(let path))? = plot.bodyMember("spec"), let bytes = site.readFile(path) else {
                break
            }
            do throws(JSONParseError) {
                let spec = try JSONValue.parse(bytes)
                if spec.objectValue == nil { report(.badNode, "`\(path)` holds \(spec.typeName), an object is wanted") }
            } catch {
                let position = SourceFile(name: path, bytes: bytes).position(at: error.offset)
                report(.badNode, "\(path):\(position.line):\(position.column): \(error.message)")
            }
        case (nil, nil): report(.missingKey, "`render` needs `document` or `plot`")
        case (.some, .some): report(.conflictingKeys, "`document` and `plot` cannot stand together")
        }
        return found
    }

    /// The language of a document by its file's name.
    static func format(of path: String) -> String? {
        switch FilePath.extension(path).lowercased() {
        case "md", "markdown": "markdown"
        case "typ": "typst"
        default: nil
        }
    }

    /// Finds the faults of the expressions in a template file. They know only `with`.
    private func checkTemplate(_ path: String, _ node: NodeDefinition, _ site: KindSite) -> [Diagnostic] {
        guard let bytes = site.readFile(path) else { return [] }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return [Diagnostic(.badNode, "`\(path)` is not UTF-8", at: node.bodySpan)]
        }
        let values = node.options.with.map { ($0.name, ValueType.any) }
        let with = ValueType.object(Dictionary(values, uniquingKeysWith: { first, _ in first }), open: false)
        let (template, syntax) = Template.parse(text)
        let (_, faults) = template.check(in: FieldScope(["with": with]))
        let source = SourceFile(name: path, bytes: bytes)
        return (syntax + faults).map { fault in
            let position = source.position(at: fault.range.lowerBound)
            return Diagnostic(
                fault.code, "\(path):\(position.line):\(position.column): \(fault.message)", at: node.bodySpan,
                label: fault.label, help: fault.help)
        }
    }
}
