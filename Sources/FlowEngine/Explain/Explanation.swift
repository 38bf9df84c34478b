// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What `flow explain` tells about a code: why it is a fault, and a workflow with and without it.
public struct Explanation: Sendable, Hashable {
    /// The code that is explained.
    public let code: DiagnosticCode
    /// What is wrong, in a few words: lower case, no full stop.
    public let title: String
    /// Why it is a fault, and what to do.
    public let why: String
    /// A whole workflow file that has this fault and no other; in it `\xNN` stands for a byte. Nil where a file with
    /// the fault would be too long to show.
    public let bad: String?
    /// Inputs that the bad example is started with, where the fault is in them.
    public let given: JSONValue?
    /// The same workflow without the fault.
    public let good: String
    /// An agent file beside the good example, where it needs one: the text of `agents/NAME.yaml`.
    public let agent: String?
    /// A workflow file beside the bad example, where it needs one: the text of `part.yaml`.
    public let part: String?
    /// Whether the examples are workflows of another system.
    public let isForeign: Bool

    init(
        _ code: DiagnosticCode, _ title: String, _ why: String, bad: String?, given: JSONValue? = nil, good: String,
        agent: String? = nil, part: String? = nil
    ) {
        self.code = code
        self.title = title
        self.why = why
        self.bad = bad.map { $0 + "\n" }
        self.given = given
        self.good = good + "\n"
        self.part = part.map { $0 + "\n" }
        self.agent = agent.map { $0 + "\n" }
        isForeign = false
    }

    /// An explanation whose examples are workflows of another system; each is one text.
    public init(foreign code: DiagnosticCode, _ title: String, _ why: String, bad: String, good: String) {
        self.code = code
        self.title = title
        self.why = why
        self.bad = bad + "\n"
        self.good = good + "\n"
        (given, part, agent, isForeign) = (nil, nil, nil, true)
    }

    /// All explanations, in the order of their codes.
    public static let all: [Explanation] =
        (text + structure + graph + expressions + values + warnings).sorted {
            $0.code.description < $1.code.description
        }

    private static let byCode = Dictionary(
        all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })

    /// The explanation of a code that compiling can give.
    public static func of(_ code: DiagnosticCode) -> Explanation? { byCode[code] }

    /// The bytes of the bad example, each `\xNN` as the byte that it stands for.
    public var badBytes: [UInt8]? {
        guard let bad else { return nil }
        let source = Array(bad.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == 0x5C, index + 3 < source.count, source[index + 1] == 0x78,
                let byte = UInt8(String(decoding: source[index + 2...index + 3], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                index += 4
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return bytes
    }

    /// `why` on one line.
    public var paragraph: String { why.split(separator: "\n").joined(separator: " ") }

    /// Whether the bad example shows bytes by `\xNN`, so that it is not the file itself.
    public var isEscaped: Bool { bad?.contains("\\x") ?? false }
}
