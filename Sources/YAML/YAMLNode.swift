// SPDX-License-Identifier: Apache-2.0

/// A handle of one node; it means something only to the document it came from.
public struct YAMLNode: Sendable, Hashable {
    /// The place of the node's record in the arena.
    let index: UInt32

    init(_ index: UInt32) {
        self.index = index
    }
}
