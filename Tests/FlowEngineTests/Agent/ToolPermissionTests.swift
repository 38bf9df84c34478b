// SPDX-License-Identifier: Apache-2.0

import FlowCore
import HTTPClient
import Testing

@testable import FlowEngine

struct ToolPermissionTests {
    @Test(arguments: [
        ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("", "", true), ("*", "", true), ("*", "abc", true),
        ("*.csv", "a.csv", true), ("*.csv", "d/a.csv", false), ("data/*", "data/a", true),
        ("data/*", "data/a/b", false),
        ("data/**", "data/a/b", true), ("data/**", "database", false), ("**/*.key", "a.key", true),
        ("**/*.key", "x/y/a.key", true), ("**/*.key", "x/y/akey", false), ("**", "x/y", true), ("a?c", "abc", true),
        ("a?c", "ac", false), ("a?c", "aéc", true), ("a?c", "a/c", false), ("a**c", "a/b/c", true),
        ("a*c", "a/c", false),
        ("**/b", "b", true), ("**/b", "ab", false), ("x/**/b", "x/b", true), ("x/**/b", "x/a/a/b", true),
    ])
    func globsOfPaths(pattern: String, path: String, fits: Bool) {
        #expect(TextGlob(pattern).matches(path, as: .path) == fits)
    }

    @Test(arguments: [
        ("git *", "git log a/b", true), ("git *", "git", false), ("git **", "git log", true), ("*", "a/b", true),
        ("a?c", "a/c", true), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false),
    ])
    func globsOfTexts(pattern: String, text: String, fits: Bool) {
        #expect(TextGlob(pattern).matches(text, as: .text) == fits)
    }

    @Test func aLongTextDoesNotMakeAPatternSlow() {
        let text = String(repeating: "a", count: 20_000)
        #expect(!TextGlob(String(repeating: "*a", count: 50) + "b").matches(text, as: .text))
    }

    private func decision(_ permissions: JSONValue, _ tool: String, _ subject: ToolSubject) throws -> String {
        switch try ToolPermissions(permissions).decision(on: tool, subject) {
        case .allow: "allow"
        case .ask: "ask"
        case .deny: "deny"
        }
    }

    @Test(arguments: [
        // One command with its words is what a rule allows; nothing that makes the shell do more.
        ("git log", "allow"), ("  git log  ", "allow"), ("git log 'a;b'", "allow"), ("git log \"a;b\"", "allow"),
        ("git log a\\;b", "allow"), ("ls", "deny"), ("git log; rm x", "deny"), ("git log && rm x", "deny"),
        ("git log | sh", "deny"), ("git log $(rm x)", "deny"), ("git log `rm x`", "deny"),
        ("git log \"$(rm x)\"", "deny"),
        ("git log\nrm x", "deny"), ("git log > /etc/passwd", "deny"), ("git log <(rm x)", "deny"),
        ("git log &", "deny"),
        ("git log $HOME", "deny"), ("git log 'a", "deny"), ("git log \\", "deny"), ("git push x", "ask"),
        ("git log '$(x)'", "allow"), ("X=1 git log", "deny"), ("git log \\\nrm x", "deny"),
        // A rule that denies is tried on each part.
        ("true; git reset --hard", "deny"), ("(git reset)", "deny"), ("echo $(git push a)", "ask"), ("", "deny"),
    ])
    func commands(command: String, wanted: String) throws {
        let permissions: JSONValue = [
            "allow": ["bash(git *)"], "ask": ["bash(git push *)"], "deny": ["bash(git reset*)"],
        ]
        #expect(try decision(permissions, "bash", ToolSubject(.command, command)) == wanted)
    }

    @Test(arguments: [
        ("read_file", "data/a.csv", "allow"), ("read_file", "./data//a.csv", "allow"),
        ("read_file", "data/x.key", "deny"),
        ("read_file", "other/a.csv", "deny"), ("read_file", "data/../other/a", "deny"),
        ("write_file", "data/a", "deny"),
        ("list_files", ".", "allow"),
    ])
    func paths(tool: String, path: String, wanted: String) throws {
        let permissions: JSONValue = [
            "allow": ["read_file(data/**)", "list_files"], "deny": ["*(**/*.key)"],
        ]
        #expect(try decision(permissions, tool, ToolSubject(.path, path)) == wanted)
    }

    @Test(arguments: [
        ("https://example.org/a", "allow"), ("HTTPS://Example.ORG/a", "allow"),
        ("https://example.org:443/a/b", "allow"),
        ("https://example.org.evil.net/a", "deny"), ("https://example.org", "allow"), ("http://example.org/a", "deny"),
        ("https://evil.net/https://example.org/", "deny"), ("https://EVIL.net:443/x", "deny"),
    ])
    func addresses(url: String, wanted: String) throws {
        let permissions: JSONValue = [
            "allow": ["http_get(https://example.org/**)"], "deny": ["http_get(https://evil.net/**)"],
        ]
        let tool = HTTPGetTool(client: HTTPClient())
        #expect(try decision(permissions, "http_get", tool.subject(of: members(["url": .string(url)]))) == wanted)
    }

    @Test(arguments: [
        "https://user@example.org/", "ftp://example.org/", "https://a b/", "https://example.org/../x", "https:///x",
        "https://example.org./x", "https://example.org/%2e%2e/x", "https://example.org\\@evil.net/", "example.org",
        "https://ex\u{E4}mple.org/",
    ])
    func addressesOfTwoMeaningsAreRefused(url: String) async {
        let result = await HTTPGetTool(client: HTTPClient()).run(
            members(["url": .string(url)]), ToolSite(context: .bare))
        #expect(result.isError)
    }

    @Test func withoutAllowEverythingIsAndWithItOnlyWhatItNames() throws {
        let any = ToolSubject(.text, "x")
        #expect(try decision([:], "python", any) == "allow")
        #expect(try decision(["allow": []], "python", any) == "deny")
        #expect(try decision(["allow": ["sql"]], "python", any) == "deny")
        #expect(try decision(["allow": ["mcp:time/*"]], "mcp:time/now", any) == "allow")
        #expect(try decision(["allow": ["mcp:time/*"]], "mcp:other/now", any) == "deny")
        #expect(try decision(["ask": ["python"], "allow": ["python"]], "python", any) == "ask")
        #expect(try decision(["deny": ["python(*)"]], "python", any) == "deny")
    }

    @Test func anArgumentCanBeNamed() throws {
        let rules: JSONValue = ["allow": ["sql(database: *.db)"]]
        #expect(try decision(rules, "sql", ToolSubject(.text, "q", members(["database": "a.db"]))) == "allow")
        #expect(try decision(rules, "sql", ToolSubject(.text, "q", members(["database": "a.txt"]))) == "deny")
        #expect(try decision(rules, "sql", ToolSubject(.text, "q")) == "deny")
    }

    @Test func theNodeCanOnlyNarrow() throws {
        let agent = AgentDefinition(
            name: "a", instructions: "", tools: ["bash", "mcp:time"],
            permissions: ["allow": ["bash(ls *)", "mcp:time/*"]])
        let grant = try AgentGrant(
            agent, members(["tools": ["bash", "mcp:time/now"], "permissions": ["allow": ["bash", "mcp:*"]]]))
        #expect(grant.references.map(\.text) == ["bash", "mcp:time/now"])
        guard case .deny = grant.decision(on: "bash", ToolSubject(.command, "rm x")) else {
            Issue.record("the node has widened the agent's permissions")
            return
        }
        #expect(grant.decision(on: "bash", ToolSubject(.command, "ls x")) == .allow)
        #expect(throws: AgentGrant.Problem.self) { try AgentGrant(agent, members(["tools": ["python"]])) }
        #expect(try AgentGrant(agent, members(["tools": []])).references.isEmpty)
    }

    @Test(arguments: ["", "bash(", "bash(x", "bash()", "(x)", "ba sh", "x)", "a b(c)"])
    func whatIsNoRuleIsRefused(text: String) {
        #expect(throws: PermissionRule.Problem.self) { try PermissionRule(text) }
    }
}

/// The members of a literal.
func members(_ value: JSONValue) -> JSONObject { value.objectValue ?? JSONObject() }

extension NodeContext {
    /// A context of nothing.
    static var bare: NodeContext {
        NodeContext(
            run: "r", workflow: "w", node: "n", attempt: 1, definition: NodeDefinition(id: "n", kind: "agent"),
            body: .null, directory: "/nowhere", workflowDirectory: "/nowhere")
    }
}
