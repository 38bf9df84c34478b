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
            for (name, value) in try entries(of: bytes) {
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

    /// Works on bytes: to Swift a line break after a carriage return, or a letter before an accent, is one character.
    private static func entries(of bytes: [UInt8]) throws(NodeFailureError) -> [(String, String)] {
        func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
        let (equals, less, carriageReturn) = (UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: "\r"))
        var entries: [(String, String)] = []
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        var number = 0
        while let whole = lines.popFirst() {
            number += 1
            let line = whole.last == carriageReturn ? whole.dropLast() : whole
            guard let first = line.first else { continue }
            let sign = line.firstIndex(of: equals) ?? line.endIndex
            let mark = line.indices.dropLast().first { line[$0] == less && line[$0 + 1] == less }
            if let mark, mark < sign {
                let end = line[(mark + 2)...]
                var value: [UInt8] = []
                var isEnded = false
                var isFirst = true
                while !isEnded, let next = lines.popFirst() {
                    number += 1
                    isEnded = next == end || (next.last == carriageReturn && next.dropLast() == end)
                    guard !isEnded else { break }
                    if !isFirst { value.append(UInt8(ascii: "\n")) }
                    value += next
                    isFirst = false
                }
                guard isEnded else { throw mismatch("$FLOW_OUTPUT has no line `\(text(end))` after `\(text(line))`") }
                entries.append((text(line[..<mark]), text(value)))
            } else if sign < line.endIndex, first != equals {
                entries.append((text(line[..<sign]), text(line[(sign + 1)...])))
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
