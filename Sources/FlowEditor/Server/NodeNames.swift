// SPDX-License-Identifier: Apache-2.0

/// Which keys of a node name other nodes.
enum NodeNames {
    /// The keys that do, for a node that has `keys`.
    static func keys(of keys: [String]) -> Set<String> {
        keys.contains("switch") ? ["needs", "fallback", "cases", "default"] : ["needs", "fallback"]
    }
}
