// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// What an isolated program can and cannot do; skipped where the kernel does not offer the means.
@Suite struct IsolationTests {
    static let hasFiles = Isolation.offered.contains(.files)
    static let hasCalls = Isolation.offered.contains(.calls)
    static let hasNetwork = Isolation.offered.contains(.network)

    private func run(_ script: String, isolate: String = "true", project: TestProject) async throws -> TestRun {
        let lines = script.split(separator: "\n").map { "      " + $0 }.joined(separator: "\n")
        return try await project.run(
            "nodes:\n  a:\n    isolate: \(isolate)\n    outputs: {x: string}\n    run: |\n\(lines)\n")
    }

    @Test(.enabled(if: IsolationTests.hasFiles, "the kernel has no Landlock"))
    func `a program writes in its own folder and nowhere else`() async throws {
        let project = try TestProject()
        let outside = project.file("outside")
        let run = try await run(
            """
            echo mine > a; mkdir -p d/e; mv a d/e/b; cat d/e/b
            if echo x > \(outside); then exit 3; fi
            if ln -s / link && echo x > link\(outside); then exit 4; fi
            if touch ../beside; then exit 5; fi
            if rm \(project.store)/flow.db; then exit 6; fi
            echo x=done >> $FLOW_OUTPUT
            """, project: project)
        #expect(try await run.output("a", "x") == "done")
        #expect(!File.exists(outside))
        await project.close()
    }

    @Test(.enabled(if: IsolationTests.hasFiles, "the kernel has no Landlock"))
    func `a file outside that is secret is not read, nor the environment of the engine`() async throws {
        let project = try TestProject()
        let secret = try project.write("secret.key", "sesame-open")
        let run = try await run(
            """
            if cat \(secret); then exit 3; fi
            if cat /etc/shadow; then exit 4; fi
            if cat /proc/$PPID/environ; then exit 5; fi
            if ls $(dirname \(secret)); then exit 6; fi
            echo x=done >> $FLOW_OUTPUT
            """, project: project)
        #expect(try await run.output("a", "x") == "done")
        #expect(try !run.log("a").joined().contains("sesame-open"))
        // What a node is allowed to read it reads.
        let allowed = try await self.run(
            "echo x=$(cat \(secret)) >> $FLOW_OUTPUT", isolate: "{read: [\(secret)]}", project: project)
        #expect(try await allowed.output("a", "x") == "sesame-open")
        await project.close()
    }

    private static let connect = """
        python3 - <<'END'
        import os, socket, sys
        def outcome(what):
            try:
                what()
                return "open"
            except OSError as error:
                return "refused"
        def out():
            s = socket.socket(); s.settimeout(5); s.connect(("127.0.0.1", int(os.environ["PORT"])))
        def loop():
            a = socket.socket(); a.bind(("127.0.0.1", 0)); a.listen(); socket.create_connection(a.getsockname())
        def files():
            socket.socket(socket.AF_UNIX)
        with open(os.environ["FLOW_OUTPUT"], "w") as f:
            print("x=" + " ".join(map(outcome, (out, loop, files))), file=f)
        END
        """

    /// A port at which somebody listens.
    private func listener() throws -> (port: UInt16, close: () -> Void) {
        let (descriptor, port) = try ListeningSocket.open()
        return (port, { ListeningSocket.close(descriptor) })
    }

    @Test(.enabled(if: IsolationTests.hasCalls, "the kernel has no seccomp"))
    func `a program reaches nobody over the network`() async throws {
        let (port, close) = try listener()
        defer { close() }
        let project = try TestProject()
        let script = "export PORT=\(port)\n" + Self.connect
        let run = try await run(script, project: project)
        // A loopback of its own, where there can be one.
        let expected = Self.hasNetwork ? "refused open refused" : "refused refused refused"
        #expect(try await run.output("a", "x") == .string(expected))
        let granted = try await self.run(script, isolate: "{network: true}", project: project)
        #expect(try await granted.output("a", "x") == "open open open")
        let free = try await self.run(script, isolate: "false", project: project)
        #expect(try await free.output("a", "x") == "open open open")
        await project.close()
    }

    @Test func `what the kernel lacks is said, and a required isolation that is open fails`() throws {
        let setting = IsolationSetting()
        #expect(setting.lacks(offered: [.files, .network, .calls]).isEmpty)
        #expect(setting.lacks(offered: [.network, .calls]).first?.hasPrefix("Landlock") == true)
        #expect(setting.lacks(offered: [.files]).first?.contains("the network is open") == true)
        #expect(setting.lacks(offered: [.files, .calls]).first?.contains("no loopback") == true)
        let folder = "/project"
        #expect(IsolationSetting(.bool(false), folder: folder) == nil)
        #expect(IsolationSetting(["required": true], folder: folder)?.isRequired == true)
        let full = IsolationSetting(
            ["read": ["data", "/opt/x"], "write": ["../out"], "network": true], folder: folder)
        #expect(full?.readable == ["/project/data", "/opt/x"])
        #expect(full?.writable == ["/out"])
        #expect(full?.network == true)
    }

    @Test(.enabled(if: IsolationTests.hasFiles, "the kernel has no Landlock"))
    func `the home of a program is its folder, and flow's own programs are still named`() async throws {
        let project = try TestProject(environment: ["PATH": "/usr/bin:/bin", "HOME": "/home/somebody"])
        let run = try await run(
            """
            [ "$HOME" = "$PWD" ]
            echo "x=$FLOW_HOME" >> $FLOW_OUTPUT
            """, project: project)
        #expect(try await run.output("a", "x") == "/home/somebody/.local/share/flow")
        await project.close()
    }

    @Test(.enabled(if: IsolationTests.hasFiles, "the kernel has no Landlock"))
    func `values and files of the run are there, and outputs come out`() async throws {
        let project = try TestProject()
        let data = try project.write("data.csv", "1,2\n")
        let run = try await project.run(
            """
            inputs: {table: {type: file}}
            nodes:
              make: {run: "echo 3 > made.txt", artifacts: {made: made.txt}}
              a:
                needs: [make]
                isolate: {required: true}
                with: {table: "${{ inputs.table }}", made: "${{ nodes.make.artifacts.made }}"}
                outputs: {x: string}
                artifacts: {copy: copy.txt}
                run: |
                  cat "$FLOW_WITH_TABLE" "$FLOW_WITH_MADE" > copy.txt
                  grep -q table "$FLOW_INPUT"
                  echo "x=[$(cat copy.txt | tr '\\n' ' ')]" >> "$FLOW_OUTPUT"
            """, inputs: ["table": .string(data)])
        #expect(
            try await run.output("a", "x") == "[1,2 3 ]")
        await project.close()
    }

    @Test(.enabled(if: IsolationTests.hasFiles, "the kernel has no Landlock"))
    func `an isolated program is ended like any other`() async throws {
        let project = try TestProject()
        let run = try await project.run(
            "nodes: {a: {isolate: true, timeout: 300ms, grace: 0s, run: \"sleep 60 & sleep 60\"}}")
        #expect(try await run.failure(of: "a").reason == .timeout)
        await project.close()
    }
}
