// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Something in a store that is not as it was written.
public struct StoreProblem: Sendable, Hashable {
    /// What is damaged.
    public enum Subject: String, Sendable, Hashable, CaseIterable {
        /// The database file, its log, or its schema.
        case database
        /// The events or the row of a run.
        case run
        /// The row of a node.
        case node
        /// A value or file that is named by its digest.
        case content
        /// A file that a node has left.
        case artifact
        /// The files of a workflow as runs keep them.
        case source
    }

    public var subject: Subject
    /// The run that is concerned; nil when all are, or none.
    public var run: String?
    /// The node of it that is concerned.
    public var node: String?
    /// The file; nil when it is the database.
    public var path: String?
    /// What is the matter, in words.
    public var message: String

    /// A problem.
    public init(
        _ subject: Subject, run: String? = nil, node: String? = nil, path: String? = nil, _ message: String
    ) {
        self.subject = subject
        self.run = run
        self.node = node
        self.path = path
        self.message = message
    }

    /// The problem as JSON.
    public var json: JSONValue {
        var object = JSONObject()
        object["subject"] = .string(subject.rawValue)
        object["run"] = run.map { .string($0) }
        object["node"] = node.map { .string($0) }
        object["path"] = path.map { .string($0) }
        object["message"] = .string(message)
        return .object(object)
    }

    /// One line: `run k7…, node a: the message`.
    public var description: String {
        var place = run.map { "run \($0)" } ?? subject.rawValue
        if let node { place += ", node \(node)" }
        return "\(place): \(message)"
    }
}

/// What a check of a store has found.
public struct StoreReport: Sendable, Hashable {
    public var runs = 0
    public var events = 0
    /// Values in the database.
    public var values = 0
    /// Files that were read and compared with their digest.
    public var files = 0
    public var problems: [StoreProblem] = []
    /// Runs whose events are all as they were written.
    public var wholeRuns: [String] = []

    /// Whether nothing is damaged.
    public var isWhole: Bool { problems.isEmpty }

    /// The report as JSON.
    public var json: JSONObject {
        var object = JSONObject()
        object["ok"] = .bool(isWhole)
        object["runs"] = .integer(Int64(runs))
        object["events"] = .integer(Int64(events))
        object["values"] = .integer(Int64(values))
        object["files"] = .integer(Int64(files))
        object["problems"] = .array(problems.map(\.json))
        return object
    }
}
