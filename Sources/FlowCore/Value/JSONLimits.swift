// SPDX-License-Identifier: Apache-2.0

/// What a JSON text may ask of its reader.
public struct JSONLimits: Sendable, Hashable {
    /// What to do with a key that stands twice in one object.
    public enum DuplicateKeys: Sendable, Hashable {
        /// The text is refused.
        case refuse
        /// The last value counts, at the place of the first.
        case keepLast
    }

    /// How many arrays and objects may stand inside each other.
    public var depth: Int
    /// The longest text in bytes.
    public var length: Int
    /// What to do with a key that stands twice.
    public var duplicateKeys: DuplicateKeys

    /// Limits. By default 64 levels, 256 MiB, and no key twice.
    public init(depth: Int = 64, length: Int = 256 << 20, duplicateKeys: DuplicateKeys = .refuse) {
        self.depth = depth
        self.length = length
        self.duplicateKeys = duplicateKeys
    }

    /// The limits for texts from outside.
    public static let standard = JSONLimits()
}
