// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Which calls of its tools an agent may make: `permissions:` of an agent or of a node.
///
/// `deny` goes before `ask`, and `ask` before `allow`. With `allow`, only what it names is allowed; without it, every
/// tool that the agent has.
package struct ToolPermissions: Sendable, Hashable {
    /// What becomes of a call.
    package enum Decision: Sendable, Hashable {
        case allow
        /// A person has to be asked. The text names the rule.
        case ask(String)
        /// The text says why.
        case deny(String)

        /// The stricter of two decisions.
        func and(_ other: Decision) -> Decision {
            switch (self, other) {
            case (.deny, _): self
            case (_, .deny): other
            case (.ask, _): self
            default: other
            }
        }
    }

    var allow: [PermissionRule]?
    var ask: [PermissionRule] = []
    var deny: [PermissionRule] = []

    /// Everything that the tools can do.
    package static let all = ToolPermissions()

    private init() {}

    /// Reads `permissions:`; its shape was checked before.
    package init(_ json: JSONValue) throws(PermissionRule.Problem) {
        func rules(_ key: String) throws(PermissionRule.Problem) -> [PermissionRule]? {
            guard let list = json[key]?.arrayValue else { return nil }
            var rules: [PermissionRule] = []
            for item in list { rules.append(try PermissionRule(item.plainText)) }
            return rules
        }
        allow = try rules("allow")
        ask = try rules("ask") ?? []
        deny = try rules("deny") ?? []
    }

    var rules: [PermissionRule] { (allow ?? []) + ask + deny }

    /// Decides on a call.
    package func decision(on tool: String, _ subject: ToolSubject) -> Decision {
        if let rule = deny.first(where: { $0.touches(tool, subject) }) { return .deny("`\(rule.text)` is denied") }
        if let rule = ask.first(where: { $0.touches(tool, subject) }) { return .ask(rule.text) }
        guard let allow else { return .allow }
        if allow.contains(where: { $0.covers(tool, subject) }) { return .allow }
        let about = allow.filter { $0.isAbout(tool) }.map { "`\($0.text)`" }
        return .deny(
            about.isEmpty ? "it is not among what is allowed" : "allowed is only \(about.joined(separator: ", "))")
    }
}

/// One line of `permissions:`, such as `bash(git *)`, `read_file(data/**)`, `mcp:time/*` or `sql(database: *.db)`.
package struct PermissionRule: Sendable, Hashable {
    /// Why a text is no rule.
    package struct Problem: Error, Sendable {
        package var rule: String
        package var message: String
    }

    let text: String
    /// The tool, with `*` for any.
    private let tool: TextGlob
    /// The argument that `pattern` is for; nil means the part of the call that matters.
    private let argument: String?
    /// Nil means any arguments.
    private let pattern: TextGlob?

    init(_ text: String) throws(Problem) {
        self.text = text
        let bytes = text.utf8
        guard bytes.count <= TextGlob.longest, !bytes.contains(0) else {
            throw Problem(rule: text, message: "a rule has at most \(TextGlob.longest) bytes")
        }
        guard let open = text.firstIndex(of: "(") else {
            guard !text.isEmpty, !text.contains(where: { $0 == ")" || $0.isWhitespace }) else {
                throw Problem(rule: text, message: "a rule is the name of a tool, or `TOOL(PATTERN)`")
            }
            tool = TextGlob(text)
            (argument, pattern) = (nil, nil)
            return
        }
        guard text.hasSuffix(")") else { throw Problem(rule: text, message: "the rule `\(text)` does not end in `)`") }
        let name = String(text[..<open])
        var inner = String(text[text.index(after: open)...].dropLast())
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else {
            throw Problem(rule: text, message: "the rule `\(text)` names no tool")
        }
        guard !inner.isEmpty else {
            throw Problem(rule: text, message: "the rule `\(text)` has no pattern; for all calls write `\(name)`")
        }
        tool = TextGlob(name)
        var argument: String?
        if let colon = inner.firstRange(of: ": "), DocumentReader.isIdentifier(String(inner[..<colon.lowerBound])) {
            argument = String(inner[..<colon.lowerBound])
            inner = String(inner[colon.upperBound...])
        }
        self.argument = argument
        pattern = TextGlob(inner)
    }

    /// Whether the rule is about a tool at all.
    func isAbout(_ name: String) -> Bool { tool.matches(name, as: .text) }

    /// Whether the call is wholly within the rule: for what a rule allows.
    func covers(_ name: String, _ subject: ToolSubject) -> Bool {
        guard isAbout(name) else { return false }
        guard let pattern, !(argument == nil && pattern.isEverything) else { return true }
        guard let (text, flavour) = part(of: subject) else { return false }
        if argument == nil, subject.kind == .command {
            // Otherwise `git *` would allow what follows a semicolon.
            guard ShellText(text).isOneCommand else { return false }
            return pattern.matches(ShellText.trimmed(text), as: flavour)
        }
        return pattern.matches(text, as: flavour)
    }

    /// Whether a part of the call is within the rule: for what a rule denies or wants to be asked.
    func touches(_ name: String, _ subject: ToolSubject) -> Bool {
        guard isAbout(name) else { return false }
        guard let pattern, !(argument == nil && pattern.isEverything) else { return true }
        guard let (text, flavour) = part(of: subject) else { return false }
        if pattern.matches(text, as: flavour) { return true }
        guard argument == nil, subject.kind == .command else { return false }
        return ShellText(text).pieces.contains { pattern.matches($0, as: flavour) }
    }

    private func part(of subject: ToolSubject) -> (text: String, flavour: TextGlob.Flavour)? {
        guard let argument else { return (subject.text, subject.flavour) }
        return subject.arguments[argument].map { ($0.plainText, .text) }
    }
}
