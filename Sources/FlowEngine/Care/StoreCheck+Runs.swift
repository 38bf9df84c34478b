// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import SQLite

extension StoreCheck {
    /// Compares the events of a run with their chain, its rows with the events, and the files with their digests.
    mutating func checkRun(_ key: Int64, _ connection: SQLiteConnection) {
        report.runs += 1
        var name: String?
        do {
            let statement = try connection.prepare("SELECT id FROM run WHERE key = ?")
            try statement.bind(1, key)
            name = try statement.firstRow { $0.text(0) }
        } catch {
            return add(.run, "the row \(key) cannot be read: \(error)")
        }
        guard let run = name else { return }
        do throws(StoreError) {
            let events = try wholeEvents(of: run)
            report.events += events.count
            report.wholeRuns.append(run)
            guard let summary = try reader.run(run) else {
                return add(.run, run: run, "the index of runs does not have it")
            }
            checkReferences(run, events)
            checkSource(summary.source, run: run)
            if try reader.calls(of: run) != CallSummary.calls(in: events) {
                add(.run, run: run, "the rows of calls do not follow from the events")
            }
            if try reader.fingerprints(of: run) != NodeFingerprintSummary.rows(in: events) {
                add(.run, run: run, "the rows of fingerprints do not follow from the events")
            }
            try checkRows(summary, events)
        } catch {
            add(.run, run: run, error.description)
        }
    }

    /// All events of a run, after the walk along their chain.
    func wholeEvents(of run: String) throws(StoreError) -> [RecordedEvent] {
        var walk = StoreReader.ChainWalk(run: run, hash: EventChain.start(run: run))
        while !walk.isOver { walk = try reader.walk(walk, limit: 10_000) }
        if let first = walk.report.firstBroken {
            throw StoreError(.corrupt, "event \(first) of run '\(run)' is changed or missing")
        }
        return try reader.events(of: run, after: 0, limit: .max)
    }

    private mutating func checkReferences(_ run: String, _ events: [RecordedEvent]) {
        var results: [String: Digest] = [:]
        for recorded in events {
            switch recorded.event {
            case .nodeSucceeded(let node, _, let result), .nodeReused(let node, _, let result):
                // Only the last one counts; it is looked at below, with its files.
                results[node] = result
                continue
            default: break
            }
            for content in recorded.event.contents {
                require(content.digest, run: run, node: recorded.event.node, content.what)
            }
        }
        for (node, result) in results.sorted(by: { $0.key < $1.key }) {
            require(result, run: run, node: node, "the result")
            checkArtifacts(of: result, run: run, node: node)
        }
    }

    private mutating func require(_ digest: Digest, run: String, node: String?, _ what: String) {
        if let problem = broken[digest] {
            add(.content, run: run, node: node, "\(what) is damaged: \(problem)")
        } else if !whole.contains(digest) {
            add(.content, run: run, node: node, "\(what) is missing: \(digest)")
        }
    }

    private mutating func checkArtifacts(of result: Digest, run: String, node: String) {
        guard whole.contains(result), let bytes = try? reader.content(result),
            let json = try? JSONValue.parse(bytes)
        else { return }
        for artifact in NodeRecord(json: json).artifacts {
            require(artifact.digest, run: run, node: node, "the artifact `\(artifact.name)`")
            let path = FilePath.join(layout.artifacts(node, of: run), artifact.file)
            do throws(FileError) {
                guard try digest(of: path) != artifact.digest else { continue }
                add(
                    .artifact, run: run, node: node, path: path,
                    "the file of the artifact `\(artifact.name)` does not match its digest: \(path)")
            } catch {
                add(.artifact, run: run, node: node, path: path, "\(error)")
            }
        }
    }

    private mutating func checkSource(_ source: Digest, run: String) {
        guard checkedSources.insert(source).inserted, whole.contains(source),
            let bytes = try? reader.content(source), let manifest = try? JSONValue.parse(bytes)
        else { return }
        let stored = StoredSource(folder: layout.source(source.hex))
        for file in manifest["files"]?.objectValue ?? JSONObject() {
            let path = FilePath.join(layout.source(source.hex), file.key)
            do throws(FileError) {
                let found =
                    stored.isDifference(file.key) ? try Digest(of: stored.text(of: file.key)) : try digest(of: path)
                if found.hex != file.value.stringValue {
                    add(.source, run: run, path: path, "the file \(path) does not match its digest")
                }
            } catch {
                add(.source, run: run, path: path, "\(error)")
            }
        }
    }

    private mutating func checkRows(_ summary: RunSummary, _ events: [RecordedEvent]) throws(StoreError) {
        let rows = try reader.nodes(of: summary.id)
        // An older or newer flow may have compiled it; then the rows cannot be compared.
        guard let plan = plan(of: summary) else { return }
        let inherited = try reader.inherited(by: summary.id)
        let replay = RunReplay(plan: plan, events: events, inherited: Set(inherited.keys))
        if let difference = replay.difference(from: summary, events: events) {
            add(.run, run: summary.id, difference)
        }
        for node in replay.differences(from: rows) {
            add(.node, run: summary.id, node: node, "the row does not follow from the events")
        }
    }

    /// The plan of a run, from the files that it keeps.
    func plan(of summary: RunSummary) -> Plan? {
        guard let bytes = try? reader.content(summary.source), let json = try? JSONValue.parse(bytes),
            let entry = json["entry"]?.stringValue
        else { return nil }
        let stored = StoredSource(folder: layout.source(summary.source.hex))
        return (try? loader.load(stored: stored, entry: entry))?.compilation.plan
    }
}
