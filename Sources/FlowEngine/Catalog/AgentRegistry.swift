// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// The agents that workflows can name: those of the project, of the user, and those that come with flow. It reads the
/// folders once; reading anew shows what has changed. Runs go on with the agents that they have kept.
public struct AgentRegistry: Sendable {
    /// Where agents come from. What stands first goes before.
    public enum Origin: String, Sendable, Hashable, CaseIterable {
        case project, user, builtin
    }

    /// A folder of agents.
    public struct Folder: Sendable, Hashable {
        public var path: String
        public var origin: Origin

        /// A folder; it need not be there.
        public init(_ path: String, _ origin: Origin) {
            self.path = path
            self.origin = origin
        }
    }

    /// An agent with its file.
    public struct Entry: Sendable {
        public var agent: AgentDefinition
        public var path: String
        public var origin: Origin
        /// The digest of the file: what tells two versions apart that call themselves the same.
        public var digest: Digest
        /// The files of the same name further back, which count for nothing here.
        public var hidden: [String]
        /// What is wrong with the file.
        public var faults: [CheckedFile.Fault]

        /// Whether nodes can use it.
        public var isValid: Bool { !faults.contains { $0.diagnostic.severity == .error } }
    }

    /// The agents in the order of their names.
    public private(set) var entries: [Entry] = []
    /// Files that hold no agent at all, with what is wrong with them.
    public private(set) var unreadable: [CheckedFile] = []

    /// Reads the agents of these folders; of files with one name the first one counts.
    public init(folders: [Folder]) {
        var places: [String: Int] = [:]
        for folder in folders {
            let files = ((try? File.list(folder.path)) ?? []).filter { $0.name.hasSuffix(".yaml") && $0.kind == .file }
            for file in files.sorted(by: { $0.name < $1.name }) {
                let path = FilePath.join(folder.path, file.name)
                if let place = places[file.name] {
                    if place >= 0 { entries[place].hidden.append(path) }
                    continue
                }
                let check = AgentCheck(path)
                guard let agent = check.agent, let digest = check.digest else {
                    places[file.name] = -1
                    unreadable.append(check.file)
                    continue
                }
                places[file.name] = entries.count
                entries.append(
                    Entry(
                        agent: agent, path: path, origin: folder.origin, digest: digest, hidden: [],
                        faults: check.file.faults))
            }
        }
        entries.sort { $0.agent.name < $1.agent.name }
    }

    /// The agent of a name.
    public subscript(name: String) -> Entry? { entries.first { $0.agent.name == name } }

    /// The names of all agents.
    public var names: [String] { entries.map(\.agent.name) }

    /// What is looked for. Parts that are empty or nil do not restrict anything.
    public struct Query: Sendable {
        /// Words that must all stand somewhere in name, title, role, description, tags or capabilities.
        public var text = ""
        /// At least one of them.
        public var tags: Set<String> = []
        /// All of them.
        public var capabilities: Set<String> = []
        public var status: AgentCard.Status?
        public var type: AgentCard.AgentType?
        public var engine: String?

        /// Everything.
        public init() {}
    }

    /// The agents that fit: those whose name has a word of the text first, then the others, each in order of names.
    public func search(_ query: Query) -> [Entry] {
        let words = query.text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        let found = entries.filter { entry in
            let agent = entry.agent
            if let status = query.status, agent.card.status != status { return false }
            if let type = query.type, agent.card.type != type { return false }
            if let engine = query.engine, agent.card.engine != engine { return false }
            if !query.tags.isEmpty, query.tags.isDisjoint(with: agent.tags) { return false }
            guard query.capabilities.isSubset(of: agent.capabilities) else { return false }
            let parts =
                [agent.name, agent.title ?? "", agent.role ?? "", agent.description ?? ""] + agent.tags
                + agent.capabilities
            let text = parts.joined(separator: "\n").lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        guard !words.isEmpty else { return found }
        func isNamed(_ entry: Entry) -> Bool { words.contains { entry.agent.name.contains($0) } }
        return found.filter(isNamed) + found.filter { !isNamed($0) }
    }

    /// Handoffs to agents that nobody knows, as warnings of the file that names them.
    public func strayHandoffs(of entry: Entry) -> [CheckedFile.Fault] {
        let known = Set(names)
        return entry.agent.card.handoffs.filter { !known.contains($0) }.map { name in
            let near = Spelling.nearest(to: name, among: names)
            return AgentCheck.fault(
                .unknownAgent, "`\(entry.agent.name)` hands over to `\(name)`, and there is no such agent",
                in: entry.path, key: "handoffs", severity: .warning,
                help: near.map { ["did you mean `\($0)`?"] } ?? [])
        }
    }
}
