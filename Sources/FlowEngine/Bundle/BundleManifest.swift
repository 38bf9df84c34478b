// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a bundle holds: the runs, each with the digest of its events, and the digest and size of each content.
struct BundleManifest: Sendable, Hashable {
    /// A run of a bundle.
    struct Run: Sendable, Hashable {
        var id: String
        /// The content with the events, one a line.
        var events: Digest
        var eventCount: Int64
        /// The hash of the last event, which covers all others.
        var chain: Digest
        var interruptions: Int
        /// Input files and logs by their path below the run's folder.
        var files: [String: Digest]
        /// What was said of the run's place in the tree, each state after the one before; none of a run that comes from no
        /// other. All have the same run, parent and kind.
        var states: [BranchSummary]
    }

    /// The run that the bundle is about.
    var run: String
    /// The runs, each after the one that it comes from.
    var runs: [Run]
    /// The size of each content in bytes. Contents follow each other in the order of their digests.
    var contents: [Digest: Int64]

    /// The digests in the order in which the contents lie in the file.
    var order: [Digest] { contents.keys.map { ($0.hex, $0) }.sorted { $0.0 < $1.0 }.map(\.1) }

    // MARK: JSON

    /// The manifest as it is written; the same bytes for the same value.
    var bytes: [UInt8] {
        var sizes = JSONObject()
        for digest in order { sizes[digest.hex] = .integer(contents[digest] ?? 0) }
        let json: JSONValue = ["run": .string(run), "runs": .array(runs.map(\.json)), "contents": .object(sizes)]
        return json.jsonBytes(.canonical) + [0x0A]
    }

    /// Reads a manifest. What `bytes` does not write is refused, with its place.
    init(bytes: [UInt8]) throws(BundleError) {
        guard bytes.last == 0x0A, let json = try? JSONValue.parse(Array(bytes.dropLast())) else {
            throw BundleError(.invalid, "the manifest is no JSON text on one line")
        }
        let top = try BundleFields(json, of: "the manifest", keys: ["run", "runs", "contents"])
        run = try top.text("run")
        runs = []
        var ids: Set<String> = []
        for (place, item) in try top.array("runs").enumerated() {
            let run = try Run(item, place)
            if let parent = run.states.first?.parent, !ids.contains(parent) {
                throw top.fault("run \(run.id) comes from \(parent), which does not stand before it")
            }
            guard ids.insert(run.id).inserted else { throw top.fault("`runs` has \(run.id) twice") }
            runs.append(run)
        }
        guard ids.contains(run) else { throw top.fault("`run` names none of `runs`") }
        contents = [:]
        for member in try top.object("contents") {
            guard let digest = Digest(hex: member.key), let size = member.value.integerValue, size >= 0 else {
                throw top.fault("`contents.\(member.key.prefix(80))` is no digest with a size")
            }
            contents[digest] = size
        }
        guard self.bytes == bytes else { throw top.fault("it is not written in the one form that it has") }
    }

    init(run: String, runs: [Run], contents: [Digest: Int64]) {
        self.run = run
        self.runs = runs
        self.contents = contents
    }
}

extension BundleManifest.Run {
    fileprivate var json: JSONValue {
        var files = JSONObject()
        for (path, digest) in self.files.sorted(by: { $0.key < $1.key }) { files[path] = .string(digest.hex) }
        var object = JSONObject()
        object["id"] = .string(id)
        object["events"] = .string(events.hex)
        object["event_count"] = .integer(eventCount)
        object["chain"] = .string(chain.hex)
        object["interruptions"] = .integer(Int64(interruptions))
        object["files"] = .object(files)
        if let first = states.first {
            object["parent"] = .string(first.parent)
            object["kind"] = .string(first.kind.rawValue)
            object["states"] = .array(states.map(\.stateJSON))
        }
        return .object(object)
    }

    fileprivate init(_ json: JSONValue, _ place: Int) throws(BundleError) {
        let fields = try BundleFields(
            json, of: "`runs[\(place)]` of the manifest",
            keys: [
                "id", "events", "event_count", "chain", "interruptions", "files", "parent", "kind", "states",
            ])
        id = try fields.text("id")
        guard RunIdentifier.isPlausible(id) else { throw fields.fault("`id` is no id of a run") }
        events = try fields.digest("events")
        eventCount = try fields.integer("event_count")
        chain = try fields.digest("chain")
        interruptions = Int(clamping: try fields.integer("interruptions"))
        files = [:]
        for member in try fields.object("files") {
            guard BundlePath.isOfRun(member.key) else {
                throw fields.fault("`\(member.key.prefix(200))` is no path of an input file or a log")
            }
            guard let digest = member.value.stringValue.flatMap({ Digest(hex: $0) }) else {
                throw fields.fault("`files.\(member.key.prefix(200))` is no digest")
            }
            files[member.key] = digest
        }
        states = []
        guard fields.has("parent") else {
            guard !fields.has("kind"), !fields.has("states") else { throw fields.fault("`parent` is missing") }
            return
        }
        let parent = try fields.text("parent")
        guard let kind = Derivation.Kind(rawValue: try fields.text("kind")) else {
            throw fields.fault("`kind` is neither replay nor branch")
        }
        let list = try fields.array("states")
        guard !list.isEmpty else { throw fields.fault("`states` is empty") }
        for (place, item) in list.enumerated() {
            let state = try BundleFields(
                item, of: "`states[\(place)]` of run \(id)",
                keys: ["name", "hypothesis", "verdict", "conclusion", "is_head"])
            guard let verdict = BranchSummary.Verdict(rawValue: try state.text("verdict")) else {
                throw state.fault("`verdict` is unknown")
            }
            if let name = try state.optionalText("name"), !BranchSummary.isName(name) {
                throw state.fault("`name` is no name of a branch")
            }
            for key in ["hypothesis", "conclusion"] {
                guard let text = try state.optionalText(key) else { continue }
                // It is shown on terminals as it is.
                guard !text.unicodeScalars.contains(where: Self.isControl) else {
                    throw state.fault("`\(key)` has control characters")
                }
            }
            states.append(
                BranchSummary(
                    run: id, parent: parent, kind: kind, name: try state.optionalText("name"),
                    hypothesis: try state.optionalText("hypothesis"), verdict: verdict,
                    conclusion: try state.optionalText("conclusion"), isHead: try state.bool("is_head")))
        }
    }
}

extension BundleManifest.Run {
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t" && scalar != "\r"
    }
}

extension BranchSummary {
    fileprivate var stateJSON: JSONValue {
        var object = JSONObject()
        object["name"] = name.map { .string($0) }
        object["hypothesis"] = hypothesis.map { .string($0) }
        object["verdict"] = .string(verdict.rawValue)
        object["conclusion"] = conclusion.map { .string($0) }
        object["is_head"] = .bool(isHead)
        return .object(object)
    }
}

/// The members of an object that came from outside.
struct BundleFields {
    private let members: JSONObject
    private let what: String

    init(_ json: JSONValue, of what: String, keys: Set<String>) throws(BundleError) {
        self.what = what
        guard case .object(let members) = json else { throw BundleError(.invalid, "\(what) is no object") }
        self.members = members
        for member in members where !keys.contains(member.key) {
            throw fault("`\(member.key.prefix(80))` is no key of it")
        }
    }

    func fault(_ text: String) -> BundleError { BundleError(.invalid, "\(what) is wrong: \(text)") }

    func has(_ key: String) -> Bool { members[key] != nil }

    private func value<Value>(_ key: String, _ type: String, _ read: (JSONValue) -> Value?) throws(BundleError) -> Value
    {
        guard let value = members[key].flatMap(read) else { throw fault("`\(key)` is no \(type)") }
        return value
    }

    func text(_ key: String) throws(BundleError) -> String { try value(key, "text") { $0.stringValue } }
    func bool(_ key: String) throws(BundleError) -> Bool { try value(key, "boolean") { $0.boolValue } }
    func array(_ key: String) throws(BundleError) -> [JSONValue] { try value(key, "array") { $0.arrayValue } }
    func object(_ key: String) throws(BundleError) -> JSONObject { try value(key, "object") { $0.objectValue } }

    func integer(_ key: String) throws(BundleError) -> Int64 {
        try value(key, "number from 0") { $0.integerValue.flatMap { $0 >= 0 ? $0 : nil } }
    }

    func digest(_ key: String) throws(BundleError) -> Digest {
        try value(key, "digest") { $0.stringValue.flatMap { Digest(hex: $0) } }
    }

    func optionalText(_ key: String) throws(BundleError) -> String? { has(key) ? try text(key) : nil }
}
