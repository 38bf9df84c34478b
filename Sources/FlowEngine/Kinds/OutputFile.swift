// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The text that a program writes to `$FLOW_OUTPUT`.
///
/// One JSON object, or lines: `name=value`, or `name<<END`, the lines of the value, and `END`. Each name at most once,
/// and only names that the node declares. A value given as text is read as the declared type.
enum OutputFile {
    static func parse(_ bytes: [UInt8], declared: [DeclaredOutput]) throws(NodeFailureError) -> JSONObject {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw mismatch("$FLOW_OUTPUT is not UTF-8") }
        let isObject = text.first { !$0.isWhitespace } == "{"
        var outputs = JSONObject()
        if isObject {
            do {
                guard case .object(let object) = try JSONValue.parse(bytes) else {
                    throw mismatch("$FLOW_OUTPUT holds no JSON object")
                }
                outputs = object
            } catch let error as JSONParseError {
                throw mismatch("$FLOW_OUTPUT is no JSON: \(error)")
            } catch {
                throw mismatch("\(error)")
            }
        } else {
            for (name, value) in try entries(of: text) {
                if outputs[name] != nil { throw mismatch("$FLOW_OUTPUT gives `\(name)` twice") }
                outputs[name] = .string(value)
            }
        }
        for member in outputs {
            guard let output = declared.first(where: { $0.name == member.key && $0.value == nil }) else {
                let names = declared.map(\.name)
                let hint = Spelling.nearest(to: member.key, among: names).map { "; did you mean `\($0)`?" } ?? ""
                throw mismatch("the program put out `\(member.key)`, which the node does not declare\(hint)")
            }
            guard !isObject, case .string(let text) = member.value else { continue }
            guard let value = typed(text, as: output.type) else {
                throw mismatch("output `\(member.key)` is not \(output.type.rawValue): `\(text.prefix(80))`")
            }
            outputs[member.key] = value
        }
        return outputs
    }

    private static func mismatch(_ message: String) -> NodeFailureError {
        NodeFailureError(failure: NodeFailure(.schemaMismatch, message))
    }

    private static func entries(of text: String) throws(NodeFailureError) -> [(String, String)] {
        var entries: [(String, String)] = []
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        var number = 0
        while let line = lines.popFirst() {
            number += 1
            let line = line.last == "\r" ? line.dropLast() : line
            if line.isEmpty { continue }
            if let mark = line.firstRange(of: "<<"), !line[..<mark.lowerBound].contains("=") {
                let end = line[mark.upperBound...]
                var value: [Substring] = []
                while let next = lines.popFirst() {
                    number += 1
                    if next == end { break }
                    if lines.isEmpty { throw mismatch("$FLOW_OUTPUT has no line `\(end)` after `\(line)`") }
                    value.append(next)
                }
                entries.append((String(line[..<mark.lowerBound]), value.joined(separator: "\n")))
            } else if let equals = line.firstIndex(of: "=") {
                entries.append((String(line[..<equals]), String(line[line.index(after: equals)...])))
            } else {
                throw mismatch("line \(number) of $FLOW_OUTPUT is neither `name=value` nor `name<<END`")
            }
        }
        return entries
    }

    private static func typed(_ text: String, as type: OutputType) -> JSONValue? {
        switch type {
        case .text, .markdown, .string, .file, .plot, .table: return .string(text)
        case .integer: return Int64(text).map { .integer($0) }
        case .number: return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
        case .boolean: return text == "true" ? true : text == "false" ? false : nil
        case .json, .array, .object, .files: return try? JSONValue.parse(Array(text.utf8))
        }
    }
}
