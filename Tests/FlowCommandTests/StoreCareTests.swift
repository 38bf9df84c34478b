// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// Damage, copies, quarantine and garbage, with the built program and real files. `FLOW_MANY` says how often.
@Suite struct StoreCareTests {
    private static var many: Int? { ProcessEnvironment.get("FLOW_MANY").flatMap { Int($0) } }

    private static let filing = """
        flow: 1
        name: filing
        inputs: {paper: {type: file}}
        outputs:
          total: {type: integer, value: "${{ nodes.count.outputs.n }}"}
        nodes:
          make:
            with: {paper: "${{ inputs.paper }}"}
            run: |
              for i in $(seq 4000); do echo "line $i of the file"; done > big.txt
              echo "text=hello" >> "$FLOW_OUTPUT"
            outputs: {text: string}
            artifacts: {big: big.txt}
          each:
            needs: [make]
            foreach: {items: [1, 2, 3]}
            run: echo "x=1" >> "$FLOW_OUTPUT"
            outputs: {x: integer}
          gate:
            needs: [each]
            approval: {prompt: "Go on?"}
          count:
            needs: [gate]
            with: {big: "${{ nodes.make.artifacts.big }}"}
            run: echo "n=$(wc -l < "$FLOW_WITH_BIG")" >> "$FLOW_OUTPUT"
            outputs: {n: integer}

        """

    /// A store with a run that has ended and one that waits at its gate.
    private func filed() async throws -> (flow: FlowProgram, done: String, waiting: String) {
        let flow = try FlowProgram()
        try flow.write("filing.yaml", Self.filing)
        try flow.write("paper.txt", "paper\n")
        let done = try await flow.run("run", "filing.yaml", "-i", "paper=@paper.txt", "--approval", "none")
        #expect(done.code == 0, "\(done.errorOutput)")
        let waiting = try await flow.run("run", "filing.yaml", "-i", "paper=@paper.txt")
        #expect(waiting.code == 3, "\(waiting.errorOutput)")
        return (flow, try done.run, try waiting.run)
    }

    private func files(below folder: String, _ path: String = "") throws -> [String] {
        var found: [String] = []
        for entry in try File.list(FilePath.join(folder, path)) {
            let name = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
            if entry.kind == .directory {
                found += try files(below: folder, name)
            } else if entry.kind == .file {
                found.append(name)
            }
        }
        return found
    }

    // MARK: Damage

    @Test("A byte that is changed anywhere is detected, or nothing that is shown depends on it")
    func damage() async throws {
        let (flow, done, waiting) = try await filed()
        let store = flow.file(".flow")
        let check = try await flow.run("db", "check")
        #expect(check.code == 0, "\(check.output)")
        #expect(check.output.hasPrefix("2 runs, "))
        let shown = try await shown(flow, store, [done, waiting])
        // What is only for one process, or not a part of what is promised.
        let names = try files(below: store).filter {
            !$0.hasSuffix(".lock") && !$0.hasSuffix("-shm") && $0 != "reserve" && $0 != "head" && !$0.contains("/logs/")
        }
        #expect(names.contains { $0.hasPrefix("objects/") } && names.contains("flow.db"))
        var (detected, harmless) = (0, 0)
        for round in 0..<(Self.many ?? 24) {
            let copy = flow.file("copy-\(round)")
            try #require(system("cp -r --preserve=links '\(store)' '\(copy)'") == 0)
            defer { try? File.removeTree(copy) }
            // Every second change hits the database.
            let name = round % 2 == 0 ? "flow.db" : names[round / 2 % names.count]
            let path = FilePath.join(copy, name)
            var bytes = try File.read(path, limit: 1 << 26)
            guard !bytes.isEmpty else { continue }
            let place = round % 8 == 0 ? Int.random(in: 0..<100) : Int.random(in: 0..<bytes.count)
            bytes[min(place, bytes.count - 1)] ^= 1 << UInt8.random(in: 0..<8)
            try File.setPermissions(0o600, of: path)
            try File.write(bytes, to: path)
            let report: StoreReport?
            do throws(StoreError) { report = try StoreCheck.run(folder: copy) } catch { report = nil }
            if let report, report.isWhole {
                harmless += 1
                let now = try await self.shown(flow, copy, [done, waiting])
                #expect(now == shown, "\(name) at \(place)")
            } else {
                detected += 1
            }
        }
        print("damage: \(detected) detected, \(harmless) harmless")
        #expect(detected > 0)
    }

    /// All that can be seen of runs, without the paths of the store.
    private func shown(_ flow: FlowProgram, _ store: String, _ runs: [String]) async throws -> [String] {
        var texts: [String] = []
        for run in runs {
            for words in [["show", run, "--json"], ["events", run, "--json"]] {
                let end = try await flow.start(words + ["--store", store]).end()
                // A value of the run may name the place where it was made.
                var text = end.output
                for folder in [store, flow.file(".flow")] {
                    text = text.split(separator: folder + "/").joined(separator: "STORE/")
                }
                texts.append("\(end.code) \(text)")
            }
        }
        return texts
    }

    private func system(_ command: String) -> Int32 {
        var pid: pid_t = 0
        let words: [String] = ["sh", "-c", command]
        let argv = words.map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        guard posix_spawn(&pid, "/bin/sh", nil, nil, argv, environ) == 0 else { return -1 }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return status
    }

    @Test("What a node has left is compared before another one reads it, and the message says whose it is")
    func damagedFile() async throws {
        let (flow, _, waiting) = try await filed()
        let path = flow.file(".flow/runs/\(waiting)/artifacts/make/big.txt")
        var bytes = try File.read(path, limit: 1 << 24)
        bytes[1000] ^= 1
        try File.setPermissions(0o600, of: path)
        try File.write(bytes, to: path)
        let end = try await flow.run("approve", waiting, "gate", "--resume")
        #expect(end.code == 74, "\(end.errorOutput)")
        #expect(end.errorOutput.contains("`big` of node `make` of run \(waiting)"), "\(end.errorOutput)")
        let check = try await flow.run("db", "check", "--json")
        #expect(check.code == 74)
        let problems = try check.object["problems"]?.arrayValue ?? []
        #expect(problems.contains { $0["run"]?.stringValue == waiting && $0["node"]?.stringValue == "make" })
    }

    @Test("A run whose events are damaged is not shown and not gone on with; the other one is saved")
    func salvage() async throws {
        let (flow, done, waiting) = try await filed()
        let database = flow.file(".flow/flow.db")
        // The first event of the waiting run: a letter of its payload.
        var bytes = try File.read(database, limit: 1 << 26)
        let needle = Array(#""wait":{"#.utf8)
        let place = try #require(
            bytes.indices.last { bytes[$0...].starts(with: needle) }, "the payload of an event is in the database")
        let letter = try #require(bytes[place...].firstIndex(of: UInt8(ascii: "?")))
        bytes[letter] = UInt8(ascii: "!")
        try File.write(bytes, to: database)
        #expect(try await flow.run("show", waiting).code == 74)
        let resumed = try await flow.run("resume", waiting)
        #expect(resumed.code == 74)
        #expect(resumed.errorOutput.contains(waiting), "\(resumed.errorOutput)")
        let saved = try await flow.run("db", "salvage", "saved", "--json")
        #expect(saved.code == 0, "\(saved.errorOutput)")
        #expect(try saved.object["runs"] == [.string(done)])
        #expect(File.exists(flow.file("saved/damaged/\(waiting).jsonl")))
        #expect(try await flow.run("db", "check", "--store", "saved").code == 0)
        let show = try await flow.run("show", done, "--store", "saved", "--json").object
        #expect(show["outputs"]?["total"] == 4000, "\(show)")
        #expect(try await flow.run("db", "salvage", "saved").code == 73)
    }

    @Test("Files that are cut, swapped or gone are detected")
    func lostFiles() async throws {
        let (flow, done, _) = try await filed()
        let store = flow.file(".flow")
        let objects = try files(below: FilePath.join(store, "objects")).map { FilePath.join(store, "objects/\($0)") }
        let database = FilePath.join(store, "flow.db")
        let bytes = try File.read(database, limit: 1 << 26)
        for size in [0, 100, 4096, bytes.count / 2, bytes.count - 4096] {
            try File.write(Array(bytes.prefix(size)), to: database)
            #expect(try await flow.run("db", "check").code != 0, "\(size) bytes")
        }
        try File.write(bytes, to: database)
        #expect(try await flow.run("db", "check").code == 0)
        // Another store's database in the place of this one.
        let other = try await filed()
        try File.copy(other.flow.file(".flow/flow.db"), to: database, replacing: true)
        #expect(try await flow.run("db", "check").code == 74)
        #expect(try await flow.run("show", done).code == 66)
        #expect(try await flow.run("run", "filing.yaml", "--approval", "none").code == 74)
        try File.write(bytes, to: database)
        let object = try #require(objects.first)
        try File.remove(object)
        let check = try await flow.run("db", "check")
        #expect(check.code == 74)
        #expect(check.output.contains("node make"), "\(check.output)")
    }

    @Test("A database of a newer version is refused in plain words and stays as it is")
    func newer() async throws {
        let (flow, done, _) = try await filed()
        let database = flow.file(".flow/flow.db")
        var bytes = try File.read(database, limit: 1 << 26)
        bytes[63] = 99
        try File.write(bytes, to: database)
        for words in [
            ["run", "filing.yaml"], ["resume", done], ["list"], ["db", "check"], ["gc"], ["db", "backup", "b"],
        ] {
            let end = try await flow.start(words).end()
            #expect(end.code == 78, "\(words) \(end.errorOutput)")
            #expect(end.errorOutput.contains("version 99"), "\(end.errorOutput)")
        }
        #expect(try File.read(database, limit: 1 << 26) == bytes)
    }

    // MARK: Copies

    @Test("Copies made while a run goes on are whole, and each can be resumed to the end")
    func backups() async throws {
        let flow = try FlowProgram()
        let items = (1...60).map(String.init).joined(separator: ", ")
        try flow.write(
            "busy.yaml",
            """
            flow: 1
            name: busy
            outputs:
              sum: {type: integer, value: "${{ sum(nodes.each.outputs.x) }}"}
            nodes:
              each:
                foreach: {items: [\(items)], max_parallel: 3}
                run: |
                  for i in 1 2 3 4; do cat /etc/passwd /etc/services; done 2>/dev/null > part.txt; sleep 0.1
                  echo "x=1" >> "$FLOW_OUTPUT"
                outputs: {x: integer}
                artifacts: {part: part.txt}

            """)
        let running = try flow.start(["run", "busy.yaml", "--quiet"])
        try #require(try await flow.eventually { running.errorText.contains("run ") })
        var copies = 0
        let wanted = Self.many ?? 4
        while copies < wanted {
            let copy = try await flow.run("db", "backup", "copy-\(copies)", "--json")
            // Before the engine has made its store there is nothing to copy.
            if copies == 0, copy.code == 66 { continue }
            #expect(copy.code == 0, "\(copy.output)\(copy.errorOutput)")
            copies += 1
        }
        let whole = try await running.end()
        #expect(whole.code == 0)
        var good = 0
        for number in 0..<copies {
            let words = ["db", "restore", "copy-\(number)", "--force"]
            #expect(try await flow.start(words).end().code == 0)
            #expect(try await flow.run("db", "check").code == 0)
            let list = try await flow.run("list", "--json").object
            // A copy of the first moment has no run yet.
            if list["runs"]?.arrayValue?.isEmpty == true { continue }
            let end = try await flow.run("resume", "@latest", "--json", "--quiet")
            let last = try #require(try end.json.last)
            #expect(end.code == 0 && last["outputs"]?["sum"] == 60, "\(end.errorOutput)")
            #expect(try await flow.run("db", "check").code == 0)
            good += 1
        }
        print("backups: \(good) of \(copies) checked and resumed")
    }

    @Test("A copy goes into a new folder, and does not replace a store unasked")
    func restore() async throws {
        let (flow, done, _) = try await filed()
        #expect(try await flow.run("db", "backup", "copy").code == 0)
        #expect(try await flow.run("db", "backup", "copy").code == 73)
        #expect(try await flow.run("db", "restore", "copy").code == 73)
        try File.removeTree(flow.file(".flow"))
        #expect(try await flow.run("db", "restore", "copy").code == 0)
        #expect(try await flow.run("show", done).code == 0)
        let forced = try await flow.run("db", "restore", "copy", "--force", "--json").object
        let former = try #require(forced["former"]?.stringValue)
        #expect(File.exists(FilePath.join(former, "flow.db")))
        let damaged = FilePath.join(flow.file("copy"), "flow.db")
        var bytes = try File.read(damaged, limit: 1 << 26)
        bytes.removeLast(4096)
        try File.write(bytes, to: damaged)
        #expect(try await flow.run("db", "restore", "copy", "--force").code == 74)
        #expect(try await flow.run("show", done).code == 0)
        #expect(try await flow.run("db", "backup", "nowhere", "--store", "none").code == 66)
    }

    // MARK: Quarantine and garbage

    @Test("A run that ends the engine three times is not started again unless it is forced; others go on")
    func quarantine() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "poison.yaml",
            """
            flow: 1
            name: poison
            nodes:
              good: {run: "true"}
              bad: {needs: [good], run: "test -e \(flow.file("cure")) || { kill -9 $PPID; sleep 5; }"}

            """)
        try flow.write("chain.yaml", Workflows.chain)
        let first = try await flow.run("run", "poison.yaml")
        #expect(first.code == -SIGKILL)
        let run = try first.run
        for _ in 0..<2 { #expect(try await flow.run("resume", run).code == -SIGKILL) }
        let refused = try await flow.run("resume", run)
        #expect(refused.code == 3, "\(refused.errorOutput)")
        #expect(refused.errorOutput.contains("flow resume \(run) --force"))
        #expect(try await flow.run("list", "--status", "quarantined").output.contains(run))
        #expect(try await flow.run("pause", run).code == 3)
        #expect(try await flow.run("run", "chain.yaml").code == 0)
        #expect(try await flow.run("gc", "--older-than", "0s", "--json").object["runs"]?.arrayValue?.count == 1)
        #expect(try await flow.run("resume", run, "--force").code == -SIGKILL)
        // It was counted anew: no quarantine yet, and what cures it lets it end.
        try flow.write("cure", "")
        let cured = try await flow.run("resume", run)
        #expect(cured.code == 0, "\(cured.errorOutput)")
    }

    @Test("Deaths with progress between them do not lead into quarantine")
    func progress() async throws {
        let flow = try FlowProgram()
        var text = "flow: 1\nname: stairs\nnodes:\n  n0: {run: \"true\"}\n"
        for step in 1...5 {
            let mark = flow.file("mark-\(step)")
            text += "  n\(step): {needs: [n\(step - 1)], run: \"test -e \(mark) || "
            text += "{ touch \(mark); kill -9 $PPID; sleep 5; }\"}\n"
        }
        try flow.write("stairs.yaml", text)
        #expect(try await flow.run("run", "stairs.yaml").code == -SIGKILL)
        for _ in 0..<4 { #expect(try await flow.run("resume", "@latest").code == -SIGKILL) }
        #expect(try await flow.run("resume", "@latest").code == 0)
    }

    @Test("Old runs are removed, and the living engine's store is left alone")
    func collect() async throws {
        let (flow, done, waiting) = try await filed()
        let dry = try await flow.run("gc", "--older-than", "0s", "--dry-run", "--json").object
        #expect(dry["runs"] == [.string(done)])
        #expect(try await flow.run("show", done).code == 0)
        let real = try await flow.run("gc", "--older-than", "0s")
        #expect(real.code == 0)
        #expect(real.output.hasPrefix("1 runs, "))
        #expect(try await flow.run("show", done).code == 66)
        #expect(try await flow.run("db", "check").code == 0)
        let end = try await flow.run("approve", waiting, "gate", "--resume")
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(try await flow.run("gc", "--older-than", "x").code == 64)
        try flow.write("held.yaml", Workflows.held)
        let words = ["held.yaml", "-i", "ledger=\(flow.file("l"))", "-i", "go=\(flow.file("go"))", "-i", "marker=0"]
        let running = try flow.start(["run"] + words)
        try #require(try await flow.eventually { flow.lines("l") == ["one", "two starts"] })
        #expect(try await flow.run("gc").code == 75)
        try flow.write("go", "")
        #expect(try await running.end().code == 0)
    }
}
