// SPDX-License-Identifier: Apache-2.0

/// The functions of texts and paths.
enum TextFunctions {
    static let table: [ExpressionFunction] = [
        .init(
            "starts_with", [.init("text", .string), .init("prefix", .string)], .boolean,
            "Whether the text begins with the prefix.",
            example: "starts_with('report.csv', 'rep')", true, body: .values(startsWith)),
        .init(
            "ends_with", [.init("text", .string), .init("suffix", .string)], .boolean,
            "Whether the text ends with the suffix.",
            example: "ends_with('report.csv', '.csv')", true, body: .values(endsWith)),
        .init(
            "split", [.init("text", .string), .init("separator", .string)], .array(.string),
            "The parts of the text between the separators.",
            example: "split('a,b,,c', ',')", ["a", "b", "", "c"], body: .values(split)),
        .init(
            "join", [.init("items", .array(.any)), .init("separator", .string, presence: .optional)], .string,
            "The items as one text with the separator between them.",
            example: "join(['a', 1, true], '-')", "a-1-true", body: .values(join)),
        .init(
            "lower", [.init("text", .string)], .string, "The text in lower case.",
            example: "lower('ÀB')", "àb", body: .values(lower)),
        .init(
            "upper", [.init("text", .string)], .string, "The text in upper case.",
            example: "upper('àb')", "ÀB", body: .values(upper)),
        .init(
            "trim", [.init("text", .string)], .string, "The text without white space at its ends.",
            example: "trim('  a b\\n')", "a b", body: .values(trim)),
        .init(
            "replace", [.init("text", .string), .init("old", .string), .init("new", .string)], .string,
            "The text with every occurrence of a part replaced.",
            example: "replace('a.b.c', '.', '::')", "a::b::c", body: .values(replace)),
        .init(
            "matches", [.init("text", .string), .init("pattern", .string)], .boolean,
            "Whether the regular expression matches somewhere in the text; `^` and `$` stand for its ends.",
            example: "matches('ticket-0042', '^ticket-\\\\d{4}$')", true, body: .values(matches)),
        .init(
            "basename", [.init("path", .string)], .string, "The last part of a path.",
            example: "basename('data/in/report.csv')", "report.csv", body: .values(basename)),
        .init(
            "dirname", [.init("path", .string)], .string, "The path without its last part.",
            example: "dirname('data/in/report.csv')", "data/in", body: .values(dirname)),
        .init(
            "extension", [.init("path", .string)], .string, "The end of a file's name from its last dot on.",
            example: "extension('data/report.tar.gz')", ".gz", body: .values(pathExtension)),
        .init(
            "sha256", [.init("text", .string)], .string, "The SHA-256 digest of the text in hexadecimal digits.",
            example: "slice(sha256('abc'), 0, 8)", "ba7816bf", body: .values(sha256)),
    ]

    // MARK: Parts

    @Sendable private static func startsWith(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let prefix = try call.text(1)
        try call.spend(prefix)
        return .bool(try call.text(0).utf8.starts(with: prefix.utf8))
    }

    @Sendable private static func endsWith(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let suffix = try call.text(1)
        try call.spend(suffix)
        return .bool(try call.text(0).utf8.reversed().starts(with: suffix.utf8.reversed()))
    }

    @Sendable private static func split(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        let separator = try call.text(1)
        if separator.isEmpty { throw call.badArgument(1, "the separator is empty") }
        let bytes = Array(text.utf8)
        let places = try found(separator, in: bytes, &call)
        try call.budget.spend(places.count, at: call.range)
        try call.budget.check(count: places.count, at: call.range)
        var parts: [JSONValue] = []
        var start = 0
        for place in places {
            parts.append(.string(String(decoding: bytes[start..<place], as: UTF8.self)))
            start = place + separator.utf8.count
        }
        parts.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
        return .array(parts)
    }

    @Sendable private static func replace(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        let old = try call.text(1)
        let new = try call.text(2)
        if old.isEmpty { throw call.badArgument(1, "the text to replace is empty") }
        let bytes = Array(text.utf8)
        let places = try found(old, in: bytes, &call)
        let (growth, overflow) = places.count.multipliedReportingOverflow(by: new.utf8.count)
        try call.budget.check(size: overflow ? .max : growth, at: call.range)
        let size = bytes.count - places.count * old.utf8.count + growth
        try call.budget.check(size: size, at: call.range)
        try call.budget.spend(bytes: size, at: call.range)
        var result: [UInt8] = []
        result.reserveCapacity(size)
        var start = 0
        for place in places {
            result += bytes[start..<place]
            result += new.utf8
            start = place + old.utf8.count
        }
        result += bytes[start...]
        return .string(String(decoding: result, as: UTF8.self))
    }

    @Sendable private static func join(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let items = try call.array(0)
        let separator = call.has(1) ? try call.text(1) : ""
        try call.spend(items)
        var result = ""
        for (place, item) in items.enumerated() {
            if place > 0 { result += separator }
            guard let text = item.renderedText(limit: call.budget.limits.size) else {
                try call.budget.check(size: .max, at: call.range)
                break
            }
            result += text
            try call.budget.check(size: result.utf8.count, at: call.range)
        }
        try call.spend(result)
        return .string(result)
    }

    /// The places of a text in another, without overlaps, paid for.
    static func found(
        _ needle: String, in bytes: [UInt8], _ call: inout FunctionCall
    ) throws(ExpressionError) -> [Int] {
        try call.budget.spend(bytes: bytes.count, at: call.range)
        try call.spend(needle)
        return ByteSearch(Array(needle.utf8)).places(in: bytes)
    }

    // MARK: Letters

    @Sendable private static func lower(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        try call.spend(text)
        return .string(text.lowercased())
    }

    @Sendable private static func upper(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        try call.spend(text)
        return .string(text.uppercased())
    }

    @Sendable private static func trim(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        try call.spend(text)
        return .string(text.trimmed)
    }

    @Sendable private static func matches(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        let source = try call.text(1)
        let pattern: Pattern
        do throws(PatternError) {
            pattern = try Pattern(source)
        } catch {
            throw call.badArgument(1, "the pattern is bad at character \(error.place): \(error.message)")
        }
        let work = text.utf8.count.multipliedReportingOverflow(by: pattern.program.count)
        try call.budget.spend(bytes: work.overflow ? .max : work.partialValue, at: call.range)
        return .bool(pattern.matches(text))
    }

    @Sendable private static func sha256(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        // A digest costs more than a walk.
        try call.budget.spend(bytes: text.utf8.count, at: call.range)
        try call.budget.spend(bytes: text.utf8.count, at: call.range)
        return .string(SHA256.hexDigest(of: text.utf8))
    }

    // MARK: Paths

    @Sendable private static func basename(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        try call.spend(text)
        return .string(String(lastPart(of: text)))
    }

    @Sendable private static func dirname(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        try call.spend(text)
        let path = withoutSlashes(text[...])
        guard let slash = path.unicodeScalars.lastIndex(of: "/") else { return .string(path == "/" ? "/" : ".") }
        let parent = withoutSlashes(path[..<slash])
        return .string(parent.isEmpty ? "/" : String(parent))
    }

    @Sendable private static func pathExtension(_ call: inout FunctionCall) throws(ExpressionError) -> JSONValue {
        let text = try call.text(0)
        try call.spend(text)
        let name = lastPart(of: text)
        guard let dot = name.unicodeScalars.lastIndex(of: "."), dot > name.startIndex else { return "" }
        return .string(String(name[dot...]))
    }

    private static func lastPart(of path: String) -> Substring {
        let path = withoutSlashes(path[...])
        guard path.unicodeScalars.count > 1, let slash = path.unicodeScalars.lastIndex(of: "/") else { return path }
        return path[path.unicodeScalars.index(after: slash)...]
    }

    /// Without the slashes at the end; of the root one remains.
    private static func withoutSlashes(_ path: Substring) -> Substring {
        var scalars = path.unicodeScalars
        while scalars.count > 1, scalars.last == "/" { scalars.removeLast() }
        return Substring(scalars)
    }
}

extension String {
    /// Without white space at the ends.
    var trimmed: String {
        let isText = { (scalar: Unicode.Scalar) in !scalar.properties.isWhitespace }
        guard let first = unicodeScalars.firstIndex(where: isText), let last = unicodeScalars.lastIndex(where: isText)
        else { return "" }
        return String(unicodeScalars[first...last])
    }
}

/// Finds bytes in bytes in linear time (Knuth, Morris and Pratt 1977).
struct ByteSearch {
    private let needle: [UInt8]
    /// For each place, how many bytes before it are also a beginning of the needle.
    private let borders: [Int]

    /// A search for a needle of at least one byte.
    init(_ needle: [UInt8]) {
        self.needle = needle
        var borders = [Int](repeating: 0, count: needle.count)
        var length = 0
        for place in needle.indices.dropFirst() {
            while length > 0, needle[place] != needle[length] { length = borders[length - 1] }
            if needle[place] == needle[length] { length += 1 }
            borders[place] = length
        }
        self.borders = borders
    }

    /// The places where the needle begins, without overlaps.
    func places(in bytes: [UInt8], firstOnly: Bool = false) -> [Int] {
        guard !needle.isEmpty else { return [] }
        var places: [Int] = []
        var length = 0
        for (place, byte) in bytes.enumerated() {
            while length > 0, byte != needle[length] { length = borders[length - 1] }
            if byte == needle[length] { length += 1 }
            if length == needle.count {
                places.append(place + 1 - length)
                if firstOnly { return places }
                length = 0
            }
        }
        return places
    }
}
