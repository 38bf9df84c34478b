// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// A named group of runs: they share budgets and quotas, and are shown, archived and removed together.
public struct SessionSummary: Sendable, Hashable {
    /// Whether it takes new runs.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case active, archived
    }

    public var name: String
    public var title: String?
    public var status: Status
    public var createdAt: Timestamp
    public var limits: SessionLimits
    /// The runs that belong to it, the oldest first; those of sub-workflows too.
    public var runs: [String] = []
    /// What its runs have used up, also those that were removed.
    public var used = SpendingSums()

    /// Whether a text can be a name: lower-case letters, digits, `-` and `_`, at most 64.
    public static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
    }
}

/// What the runs of a session may use up.
public struct SessionLimits: Sendable, Hashable {
    /// US dollars in total.
    public var dollars: Double?
    public var tokens: Int?
    /// Questions to models and uses of tools.
    public var calls: Int?
    /// Runs that have not ended.
    public var runs: Int?
    /// Bytes of the runs' folders.
    public var disk: Int64?

    /// No limits.
    public init() {}

    /// The limits as JSON; what has none is left out.
    public var json: JSONValue {
        var object = JSONObject()
        object["usd"] = dollars.map { .number($0) }
        object["tokens"] = tokens.map { .integer(Int64($0)) }
        object["calls"] = calls.map { .integer(Int64($0)) }
        object["runs"] = runs.map { .integer(Int64($0)) }
        object["disk"] = disk.map { .integer($0) }
        return .object(object)
    }

    /// The limits of a JSON object that `json` made.
    init(json: JSONValue) {
        dollars = json["usd"]?.numberValue
        tokens = json["tokens"]?.integerValue.map { Int(clamping: $0) }
        calls = json["calls"]?.integerValue.map { Int(clamping: $0) }
        runs = json["runs"]?.integerValue.map { Int(clamping: $0) }
        disk = json["disk"]?.integerValue
    }

    /// The limits of calls as a budget; nil when there are none.
    public func budget(of session: String) -> SharedBudget? {
        guard dollars != nil || tokens != nil || calls != nil else { return nil }
        return SharedBudget(
            scope: .session(session), period: .total, dollars: dollars, tokens: tokens, calls: calls, onExceed: .stop)
    }

    /// The other limits as a quota; nil when there are none.
    func quota(of session: String) -> RunQuota? {
        guard runs != nil || disk != nil else { return nil }
        return RunQuota(scope: .session(session), runs: runs, disk: disk)
    }
}
