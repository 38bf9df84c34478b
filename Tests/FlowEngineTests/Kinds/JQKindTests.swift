// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

struct JQKindTests {
    let folder: AttemptFolder
    let kind: JQKind
    let isInstalled: Bool

    init() throws {
        folder = try AttemptFolder()
        kind = JQKind(tools: ToolPaths(), processes: folder.processes)
        isInstalled = ToolPaths().find("jq") != nil
        if !isInstalled { print("skipped: jq is not installed") }
    }

    private static let values: JSONObject = {
        var values = JSONObject()
        values["tickets"] = [["id": 1, "p": "high"], ["id": 2, "p": "low"]]
        values["hostile"] = "\"; env | \u{1}"
        return values
    }()

    @Test(
        arguments: [
            ("[.tickets[] | select(.p == \"high\") | .id]", [1] as JSONValue, 1),
            (".tickets[].id", nil, 2),
            ("empty", nil, 0),
            (".hostile", "\"; env | \u{1}", 1),
            ("env | keys - [\"PATH\"] | map(select(startswith(\"FLOW_KIND_TESTS\") | not))", [], 1),
            ("# only a comment\n.tickets | length", 2, 1),
        ] as [(String, JSONValue, Int)])
    func `filters run over with`(filter: String, value: JSONValue, count: Int) async throws {
        guard isInstalled else { return }
        let outcome = await folder.run(kind, .string(filter), with: Self.values)
        let outputs = try #require(outcome.result?.outputs, "\(outcome)")
        #expect(outputs["value"] == value)
        #expect(outputs["values"]?.arrayValue?.count == count)
        #expect(folder.remains.isEmpty)
    }

    @Test(arguments: [
        (".tickets[0].id.x", "the filter failed: Cannot index number with string \"x\""),
        (".a |=", "the filter failed: syntax error, unexpected $end"),
        ("error(\"no luck\")", "the filter failed: no luck"),
        (
            "[limit(300000; repeat(\"0123456789012345678901234567890123456789012345678901234567890123456789\"))][]",
            "the filter puts out more than 16 MiB"
        ),
    ])
    func `errors are those of jq`(filter: String, message: String) async throws {
        guard isInstalled else { return }
        let failure = try #require(await folder.run(kind, .string(filter), with: Self.values).failure)
        #expect(failure.reason == .badData)
        #expect(failure.message.hasPrefix(message), "\(failure.message)")
    }

    @Test func `memory is limited`() async throws {
        guard isInstalled else { return }
        let outcome = await folder.run(kind, "[range(1e9)] | length", with: Self.values)
        let failure = try #require(outcome.failure, "\(outcome)")
        #expect(failure.reason == .badData)
        print(failure.message)
    }

    @Test(.timeLimit(.minutes(1))) func `a filter that does not end is cancelled`() async throws {
        guard isInstalled else { return }
        let task = Task { [folder, kind] in await folder.run(kind, "last(range(1e18))", with: Self.values) }
        for _ in 0..<Int.random(in: 0...20) { await Task.yield() }
        task.cancel()
        #expect(await task.value.failure?.reason == .cancelled)
    }

    @Test func `a missing program is told with the cure`() async throws {
        let tools = ToolPaths(flowHome: "/nowhere", searchPath: "/nowhere:relative")
        let failure = try #require(await folder.run(JQKind(tools: tools, processes: folder.processes), ".").failure)
        #expect(failure.reason == .unavailable)
        #expect(failure.message.contains("apt-get install jq"))
    }

    @Test func `templates and lists are refused when the workflow is compiled`() {
        func messages(_ body: Template) -> [String] {
            kind.check(NodeDefinition(id: "n", kind: "jq", body: body), in: KindSite()).map(\.message)
        }
        #expect(messages(.literal(".a")).isEmpty)
        #expect(messages(.literal(".a == \"${{ inputs.x }}\"")) == ["`${{ }}` has no meaning in a jq filter"])
        #expect(messages(.literal([".a"])) == ["`jq` is a filter in one string, not: array"])
    }
}
