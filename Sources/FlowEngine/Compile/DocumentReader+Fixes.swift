// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Edits of the text that keep what stands around them.
extension DocumentReader {
    typealias Edit = Diagnostic.Fix.Edit

    /// The line end of the file.
    private var newline: String { document.source.contains(0x0D) ? "\r\n" : "\n" }

    private func edit(_ start: Int, _ end: Int, _ text: String) -> Edit {
        Edit(SourceSpan(file: file, start: start, end: end), replacement: text)
    }

    /// Whether a value is written where it stands, not by an alias.
    func isWritten(_ node: YAMLNode) -> Bool { document.definition(of: node) == node }

    /// Puts `text`, a key with its value on one line, before the first key of a mapping.
    func insertion(of text: String, into mapping: YAMLNode) -> Edit? {
        guard isWritten(mapping), document.kind(of: mapping) == .mapping else { return nil }
        for (key, _) in document.pairs(of: mapping) {
            let start = document.range(of: key).lowerBound
            if document.style(of: mapping) == .flow { return edit(start, start, "\(text), ") }
            guard let prefix = linePrefix(of: start), prefix.allSatisfy({ $0 == " " }) else { return nil }
            return edit(start, start, text + newline + prefix)
        }
        return nil
    }

    /// What stands on the line before a byte.
    private func linePrefix(of offset: Int) -> String? {
        let source = document.source
        guard offset <= source.count else { return nil }
        var start = offset
        while start > 0, source[start - 1] != 0x0A, source[start - 1] != 0x0D { start -= 1 }
        // A mark at the beginning of the file takes no column.
        if start == 0, source.starts(with: [0xEF, 0xBB, 0xBF]), offset >= 3 { start = 3 }
        return String(decoding: source[start..<offset], as: UTF8.self)
    }

    /// The end of the line that a byte is on, without its line end.
    private func lineEnd(of offset: Int) -> Int {
        let source = document.source
        var end = Swift.min(offset, source.count)
        while end < source.count, source[end] != 0x0A, source[end] != 0x0D { end += 1 }
        return end
    }

    /// Adds a name to the value of `needs`, in whatever form it is written.
    func addition(of name: String, toNeeds node: YAMLNode) -> [Edit]? {
        guard isWritten(node) else { return nil }
        let range = document.range(of: node)
        switch document.kind(of: node) {
        case .scalar:
            guard !range.isEmpty else { return nil }
            return [
                edit(range.lowerBound, range.lowerBound, "["), edit(range.upperBound, range.upperBound, ", \(name)]"),
            ]
        case .sequence:
            var last: YAMLNode?
            for item in document.elements(of: node) { last = item }
            guard let last else { return [edit(range.lowerBound, range.upperBound, "[\(name)]")] }
            let place = document.range(of: last)
            if document.style(of: node) == .flow { return [edit(place.upperBound, place.upperBound, ", \(name)")] }
            return line("- \(name)", after: place, prefixed: "- ")
        case .mapping:
            var last: (key: YAMLNode, value: YAMLNode)?
            for pair in document.pairs(of: node) { last = pair }
            guard let last else { return nil }
            let place = document.range(of: last.value)
            if document.style(of: node) == .flow {
                return [edit(place.upperBound, place.upperBound, ", \(name): succeeded")]
            }
            return line("\(name): succeeded", after: document.range(of: last.key), prefixed: "")
        }
    }

    /// A line below that of an entry, indented as it is.
    private func line(_ text: String, after entry: Range<Int>, prefixed mark: String) -> [Edit]? {
        guard let prefix = linePrefix(of: entry.lowerBound), prefix.hasSuffix(mark) else { return nil }
        let indent = prefix.dropLast(mark.count)
        guard indent.allSatisfy({ $0 == " " }) else { return nil }
        let end = lineEnd(of: entry.upperBound)
        return [edit(end, end, newline + indent + text)]
    }

    // MARK: Scalars

    /// Another spelling of a scalar's value, where there is only one.
    func spelling(_ text: String, for node: YAMLNode, isSure: Bool) -> Diagnostic.Fix? {
        guard isWritten(node), document.kind(of: node) == .scalar, !document.range(of: node).isEmpty,
            ![.literal, .folded].contains(document.style(of: node))
        else { return nil }
        return Diagnostic.Fix(
            "write `\(text)`", applicability: isSure ? .machineApplicable : .maybe,
            edits: [Edit(span(node), replacement: text)])
    }

    /// `[x]` for a scalar `x` where a list is wanted.
    func bracketed(_ node: YAMLNode) -> Diagnostic.Fix? {
        guard isWritten(node), document.kind(of: node) == .scalar, !isNull(node) else { return nil }
        let range = document.range(of: node)
        let text = String(decoding: document.source[range], as: UTF8.self)
        guard !range.isEmpty, ![.literal, .folded].contains(document.style(of: node)),
            !text.utf8.contains(where: { [0x0A, 0x0D].contains($0) }),
            document.style(of: node) != .plain || !text.contains(where: { ",[]{}#".contains($0) })
        else { return nil }
        return Diagnostic.Fix(
            "write `[\(text)]`", applicability: .machineApplicable,
            edits: [edit(range.lowerBound, range.lowerBound, "["), edit(range.upperBound, range.upperBound, "]")])
    }

    /// The value that a text stands for where a value of this type is wanted: `yes` is true, `"3"` is 3.
    func converted(_ node: YAMLNode, to type: FieldType) -> Diagnostic.Fix? {
        let text = document.string(of: node)
        switch type {
        case .boolean:
            switch text.lowercased() {
            case "yes", "on", "true", "y": return spelling("true", for: node, isSure: true)
            case "no", "off", "false", "n": return spelling("false", for: node, isSure: true)
            default: return nil
            }
        case .integer(let range):
            guard let value = Int64(text), range.contains(value), "\(value)" == text else { return nil }
            return spelling(text, for: node, isSure: true)
        case .number(let range):
            guard text.first?.isNumber == true, let value = Double(text), range.contains(value) else { return nil }
            return spelling(text, for: node, isSure: true)
        case .duration:
            guard let (number, unit) = Self.measure(text) else { return nil }
            let word =
                switch unit {
                case "ms", "msec", "msecs", "millisecond", "milliseconds": "ms"
                case "s", "sec", "secs", "second", "seconds": "s"
                case "m", "min", "mins", "minute", "minutes": "m"
                case "h", "hr", "hrs", "hour", "hours": "h"
                case "d", "day", "days": "d"
                case "": "s"
                default: ""
                }
            guard !word.isEmpty, let value = Milliseconds(parsing: number + word), value > .zero else { return nil }
            return spelling(number + word, for: node, isSure: !unit.isEmpty)
        case .size:
            guard let (number, unit) = Self.measure(text) else { return nil }
            let word =
                switch unit {
                case "b", "bytes", "byte": "B"
                case "kib", "kb", "k", "ki": "KiB"
                case "mib", "mb", "m", "mi": "MiB"
                case "gib", "gb", "g", "gi": "GiB"
                case "tib", "tb", "t", "ti": "TiB"
                default: ""
                }
            guard !word.isEmpty, ByteCount(parsing: number + word) != nil else { return nil }
            // A megabyte is a little less than a mebibyte.
            let isSame = ["b", "byte", "bytes"].contains(unit) || unit.contains("i")
            return spelling(number + word, for: node, isSure: isSame)
        default: return nil
        }
    }

    /// A number and the word after it, in small letters: `10 MB` is `10` and `mb`.
    private static func measure(_ text: String) -> (number: String, unit: String)? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " || $0 == "_" }
        guard !number.isEmpty, number.first != ".", number.last != ".",
            unit.allSatisfy({ $0.isASCII && $0.isLetter })
        else { return nil }
        return (String(number), unit.lowercased())
    }
}
