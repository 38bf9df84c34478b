// SPDX-License-Identifier: Apache-2.0

extension Template {
    /// Reads a scalar. One `${{ … }}` with nothing but white space around it keeps the type of its value; in other texts
    /// expressions are rendered. `$${{` is a `${{` that stays text.
    ///
    /// Ranges in faults are byte offsets in `text`. A part with a fault is left out of the template.
    public static func parse(
        _ text: String, limits: ExpressionLimits = .standard
    ) -> (Template, [ExpressionFault]) {
        var parser = TemplateParser(text, limits: limits)
        return (parser.template(), parser.faults)
    }
}

/// Finds the expressions of a scalar.
struct TemplateParser {
    private let bytes: [UInt8]
    private let limits: ExpressionLimits
    private(set) var faults: [ExpressionFault] = []
    private var segments: [TemplateSegment] = []
    /// Text that is not yet a segment.
    private var pending: [UInt8] = []

    init(_ text: String, limits: ExpressionLimits) {
        bytes = Array(text.utf8)
        self.limits = limits
    }

    mutating func template() -> Template {
        var index = 0
        var isWhole = true
        while index < bytes.count {
            if startsWith("$${{", at: index) {
                pending += "${{".utf8
                index += 4
            } else if startsWith("${{", at: index) {
                let start = index + 3
                guard let end = end(from: start) else {
                    faults.append(
                        ExpressionFault(
                            .expressionSyntax, "`${{` is not closed", at: index..<start, label: "`}}` is missing",
                            help: ["end the expression with `}}`, or write `$${{` for the text `${{`"]))
                    isWhole = false
                    break
                }
                addExpression(start..<end)
                index = end + 2
            } else {
                pending.append(bytes[index])
                index += 1
            }
        }
        flush()
        if isWhole, let only = onlyExpression { return only }
        if segments.contains(where: { if case .expression = $0 { true } else { false } }) { return .text(segments) }
        guard case .text(let text)? = segments.first else { return .literal("") }
        return .literal(.string(text))
    }

    /// The template of a scalar that is one expression.
    private var onlyExpression: Template? {
        var only: Template?
        for segment in segments {
            switch segment {
            case .text(let text): guard text.trimmed.isEmpty else { return nil }
            case .expression(let expression, let offset):
                guard only == nil else { return nil }
                only = .expression(expression, offset: offset)
            }
        }
        return only
    }

    private mutating func addExpression(_ range: Range<Int>) {
        flush()
        let text = String(decoding: bytes[range], as: UTF8.self)
        let (expression, found) = Expression.parse(text, limits: limits)
        faults += found.map { fault in
            // An empty expression has no text of its own to point at.
            var fault = fault.shifted(by: range.lowerBound)
            if fault.range.isEmpty, range.isEmpty { fault.range = range.lowerBound - 3..<range.upperBound + 2 }
            return fault
        }
        if let expression { segments.append(.expression(expression, offset: range.lowerBound)) }
    }

    private mutating func flush() {
        guard !pending.isEmpty else { return }
        segments.append(.text(String(decoding: pending, as: UTF8.self)))
        pending = []
    }

    /// Where the expression ends that begins at `start`: at the first `}}` outside strings and braces of its own, or, if
    /// those are unbalanced, at the first `}}` of all, so that the fault is told of the expression itself.
    private func end(from start: Int) -> Int? {
        var depth = 0
        var quote: UInt8?
        var index = start
        // What is longer is refused anyway. Without a bound, and without the stop at the next beginning, a text of many
        // unbalanced expressions would be walked to its end for each.
        let last = Swift.min(bytes.count, start + limits.length + 2)
        while index < last {
            let byte = bytes[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == open { quote = nil }
            } else {
                switch byte {
                case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
                case UInt8(ascii: "$") where startsWith("${{", at: index): index = last
                case UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "}"):
                    if depth == 0, startsWith("}}", at: index) { return index }
                    depth = Swift.max(0, depth - 1)
                default: break
                }
            }
            index += 1
        }
        return (start..<Swift.max(start, bytes.count - 1)).first { startsWith("}}", at: $0) }
    }

    private func startsWith(_ word: String, at index: Int) -> Bool { bytes[index...].starts(with: word.utf8) }
}
