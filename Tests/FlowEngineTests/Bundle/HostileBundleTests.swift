// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// Bundles that are cut off, damaged, or made by somebody who means harm. None may change anything.
@Suite struct HostileBundleTests {
    private static let workflow = #"""
        nodes:
          a: {run: 'echo "x=1" >> "$FLOW_OUTPUT"; echo text > f.txt', outputs: {x: integer}, artifacts: {f: f.txt}}
        """#

    /// A project with a small run, and its bundle.
    private func exported() async throws -> (project: TestProject, run: String, path: String) {
        let project = try TestProject()
        let run = try await project.run(Self.workflow)
        #expect(try await run.end() == .succeeded)
        await project.close()
        let path = project.file("small.flowbundle")
        _ = try RunBundle.export(run.id, from: project.store, to: path)
        return (project, run.id, path)
    }

    /// Reads and checks a file as an import does before it writes; nil when it is whole.
    private func fault(of bytes: [UInt8], in project: TestProject) throws -> BundleError? {
        let path = project.file("changed")
        try File.write(bytes, to: path)
        do throws(BundleError) {
            _ = try BundleCheck.runs(of: BundleFile(path), loader: Self.loader)
            return nil
        } catch {
            return error
        }
    }

    private static let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: [:]))

    @Test func cutOffAtAnyPlaceItIsRefused() async throws {
        let (project, _, path) = try await exported()
        let bytes = try File.read(path, limit: 1 << 20)
        #expect(try fault(of: bytes, in: project) == nil)
        for length in 0..<bytes.count {
            let error = try #require(try fault(of: Array(bytes[..<length]), in: project), "\(length) bytes were taken")
            let isTold =
                error.code == .notABundle ? length < 12 : error.description.contains("ends after \(length) bytes")
            #expect(isTold, "\(length): \(error)")
        }
        #expect(try fault(of: bytes + [0], in: project)?.description.contains("1 bytes follow") == true)
    }

    @Test func withAnyBitFlippedItIsRefused() async throws {
        let (project, _, path) = try await exported()
        let bytes = try File.read(path, limit: 1 << 20)
        var generator = SeededGenerator(seed: 5)
        var codes: Set<BundleError.Code> = []
        for round in 0..<3000 {
            var changed = bytes
            // The first bytes, where the header is, each at least once.
            let place = round < 90 ? round : Int(generator.next() % UInt64(bytes.count))
            changed[place] ^= 1 << UInt8(generator.next() % 8)
            let error = try #require(try fault(of: changed, in: project), "a change of byte \(place) was taken")
            codes.insert(error.code)
        }
        #expect(codes.isSuperset(of: [.notABundle, .damaged]))
    }

    /// A bundle of bad intent: what is changed in a good one, and what is said of it.
    private struct Attack {
        var name: String
        var message: String
        var code = BundleError.Code.invalid
        var change: (inout CraftedBundle) throws -> Void
    }

    private static func attacks(_ run: String) -> [Attack] {
        let paths = [
            "../../../evil", "/etc/evil", "inputs/../../evil", "logs/..", "logs/a/../../b", "work/a/b", "logs/", "",
        ]
        return paths.map { path in
            Attack(name: "file `\(path)`", message: "`\(path)` is no path of an input file or a log") {
                $0.manifest.runs[0].files[path] = $0.add([1, 2, 3])
            }
        } + [
            Attack(name: "log over a folder", message: "no path of an input file") {
                $0.manifest.runs[0].files["inputs"] = $0.add([1])
            },
            Attack(
                name: "source that leads out",
                message: "the file `../evil.sh` of the workflow does not lie in its folder"
            ) {
                let digest = $0.add([7]).hex
                try $0.changeSource { $0["files"] = $0["files"]?.adding("../evil.sh", digest) }
            },
            Attack(name: "source with a full path", message: "the file `/tmp/evil.sh` of the workflow") {
                let digest = $0.add([7]).hex
                try $0.changeSource { $0["files"] = $0["files"]?.adding("/tmp/evil.sh", digest) }
            },
            Attack(name: "source that is file and folder", message: "`test.yaml` is a file and a folder") {
                let digest = $0.add([7]).hex
                try $0.changeSource { $0["files"] = $0["files"]?.adding("test.yaml/x", digest) }
            },
            Attack(name: "source that stands for another", message: "the file `_edited` of the workflow") {
                let digest = $0.add([7]).hex
                try $0.changeSource { $0["files"] = $0["files"]?.adding("_edited", digest) }
            },
            Attack(name: "entry that is not there", message: "the workflow's own file is not among its files") {
                try $0.changeSource { $0["entry"] = "other.yaml" }
            },
            Attack(name: "kept file that leads out", message: "the file `../../../evil` of `a` cannot be kept") {
                try $0.changeResult(of: "a") { record in
                    let file = record["artifacts"]?["f"]?.adding("file", "../../../evil") ?? .null
                    record["artifacts"] = ["f": file]
                }
            },
            Attack(name: "kept file that is missing", message: "the file `artifacts/a/f.txt` is missing") {
                let artifact = try $0.artifact(of: "a")
                $0.remove(artifact)
            },
            Attack(name: "path in a result", message: "the path `/etc/passwd` in the result of `a` leads out") {
                try $0.changeResult(of: "a") { $0["paths"] = ["outputs": ["p": "/etc/passwd"], "artifacts": [:]] }
            },
            Attack(name: "path in a result, with dots", message: "the path `../x` in the result of `a` leads out") {
                try $0.changeResult(of: "a") { $0["paths"] = ["outputs": [:], "artifacts": ["p": ["../x"]]] }
            },
            Attack(name: "a size beyond all files", message: "the sizes in its manifest have no sum") {
                for digest in $0.manifest.order.prefix(2) { $0.manifest.contents[digest] = .max }
            },
            Attack(name: "a size beyond the file", message: "is cut off", code: .damaged) {
                $0.manifest.contents[$0.manifest.order[0]] = 1 << 50
            },
            Attack(name: "an event taken away", message: "event 3 of run \(run) is missing: 4 stands in its place") {
                var events = try $0.events()
                events.remove(at: 2)
                $0.setEvents(events)
            },
            Attack(name: "an event changed, with the old chain", message: "its events are not those of its chain") {
                let chain = $0.manifest.runs[0].chain
                var events = try $0.events()
                events[1].at = events[1].at.advanced(by: Milliseconds(1))
                $0.setEvents(events)
                $0.manifest.runs[0].chain = chain
            },
            Attack(name: "fewer events than are told", message: "events, not 999") {
                $0.manifest.runs[0].eventCount = 999
            },
            Attack(name: "no events", message: "the first event of run \(run) does not create it") { $0.setEvents([]) },
            Attack(name: "created twice", message: "event 2 stands in the wrong place") {
                var events = try $0.events()
                events[1].event = events[0].event
                $0.setEvents(events)
            },
            Attack(name: "a content nobody needs", message: "no run refers to the content") { _ = $0.add([1, 2, 3]) },
            Attack(
                name: "a parent that is not there", message: "comes from abcdefghjkmn, which does not stand before it"
            ) {
                $0.manifest.runs[0].states = [BranchSummary(run: run, parent: "abcdefghjkmn", kind: .branch)]
            },
            Attack(name: "its own parent", message: "comes from \(run), which does not stand before it") {
                $0.manifest.runs[0].states = [BranchSummary(run: run, parent: run, kind: .branch)]
            },
            Attack(name: "a name that is none", message: "`name` is no name of a branch") {
                $0.manifest.runs.append($0.manifest.runs[0])
                $0.manifest.runs[1].id = "abcdefghjkmn"
                $0.manifest.runs[1].states = [
                    BranchSummary(run: "abcdefghjkmn", parent: run, kind: .branch, name: "../x")
                ]
            },
            Attack(name: "a hypothesis that acts on the terminal", message: "`hypothesis` has control characters") {
                $0.manifest.runs.append($0.manifest.runs[0])
                $0.manifest.runs[1].id = "abcdefghjkmn"
                $0.manifest.runs[1].states = [
                    BranchSummary(run: "abcdefghjkmn", parent: run, kind: .branch, hypothesis: "\u{1B}[2J")
                ]
            },
            Attack(name: "an id that is a path", message: "`id` is no id of a run") {
                $0.manifest.runs[0].id = "../../evil"
            },
            Attack(name: "a run twice", message: "has \(run) twice") { $0.manifest.runs.append($0.manifest.runs[0]) },
            Attack(name: "about a run that is not in it", message: "`run` names none of `runs`") {
                $0.manifest.run = "other"
            },
            Attack(name: "a workflow that is none", message: "this version of flow cannot compile its workflow") {
                let digest = $0.add(Array("nodes: [".utf8)).hex
                let old = try $0.sourceFile("test.yaml")
                try $0.changeSource { $0["files"] = ["test.yaml": .string(digest)] }
                $0.remove(old)
            },
        ]
    }

    @Test func whatIsMadeToDoHarmIsRefusedAndChangesNothing() async throws {
        let (project, run, path) = try await exported()
        let victim = try TestProject()
        let engine = try await victim.engine()
        let before = try victim.files(below: victim.folder)
        for attack in Self.attacks(run) {
            var crafted = try CraftedBundle(path)
            try attack.change(&crafted)
            let file = project.file("attack")
            try File.write(crafted.bytes, to: file)
            do throws(BundleError) {
                _ = try await engine.accept(bundle: file)
                Issue.record("\(attack.name) was taken")
            } catch {
                #expect(error.code == attack.code, "\(attack.name): \(error)")
                #expect(error.description.contains(attack.message), "\(attack.name): \(error)")
                #expect(error.description.contains(file), "\(attack.name): \(error)")
            }
            #expect(try victim.files(below: victim.folder) == before, "\(attack.name)")
        }
        #expect(try await engine.store.runs(RunQuery()).isEmpty)
        // The good one is taken all the same.
        #expect(try await engine.accept(bundle: path).added == [run])
        await victim.close()
        #expect(try StoreCheck.run(folder: victim.store).isWhole)
    }

    @Test func aManifestInAnotherFormIsRefused() async throws {
        let (project, _, path) = try await exported()
        let crafted = try CraftedBundle(path)
        let text = String(decoding: crafted.manifest.bytes, as: UTF8.self)
        for (old, new, message) in [
            ("{\"contents\"", "{\"links\":[],\"contents\"", "`links` is no key of it"),
            ("{\"contents\"", "{ \"contents\"", "not written in the one form"),
            ("\"files\":{", "\"link\":\"/etc\",\"files\":{", "`link` is no key of it"),
            ("\"event_count\":", "\"event_count\":-", "`event_count` is no number from 0"),
            ("\"interruptions\":0", "\"interruptions\":\"0\"", "`interruptions` is no number"),
            ("\n", "\n\n", "not written in the one form"),
        ] {
            let changed = text.replacing(old, with: new, maxReplacements: 1)
            let error = try fault(of: crafted.bytes(manifest: Array(changed.utf8)), in: project)
            #expect(error?.code == .invalid && error?.description.contains(message) == true, "\(new): \(error as Any)")
        }
    }

    @Test func aLaterFormatIsToldApart() async throws {
        let (project, _, path) = try await exported()
        let bytes = try File.read(path, limit: 1 << 20)
        let text = Array("flow bundle 2 ".utf8) + bytes.dropFirst(14)
        let error = try fault(of: text, in: project)
        #expect(error?.code == .newerFormat)
        #expect(error?.description.contains("a bundle of format 2, and this version of flow reads format 1") == true)
    }

    @Test func anotherBundleThanWasNamedIsRefused() async throws {
        let (project, run, path) = try await exported()
        let victim = try TestProject()
        let engine = try await victim.engine()
        let digest = try BundleFile(path).digest
        await #expect(throws: BundleError.self) {
            _ = try await engine.accept(bundle: path, expected: Digest(of: [1]))
        }
        #expect(try await engine.accept(bundle: path, expected: digest).added == [run])
        await victim.close()
        await project.close()
    }

    @Test func foldersPipesAndNothingAreNoBundles() async throws {
        let project = try TestProject()
        for path in [project.folder, project.file("nothing"), "/dev/zero"] {
            #expect(throws: BundleError.self) { _ = try BundleFile(path) }
            #expect(!RunBundle.isBundle(path))
        }
    }
}

extension JSONValue {
    fileprivate func adding(_ key: String, _ text: String) -> JSONValue {
        var object = objectValue ?? JSONObject()
        object[key] = .string(text)
        return .object(object)
    }
}

extension CraftedBundle {
    /// The digest of a node's kept file.
    fileprivate func artifact(of node: String) throws -> Digest {
        for recorded in try events() {
            guard case .nodeSucceeded(node, _, let result) = recorded.event else { continue }
            return try #require(
                NodeRecord(json: try JSONValue.parse(contents[result] ?? [])).artifacts.first?.digest)
        }
        throw BundleError(.invalid, "no result of \(node)")
    }

    /// The digest of a file of the workflow.
    fileprivate func sourceFile(_ name: String) throws -> Digest {
        guard case .runCreated(_, let source, _) = try events()[0].event else { return .zero }
        let text = try JSONValue.parse(contents[source] ?? [])["files"]?[name]?.stringValue
        return try #require(text.flatMap { Digest(hex: $0) })
    }
}
