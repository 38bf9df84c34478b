// SPDX-License-Identifier: Apache-2.0

/// The keys and list items of a YAML text with their places, found by indentation and brackets alone. It is there for
/// any text, also for one that is being typed and cannot be read as YAML.
struct Outline {
    /// How the value of an entry is written.
    enum Style {
        case none, plain, quoted, block, flow
    }

    /// A key or a list item.
    struct Entry {
        /// The key; nil for a list item.
        var key: String?
        /// The key with its quotes, or the dash of an item.
        var keyRange: Range<Int>
        /// The value as far as it stands on the key's line, the whole of a bracket or a block of text.
        var value: Range<Int>
        /// The column of the key or dash, in bytes.
        var column: Int
        /// The entry that this one stands in; -1 for the outermost.
        var parent: Int
        var style = Style.none
        /// Whether a bracket or quote has its end.
        var isClosed = true
        /// Whether the entry stands in a bracket.
        var isInFlow = false
        /// The end of all that belongs to the entry.
        var end = 0
    }

    /// In order of the text.
    let entries: [Entry]

    /// Reads a text; it takes any bytes.
    init(_ bytes: [UInt8]) {
        var parser = OutlineParser(bytes)
        parser.parse()
        entries = parser.finished()
    }

    /// The entries directly inside an entry; -1 is the whole text.
    func children(of parent: Int) -> [Int] {
        var found: [Int] = []
        var index = parent + 1
        let end = parent < 0 ? Int.max : entries[parent].end
        while index < entries.count, entries[index].keyRange.lowerBound <= end {
            if entries[index].parent == parent {
                found.append(index)
            } else if entries[index].parent < parent {
                break
            }
            index += 1
        }
        return found
    }

    /// The keys directly inside an entry.
    func keys(in parent: Int) -> [String] { children(of: parent).compactMap { entries[$0].key } }

    /// The child with a key.
    func child(of parent: Int, key: String) -> Int? { children(of: parent).first { entries[$0].key == key } }

    /// The entries from the outermost to this one.
    func chain(to index: Int) -> [Int] {
        var chain: [Int] = []
        var index = index
        while entries.indices.contains(index) {
            chain.append(index)
            index = entries[index].parent
        }
        return chain.reversed()
    }

    /// The last entry that begins at or before an offset; -1 for none.
    func last(before offset: Int) -> Int {
        var low = -1
        var high = entries.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if entries[middle].keyRange.lowerBound <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
