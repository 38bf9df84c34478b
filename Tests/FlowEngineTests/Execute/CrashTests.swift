// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import FlowTesting
import Glibc
import Hashing
import Testing

@testable import FlowEngine

/// The built program as a child that is killed.
@Suite struct CrashTests {
    /// The program beside the test bundle; nil when it has not been built.
    private static let program: String? = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        var folder = FilePath.dirname(bundle.split(separator: "=").last.map(String.init) ?? bundle)
        while !File.exists(FilePath.join(folder, "flow")), folder != "/", folder != "." {
            folder = FilePath.dirname(folder)
        }
        let path = FilePath.join(folder, "flow")
        return File.exists(path) ? path : nil
    }()

    /// Six nodes; each notes its start and its end with an fsync, and puts out a number from those before it.
    private static let workflow: String = {
        func node(_ name: String, _ needs: [String]) -> String {
            let sum = needs.map { "nodes.\($0).outputs.n" }.joined(separator: " + ")
            return """
                  \(name):
                    needs: [\(needs.joined(separator: ", "))]
                    with: {ledger: "${{ inputs.ledger }}", sum: "${{ 1\(needs.isEmpty ? "" : " + " + sum) }}"}
                    run: |
                      note() { echo "$1 $FLOW_NODE $FLOW_ATTEMPT" | dd of="$FLOW_WITH_LEDGER" oflag=append conv=notrunc,fsync status=none; }
                      note start
                      setsid sleep 0.01
                      sleep 0.01
                      note end
                      echo "n=$FLOW_WITH_SUM" >> "$FLOW_OUTPUT"
                    outputs: {n: integer}

                """
        }
        return """
            flow: 1
            name: six
            inputs: {ledger: {type: string, required: true}}
            outputs: {n: {value: "${{ nodes.f.outputs.n }}"}}
            nodes:

            """ + node("a", []) + node("b", ["a"]) + node("c", ["a"]) + node("d", ["b", "c"]) + node("e", ["a"])
                + node("f", ["d", "e"])
    }()

    private func spawn(_ words: [String], in folder: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let log = FilePath.join(folder, "log")
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var variables = ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=\(folder)"]
        // What the sanitizers are told, which would otherwise end here (scripts/sanitize).
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"] {
            if let value = ProcessEnvironment.get(name) { variables.append("\(name)=\(value)") }
        }
        let argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        try #require(posix_spawn(&pid, words[0], &actions, nil, argv, envp) == 0)
        return pid
    }

    /// Waits for a child; nil when it is killed because it does not end.
    private func end(of pid: pid_t) async throws -> Int32? {
        for _ in 0..<12_000 {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid { return status }
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(pid, SIGKILL)
        return nil
    }

    @Test(
        "Killed at any moment, a run goes on: no success is lost or done twice, and no process is left",
        arguments: 0..<20)
    func killed(_ round: Int) async throws {
        guard let program = Self.program else {
            print("skipped: the program `flow` has not been built")
            return
        }
        let temporary = try TemporaryDirectory()
        let folder = temporary.path
        let (ledger, store) = (temporary.file("ledger"), temporary.file(".flow"))
        try File.write(Self.workflow, to: temporary.file("six.yaml"))
        try File.write("", to: ledger)
        let run = try spawn(
            [program, "run", temporary.file("six.yaml"), "--store", store, "-i", "ledger=\(ledger)"], in: folder)
        // Spread over the run's life: after so many entries of the ledger, and a little more.
        let entries = round * 12 / 20
        _ = try await eventually {
            try File.readText(ledger, limit: 1 << 20).utf8.count(where: { $0 == 0x0A }) >= entries
        }
        try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
        kill(run, SIGKILL)
        _ = try await end(of: run)

        // What the store says now is what was reported.
        let database = FilePath.join(store, "flow.db")
        guard File.exists(database), let reading = try? SQLiteRunStore(folder: store, mode: .reader) else { return }
        guard let summary = try await reading.runs(RunQuery()).first else { return }
        let reported = try await reading.events(of: summary.id, after: 0, limit: 1000).compactMap {
            recorded -> String? in
            if case .nodeSucceeded(let node, let attempt, _) = recorded.event { "\(node) \(attempt)" } else { nil }
        }
        await reading.close()

        let resume = try spawn([program, "resume", summary.id, "--store", store], in: folder)
        let status = try await end(of: resume)
        let log = try File.readText(temporary.file("log"), limit: 1 << 20)
        #expect(status == 0, "\(log)")
        let lines = try File.readText(ledger, limit: 1 << 20).split(separator: "\n").map(String.init)
        for node in ["a", "b", "c", "d", "e", "f"] {
            let starts = lines.filter { $0.hasPrefix("start \(node) ") }
            #expect(lines.contains { $0.hasPrefix("end \(node) ") }, "\(lines)")
            #expect(starts.count <= 2 && Set(starts).count == starts.count, "\(starts)")
            if let success = reported.first(where: { $0.hasPrefix(node) }) {
                #expect(starts.last == "start \(success)", "`\(node)` was reported and ran again: \(lines)")
            }
        }
        let after = try SQLiteRunStore(folder: store, mode: .reader)
        let ended = try #require(try await after.run(summary.id))
        #expect(ended.status == .succeeded && ended.endedCount == 6)
        await after.close()
        #expect(log.contains("n: 8"), "\(log)")
        let marker = EngineToolbox.markerName(storeFolder: store)
        let left = { ProcessTable.processes(withEnvironment: marker, value: nil) }
        #expect(try await eventually { left().isEmpty })
        let controls = try File.list(FilePath.join(store, "runs/\(summary.id)/work")).flatMap { entry in
            try File.list(FilePath.join(store, "runs/\(summary.id)/work/\(entry.name)")).map(\.name)
        }
        #expect(controls.allSatisfy { !$0.contains(".control") })
    }
}
