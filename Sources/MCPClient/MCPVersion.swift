// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The versions of the protocol, and which of them is spoken with a server.
///
/// Since `2026-07-28` each request says its version and nothing is agreed before (`modern`). Earlier versions begin
/// with `initialize` (`legacy`). A server may speak both.
enum MCPVersion: Sendable, Hashable {
    case modern(String)
    case legacy(String)

    static let newestModern = "2026-07-28"
    static let newestLegacy = "2025-11-25"
    private static let modernVersions: Set<String> = [newestModern]
    private static let legacyVersions: Set<String> = [newestLegacy, "2025-06-18", "2025-03-26", "2024-11-05"]

    /// The code with which a server refuses a version.
    private static let unsupportedCode: Int64 = -32022

    var text: String {
        switch self {
        case .modern(let text), .legacy(let text): text
        }
    }

    var isModern: Bool { if case .modern = self { true } else { false } }

    /// What follows from the answer to `server/discover`.
    enum Choice: Equatable {
        case speak(MCPVersion)
        /// The server is one of an earlier version, or so it seems: `initialize` shows it.
        case initialize
        case mismatch(String)
    }

    /// Chooses by the answer to `server/discover`. Whatever is no answer of a modern server means an earlier one.
    static func choice(after reply: MCPReply) -> Choice {
        let offered: [String]
        switch reply {
        case .result(let result):
            offered = (result["supportedVersions"]?.arrayValue ?? []).compactMap(\.stringValue)
        case .error(let error):
            guard error.code == unsupportedCode else { return .initialize }
            offered = (error.data?["supported"]?.arrayValue ?? []).compactMap(\.stringValue)
        }
        if let version = offered.filter(modernVersions.contains).max() { return .speak(.modern(version)) }
        if offered.isEmpty || offered.contains(where: legacyVersions.contains) { return .initialize }
        let list = offered.prefix(10).joined(separator: ", ")
        return .mismatch("it speaks \(list), and this client \(newestModern) and earlier")
    }

    /// The version that the answer to `initialize` names; nil when it is none that is known.
    static func agreed(in result: JSONObject) -> MCPVersion? {
        guard let text = result["protocolVersion"]?.stringValue, legacyVersions.contains(text) else { return nil }
        return .legacy(text)
    }
}
