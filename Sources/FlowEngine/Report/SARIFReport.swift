// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Diagnostics as SARIF 2.1.0, which code hosts and editors read.
public enum SARIFReport {
    /// The log of one check of several files.
    ///
    /// Columns count Unicode scalars; the rules are those that were broken, with the texts of `Explanation`.
    ///
    /// - Parameters:
    ///   - files: what was checked.
    ///   - version: the version of the program.
    public static func log(of files: [CheckedFile], version: String) -> JSONValue {
        let faults = files.flatMap(\.faults)
        let codes = Set(faults.map(\.diagnostic.code)).sorted { $0.description < $1.description }
        let places = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($0.element, $0.offset) })
        let failures = files.filter { $0.failure != nil }
        var run = JSONObject()
        run["tool"] = [
            "driver": [
                "name": "flow", "semanticVersion": .string(version), "version": .string(version),
                "rules": .array(codes.map { rule($0, faults) }),
            ]
        ]
        run["columnKind"] = "unicodeCodePoints"
        run["invocations"] = [
            [
                "executionSuccessful": .bool(failures.isEmpty),
                "toolExecutionNotifications": .array(
                    failures.map { file in
                        [
                            "level": "error", "message": ["text": .string(file.failure ?? "")],
                            "locations": [["physicalLocation": ["artifactLocation": artifact(file.name)]]],
                        ]
                    }),
            ]
        ]
        run["results"] = .array(faults.map { result($0, index: places[$0.diagnostic.code] ?? 0) })
        return [
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0", "runs": [.object(run)],
        ]
    }

    private static func rule(_ code: DiagnosticCode, _ faults: [CheckedFile.Fault]) -> JSONValue {
        let severity = faults.first { $0.diagnostic.code == code }?.diagnostic.severity ?? .error
        var rule = JSONObject()
        rule["id"] = .string(code.description)
        if let explanation = Explanation.of(code) {
            rule["shortDescription"] = ["text": .string(explanation.title)]
            rule["fullDescription"] = ["text": .string(explanation.paragraph)]
            rule["help"] = ["text": .string("run `flow explain \(code)` for an example")]
        }
        rule["defaultConfiguration"] = ["level": .string(severity.rawValue)]
        return .object(rule)
    }

    private static func result(_ fault: CheckedFile.Fault, index: Int) -> JSONValue {
        let diagnostic = fault.diagnostic
        let sources = fault.sources
        let message = ([diagnostic.message] + diagnostic.help.map { "help: \($0)" }).joined(separator: "\n")
        var result = JSONObject()
        result["ruleId"] = .string(diagnostic.code.description)
        result["ruleIndex"] = .integer(Int64(index))
        result["level"] = .string(diagnostic.severity.rawValue)
        result["message"] = ["text": .string(message)]
        if let location = location(diagnostic.span, sources, text: diagnostic.label, id: nil) {
            result["locations"] = [location]
        }
        let related = diagnostic.related.enumerated().compactMap { number, label in
            location(label.span, sources, text: label.text, id: number + 1)
        }
        if !related.isEmpty { result["relatedLocations"] = .array(related) }
        let fixes = diagnostic.fixes.compactMap { fix($0, sources) }
        if !fixes.isEmpty { result["fixes"] = .array(fixes) }
        return .object(result)
    }

    private static func location(_ span: SourceSpan, _ sources: SourceMap, text: String, id: Int?) -> JSONValue? {
        guard let file = sources.file(of: span) else { return nil }
        var location = JSONObject()
        if let id { location["id"] = .integer(Int64(id)) }
        location["physicalLocation"] = ["artifactLocation": artifact(file.name), "region": region(span, file)]
        if !text.isEmpty { location["message"] = ["text": .string(text)] }
        return .object(location)
    }

    private static func fix(_ fix: Diagnostic.Fix, _ sources: SourceMap) -> JSONValue? {
        var changes: [JSONValue] = []
        for (_, edits) in Dictionary(grouping: fix.edits, by: \.span.file).sorted(by: { $0.key < $1.key }) {
            guard let first = edits.first, let file = sources.file(of: first.span) else { return nil }
            changes.append([
                "artifactLocation": artifact(file.name),
                "replacements": .array(
                    edits.map {
                        [
                            "deletedRegion": region($0.span, file),
                            "insertedContent": ["text": .string($0.replacement)],
                        ]
                    }),
            ])
        }
        guard !changes.isEmpty else { return nil }
        return [
            "description": ["text": .string(fix.message)], "artifactChanges": .array(changes),
            "properties": ["applicability": .string(fix.applicability.rawValue)],
        ]
    }

    private static func region(_ span: SourceSpan, _ file: SourceFile) -> JSONValue {
        let start = file.position(at: Int(span.start))
        let end = file.position(at: Int(span.end))
        return [
            "startLine": .integer(Int64(start.line)), "startColumn": .integer(Int64(start.column)),
            "endLine": .integer(Int64(end.line)), "endColumn": .integer(Int64(end.column)),
            "byteOffset": .integer(Int64(span.start)), "byteLength": .integer(Int64(span.end - span.start)),
        ]
    }

    /// A path as a URI reference.
    private static func artifact(_ name: String) -> JSONValue {
        var uri = ""
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E: uri.append(Character(.init(byte)))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                uri += "%" + (hex.count < 2 ? "0" : "") + hex
            }
        }
        return ["uri": .string(uri.hasPrefix("/") ? "file://" + uri : uri)]
    }
}
