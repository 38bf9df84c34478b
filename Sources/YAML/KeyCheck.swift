// SPDX-License-Identifier: Apache-2.0

/// Finds the faults of a mapping's keys in time linear in their number.
struct KeyCheck {
    /// Below this, comparing each with each is quicker than hashing.
    private static let smallCount = 8

    /// Keys of the mapping at hand: record index, and where the text is.
    private struct Key {
        var index: Int
        var bytes: UnsafeBufferPointer<UInt8>
    }

    private var keys: [Key] = []
    private var table: [Int32] = []

    /// `children` counts keys and values; a last key without a value is looked at too.
    mutating func check(
        children: Int, from first: Int, records: inout [Record], source: UnsafeBufferPointer<UInt8>, text: [UInt8],
        problems: inout ProblemList
    ) {
        text.withUnsafeBufferPointer { text in
            keys.removeAll(keepingCapacity: true)
            var index = first
            for child in 0..<children {
                if child & 1 == 0 { take(index, &records, source, text, &problems) }
                index = Int(records[index].subtreeEnd)
            }
            if keys.count <= Self.smallCount {
                comparePairs(&records, &problems)
            } else {
                compareHashes(&records, &problems)
            }
            keys.removeAll(keepingCapacity: true)
        }
    }

    private mutating func take(
        _ index: Int, _ records: inout [Record], _ source: UnsafeBufferPointer<UInt8>,
        _ text: UnsafeBufferPointer<UInt8>, _ problems: inout ProblemList
    ) {
        let own = records[index]
        let record = own.shape == .alias ? records[Int(own.offset)] : own
        guard record.shape == .scalar else {
            records[index].isFaulty = true
            problems.add(
                YAMLProblem(
                    code: .nonScalarKey, message: "a key must be plain text, not a list or a mapping",
                    range: Int(own.start)..<Int(own.end),
                    help: "quote the text if it begins with '{' or '['"
                ))
            return
        }
        guard !own.isFaulty else { return }
        let range = Int(record.offset)..<Int(record.offset) + Int(record.length)
        let bytes = UnsafeBufferPointer(rebasing: (record.isInSource ? source : text)[range])
        if record.style == .plain, bytes.count == 2, bytes[0] == ASCII.less, bytes[1] == ASCII.less {
            records[index].isFaulty = true
            problems.add(
                YAMLProblem(
                    code: .mergeKey, message: "merge keys are not part of YAML 1.2",
                    range: Int(own.start)..<Int(own.end), help: "write the keys out, or use an alias as a value"
                ))
            return
        }
        keys.append(Key(index: index, bytes: bytes))
    }

    private func comparePairs(_ records: inout [Record], _ problems: inout ProblemList) {
        for later in keys.indices {
            for earlier in 0..<later where Self.isSame(keys[earlier].bytes, keys[later].bytes) {
                report(keys[later], first: keys[earlier], &records, &problems)
                break
            }
        }
    }

    private mutating func compareHashes(_ records: inout [Record], _ problems: inout ProblemList) {
        var capacity = 32
        while capacity < keys.count * 2 { capacity *= 2 }
        table.removeAll(keepingCapacity: true)
        table.append(contentsOf: repeatElement(-1, count: capacity))
        for (position, key) in keys.enumerated() {
            // Hasher is seeded anew in each process, so nobody can write keys that collide.
            var hasher = Hasher()
            hasher.combine(bytes: UnsafeRawBufferPointer(key.bytes))
            var slot = hasher.finalize() & (capacity - 1)
            while table[slot] >= 0, !Self.isSame(keys[Int(table[slot])].bytes, key.bytes) {
                slot = (slot + 1) & (capacity - 1)
            }
            if table[slot] >= 0 {
                report(key, first: keys[Int(table[slot])], &records, &problems)
            } else {
                table[slot] = Int32(truncatingIfNeeded: position)
            }
        }
    }

    private func report(
        _ key: Key, first: Key, _ records: inout [Record], _ problems: inout ProblemList
    ) {
        let (here, there) = (records[key.index], records[first.index])
        records[key.index].isFaulty = true
        problems.add(
            YAMLProblem(
                code: .duplicateKey, message: "the key \(quoted(key.bytes)) stands twice in this mapping",
                range: Int(here.start)..<Int(here.end),
                related: [.init(range: Int(there.start)..<Int(there.end), label: "it stands here first")],
                help: "remove or rename one of them"
            ))
    }

    @inline(__always)
    private static func isSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }
}
