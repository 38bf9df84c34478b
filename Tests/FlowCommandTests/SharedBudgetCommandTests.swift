// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// Sessions, and budgets that runs share, with the built program; also over kill -9.
@Suite struct SharedBudgetCommandTests {
    private static let child = """
        flow: 1
        name: child
        agents: {parrot: {instructions: You repeat., model: gpt-4o, max_tokens: 200}}
        nodes:
          each:
            foreach: {items: "${{ range(25) }}", as: i, on_failure: continue}
            agent: parrot
            prompt: "say ${{ i }}"
            on_failure: continue
        """

    private static let parent = """
        flow: 1
        name: parent
        files: [child.yaml]
        budget: {tokens: 3000}
        nodes: {one: {workflow: child.yaml}, two: {workflow: child.yaml}}
        """

    @Test("kill -9 while the calls of two parts are open: the budget of the run above holds")
    func killedParts() async throws {
        let site = try await CostTests.Site(Self.parent)
        try site.flow.write("child.yaml", Self.child)
        try site.flow.write("hold", "")
        let flow = site.flow
        let running = try flow.start(["run", "talk.yaml"], environment: site.environment)
        try #require(try await flow.eventually { flow.lines("asked").count >= 8 }, "\(running.errorText)")
        running.signal(SIGKILL)
        _ = try await running.end()
        try File.remove(flow.file("hold"))
        #expect(try await site.run("db", "check").code == 0)
        let runs = try await site.run("list", "--json").object["runs"]?.arrayValue ?? []
        let run = try #require(runs.last?["id"]?.stringValue)
        let resumed = try await site.run("resume", run)
        #expect(resumed.code == 0, "\(resumed.errorOutput)")
        let end = try await site.run("cost", run, "--json").object
        let spent = try #require(end["total"]?["totalTokens"]?.integerValue)
        #expect(spent <= 3000, "\(end)")
        // Another call would not have fitted: it sets aside at most 250.
        #expect(spent > 3000 - 250, "\(end)")
        #expect(try await site.run("db", "check").code == 0)
    }

    @Test("kill -9 with a budget of the project: what was open counts with what was set aside")
    func killedProject() async throws {
        let site = try await CostTests.Site(Self.child.replacing("name: child", with: "name: talk"))
        try site.flow.write("flow.yaml", "budgets: [{scope: project, period: day, tokens: 3000, on_exceed: stop}]")
        try site.flow.write("hold", "")
        let flow = site.flow
        let running = try flow.start(["run", "talk.yaml"], environment: site.environment)
        try #require(try await flow.eventually { flow.lines("asked").count >= 8 }, "\(running.errorText)")
        running.signal(SIGKILL)
        _ = try await running.end()
        try File.remove(flow.file("hold"))
        for _ in 0..<2 { _ = try await site.run("run", "talk.yaml") }
        let all = try await site.run("cost", "--all", "--json").object
        let spent = try #require(all["total"]?["totalTokens"]?.integerValue)
        #expect(spent <= 3000, "\(all)")
        #expect(spent > 3000 - 250, "\(all)")
        let budget = try #require(all["budgets"]?.arrayValue?.first)
        #expect(budget["used"]?.stringValue == "\(spent)")
        #expect(budget["status"] == "warning")
        #expect(try await site.run("db", "check").code == 0)
    }

    @Test("A session groups runs; archived it takes none, and deleting it asks")
    func sessions() async throws {
        let flow = try FlowProgram()
        try flow.write("set.yaml", "flow: 1\nname: set\nnodes: {a: {run: echo 1 > f, artifacts: {f: f}}}\n")
        #expect(try await flow.run("session", "new", "thesis", "--title", "All of it", "--runs", "5").code == 0)
        #expect(try await flow.run("session", "new", "thesis").code == 66)
        #expect(try await flow.run("session", "new", "No Name").code == 66)
        let run = try await flow.run("run", "set.yaml", "--session", "thesis")
        #expect(run.code == 0, "\(run.errorOutput)")
        #expect(try await flow.run("run", "set.yaml").code == 0)
        let shown = try await flow.run("session", "show", "thesis", "--json").object
        #expect(shown["runs"]?.arrayValue?.count == 1)
        #expect(shown["runs"]?.arrayValue?.first?["files"]?.arrayValue?.count == 1)
        #expect(shown["quotas"]?.arrayValue?.first?["status"] == "ok")
        let text = try await flow.run("session", "show", "thesis").output
        #expect(text.contains("session thesis  active  All of it"), "\(text)")
        #expect(try await flow.run("session", "archive", "thesis").code == 0)
        let refused = try await flow.run("run", "set.yaml", "--session", "thesis")
        #expect(refused.code != 0)
        #expect(refused.errorOutput.contains("archived"), "\(refused.errorOutput)")
        #expect(try await flow.run("run", "set.yaml", "--session", "other").code != 0)
        let asked = try await flow.run("session", "delete", "thesis")
        #expect(asked.code == 66)
        #expect(asked.errorOutput.contains("--force"))
        let removed = try await flow.run("session", "delete", "thesis", "--force")
        #expect(removed.code == 0, "\(removed.errorOutput)")
        #expect(try await flow.run("list", "--json").object["runs"]?.arrayValue?.count == 1)
        #expect(try await flow.run("session", "list").errorOutput.contains("no sessions"))
        #expect(try await flow.run("db", "check").code == 0)
    }

    @Test("Statistics of attempts, and what they failed with")
    func statistics() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "again.yaml",
            """
            flow: 1
            name: again
            nodes:
              a:
                run: 'if [ "$FLOW_ATTEMPT" = 1 ]; then echo "KeyError: x" >&2; exit 1; fi'
                retry: {max_attempts: 3, delay: 1ms, on: [exit_code]}
              b: {run: "true"}
            """)
        #expect(try await flow.run("run", "again.yaml").code == 0)
        let stats = try await flow.run("stats", "--json").object
        #expect(stats["steps"] == 2)
        #expect(stats["retried"] == 1)
        #expect(stats["successRate"] == 1.0)
        #expect(stats["meanAttempts"] == 1.5)
        #expect(stats["categories"]?["key_error"] == 1)
        #expect(try await flow.run("stats", "@latest").output.contains("1 steps tried again, 1 of them with success"))
    }
}
