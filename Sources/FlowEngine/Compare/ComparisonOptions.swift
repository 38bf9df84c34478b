// SPDX-License-Identifier: Apache-2.0

/// What a comparison looks at.
public struct ComparisonOptions: Sendable, Hashable {
    /// Also what is the same.
    public var showsAll: Bool
    /// Whether the bytes of images are read, for a page that shows them.
    public var readsImages: Bool
    /// The largest file, in bytes, of which texts are compared line by line.
    public var largestText: Int64
    /// The largest image, in bytes, that is read.
    public var largestImage: Int64

    /// Choices; by default only what differs.
    public init(
        showsAll: Bool = false, readsImages: Bool = false, largestText: Int64 = 256 << 10, largestImage: Int64 = 2 << 20
    ) {
        self.showsAll = showsAll
        self.readsImages = readsImages
        self.largestText = largestText
        self.largestImage = largestImage
    }
}
