// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Formatted texts look as they should, mean the same, keep all comments, and do not change when formatted again.
struct WorkflowFormatterTests {
    static let formatter = WorkflowFormatter(kinds: Fixtures.kinds)
    static let goldens = Fixtures.files(in: "Format", ending: ".in.yaml")

    static func format(_ text: String) throws -> String {
        String(decoding: try formatter.format(Array(text.utf8), name: "test.yaml").bytes, as: UTF8.self)
    }

    /// Comments counted without the formatter's own scan: in texts that have `#` nowhere else.
    static func comments(_ text: String) -> Int { text.utf8.count { $0 == 0x23 } }

    @Test func goldensAreThere() { #expect(Self.goldens.count >= 3) }

    @Test(arguments: goldens) func golden(name: String) throws {
        let path = FilePath.join(Fixtures.folder("Format"), name)
        let text = try File.readText(path, limit: 1 << 20)
        let result = try Self.format(text)
        try Fixtures.compare(result, with: String(path.dropLast(8)) + ".out.yaml")
        #expect(try Self.format(result) == result)
        #expect(Self.comments(result) == Self.comments(text))
    }

    @Test(arguments: ShippedWorkflowTests.workflows + ["agents/data_analyst.yaml", "agents/summariser.yaml"])
    func shipped(path: String) throws {
        let text = try File.readText(FilePath.join(ShippedWorkflowTests.root, path), limit: 1 << 20)
        let result = try Self.format(text)
        #expect(try Self.format(result) == result)
        #expect(Self.comments(result) == Self.comments(text))
        #expect(text.utf8.sorted().filter { $0 > 0x20 } == result.utf8.sorted().filter { $0 > 0x20 })
    }

    /// The compiler makes the same plan of a formatted text.
    @Test(arguments: ShippedWorkflowTests.workflows) func samePlan(path: String) throws {
        let full = FilePath.join(ShippedWorkflowTests.root, path)
        let bytes = try File.read(full, limit: 1 << 20)
        let formatted = try Self.formatter.format(bytes, name: path).bytes
        let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: [:]))
        let plans = [bytes, formatted].map { bytes in
            loader.load(
                WorkflowSource(
                    name: path, bytes: bytes, directory: FilePath.dirname(full),
                    readFile: { try? File.read($0, limit: 1 << 20) }),
                entry: FilePath.basename(path), agentFolders: [FilePath.join(ShippedWorkflowTests.root, "agents")]
            ).compilation.plan?.dump()
        }
        #expect(plans[0] != nil && plans[0] == plans[1])
    }

    /// All fixtures of the compiler, with and without faults.
    @Test(arguments: ["Diagnostics", "Planted", "Plans"]) func fixtures(folder: String) throws {
        for name in Fixtures.files(in: folder, ending: ".yaml") {
            let bytes = try File.read(FilePath.join(Fixtures.folder(folder), name), limit: 1 << 20)
            do throws(WorkflowFormatter.Refusal) {
                let once = try Self.formatter.format(bytes, name: name)
                #expect(try Self.formatter.format(once.bytes, name: name) == once, "\(name)")
            } catch {
                if case .wouldChange(let reason) = error { Issue.record("\(name): \(reason)") }
            }
        }
    }

    /// Whatever is done to a text, it is refused or formatted for good; no fault of the formatter comes to light.
    @Test func mutants() throws {
        let count = ProcessEnvironment.get("FLOW_MUTANTS").flatMap { Int($0) } ?? 1000
        let formats = try Self.goldens.map {
            try File.read(FilePath.join(Fixtures.folder("Format"), $0), limit: 1 << 20)
        }
        var mutator = Mutator(
            seeds: MutationTests.seeds + Array(repeating: formats, count: 100).joined(), random: SplitMix(state: 7))
        var formatted = 0
        for _ in 0..<count {
            let bytes = mutator.next()
            do throws(WorkflowFormatter.Refusal) {
                let once = try Self.formatter.format(bytes, name: "mutant.yaml")
                let twice = try Self.formatter.format(once.bytes, name: "mutant.yaml")
                formatted += 1
                if once.bytes != twice.bytes {
                    let text = String(decoding: bytes, as: UTF8.self).debugDescription
                    let difference = LineDiff(once.bytes, twice.bytes).unified(from: "once", to: "twice")
                    Issue.record("not idempotent: \(text)\n\(difference)")
                }
            } catch {
                if case .wouldChange(let reason) = error {
                    Issue.record("\(reason): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                }
            }
        }
        #expect(formatted > count / 10, "\(formatted) of \(count) mutants are formatted")
    }

    @Test func keysAreOrdered() throws {
        let text = """
            nodes: {a: {needs: [], run: echo}}
            flow: 1
            name: x
            """
        #expect(try Self.format(text) == "flow: 1\nname: x\nnodes: {a: {needs: [], run: echo}}\n")
    }

    @Test func anchorStaysBeforeItsAlias() throws {
        let text = "nodes:\n  a: &a\n    run: echo\nflow: 1\nname: x\nfinally:\n  b: *a\n"
        #expect(try Self.format(text) == "flow: 1\nname: x\nnodes:\n  a: &a\n    run: echo\nfinally:\n  b: *a\n")
        let backwards = "finally:\n  b: &a\n    run: echo\nnodes:\n  a: *a\nflow: 1\n"
        #expect(try Self.format(backwards) == backwards)
    }

    @Test func lastLineOfABlockTextKeepsItsMissingLineFeed() throws {
        let text = "flow: 1\nname: x\nnodes:\n  a:\n    run: |\n      echo"
        #expect(try Self.format(text) == text)
    }

    @Test func lineBreaksAndMarksAreMadePlain() throws {
        let text = "\u{FEFF}name: x\r\nflow: 1\r\nnodes:\r\n  a:\r\n    run: |\r\n      echo\r\n"
        #expect(try Self.format(text) == "flow: 1\nname: x\nnodes:\n  a:\n    run: |\n      echo\n")
    }

    @Test(arguments: ["flow: [1", "flow: 1\nflow: 2\n", "a: !tag 1\n", ""]) func faultsAreRefused(text: String) {
        do {
            _ = try Self.format(text)
            Issue.record("formatted")
        } catch WorkflowFormatter.Refusal.faults(let diagnostics, _) {
            #expect(!diagnostics.isEmpty)
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func differenceReadsLikeThatOfDiff() {
        let old = (1...12).map { "line \($0)\n" }.joined()
        let new = old.replacingFirst("line 2\n", with: "").replacingFirst("line 12\n", with: "line 12\nmore\n")
        let text = LineDiff(Array(old.utf8), Array(new.utf8)).unified(from: "a", to: "b")
        #expect(
            text == """
                --- a
                +++ b
                @@ -1,5 +1,4 @@
                 line 1
                -line 2
                 line 3
                 line 4
                 line 5
                @@ -10,3 +9,4 @@
                 line 10
                 line 11
                 line 12
                +more

                """)
        #expect(LineDiff(Array(old.utf8), Array(old.utf8)).unified(from: "a", to: "b") == "")
    }
}

extension String {
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return replacingCharacters(range, other)
    }

    private func replacingCharacters(_ range: Range<String.Index>, _ other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
