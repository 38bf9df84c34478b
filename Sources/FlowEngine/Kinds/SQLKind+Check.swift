// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

extension SQLKind {
    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        var found: [Diagnostic] = []
        func report(_ code: DiagnosticCode, _ message: String, help: [String] = []) {
            found.append(Diagnostic(code, message, at: node.bodySpan, help: help))
        }
        switch (node.body.bodyMember("query"), node.body.bodyMember("file")) {
        case (nil, nil): report(.missingKey, "`sql` needs `query` or `file`")
        case (.some, .some): report(.conflictingKeys, "`query` and `file` cannot stand together")
        case (nil, .literal(.string(let path))?):
            if let bytes = site.readFile(path), String(validating: bytes, as: UTF8.self) == nil {
                report(.badNode, "`\(path)` is not UTF-8")
            }
        default: break
        }
        var names: Set<String> = []
        for (name, table) in node.body.bodyMember("tables")?.bodyMembers ?? [] {
            if name.isEmpty || name.lowercased().hasPrefix("sqlite_") || name.utf8.contains(0) {
                report(.badNode, "a table cannot be named `\(name)`")
            }
            if !names.insert(name.lowercased()).inserted {
                report(.badNode, "two tables are named `\(name)`: SQL does not tell upper from lower case")
            }
            do throws(TableError) {
                let options = try TableOptions(table.constantPart(file: true), table: name)
                let ending = FilePath.extension(options.file)
                let isKnown = (table.bodyMember("file") ?? table).isConstant
                if isKnown, options.format == nil, !ending.isEmpty, TableFormat(extension: ending) == nil {
                    report(
                        .badNode, "table `\(name)`: the ending `.\(ending)` is no format of tables",
                        help: ["set `format` to one of \(TableFormat.names)"])
                }
            } catch {
                report(.badNode, error.description)
            }
        }
        return found
    }
}

extension Template {
    /// The members of a mapping, whether or not there are expressions in it.
    var bodyMembers: [(key: String, value: Template)] {
        switch self {
        case .object(let members): members.map { ($0.key, $0.value) }
        case .literal(.object(let object)): object.members.map { ($0.key, .literal($0.value)) }
        default: []
        }
    }

    /// A member of a mapping.
    func bodyMember(_ key: String) -> Template? { bodyMembers.first { $0.key == key }?.value }

    /// The value without the members that have expressions; a `file` of an expression becomes the name `x`.
    fileprivate func constantPart(file isFile: Bool = false) -> JSONValue {
        switch self {
        case .literal(let value): return value
        case .object(let members):
            var object = JSONObject()
            for member in members where member.value.isConstant || member.key == "file" || member.key == "columns" {
                object[member.key] = member.value.constantPart(file: member.key == "file")
            }
            return .object(object)
        case .array(let elements): return .array(elements.map { $0.constantPart() })
        case .expression, .text: return isFile ? "x" : .null
        }
    }
}
