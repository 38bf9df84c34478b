// SPDX-License-Identifier: Apache-2.0

/// What becomes of one output stream of a child. The parts combine freely; a stream is always read to its end, so that
/// a child never waits for us, and memory stays within the caps whatever the child writes.
public struct OutputPlan: Sendable {
    /// The file that receives the stream. It is made, or emptied, before the child starts.
    public var file: String?
    /// How many bytes the file receives at most. The rest is read, counted and dropped.
    public var fileCap: Int
    /// How many of the last bytes are kept in memory.
    public var tailCap: Int
    /// How many of the first bytes are kept in memory.
    public var collectCap: Int
    /// Called with each piece as it arrives (at most 64 KiB), also beyond the caps. It runs on the thread that serves all
    /// children, so it has to be quick and must not block.
    public var onChunk: (@Sendable ([UInt8]) -> Void)?

    /// A plan of any combination.
    public init(
        file: String? = nil,
        fileCap: Int = .max,
        tailCap: Int = 0,
        collectCap: Int = 0,
        onChunk: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.file = file
        self.fileCap = max(0, fileCap)
        self.tailCap = max(0, tailCap)
        self.collectCap = max(0, collectCap)
        self.onChunk = onChunk
    }

    /// The stream is read and counted, nothing is kept.
    public static let discard = OutputPlan()

    /// The first `cap` bytes are kept in memory.
    public static func collect(_ cap: Int) -> OutputPlan {
        OutputPlan(collectCap: cap)
    }

    /// The last `cap` bytes are kept in memory.
    public static func tail(_ cap: Int) -> OutputPlan {
        OutputPlan(tailCap: cap)
    }

    /// The first `cap` bytes go to a file; the last `tail` bytes are kept in memory as well.
    public static func spool(
        to file: String,
        cap: Int,
        tail: Int = 0,
        onChunk: (@Sendable ([UInt8]) -> Void)? = nil
    ) -> OutputPlan {
        OutputPlan(file: file, fileCap: cap, tailCap: tail, onChunk: onChunk)
    }
}
