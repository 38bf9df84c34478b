// SPDX-License-Identifier: Apache-2.0

/// One row as a reader leaves it: the cells' bytes (UTF-8) one after the other. Kept and filled again for each row.
struct TableRow {
    /// What is known of a cell beside its text.
    enum CellKind: UInt8 {
        /// Text without a type, whose type may be inferred.
        case plain
        /// Text that is never anything else.
        case string
        case integer, number, boolean, null
    }

    /// The line on which the row begins.
    var line = 0
    var bytes: [UInt8] = []
    /// Where each cell ends in `bytes`.
    var ends: [Int] = []
    /// The kinds of the cells; empty when all are plain.
    var kinds: [CellKind] = []

    var count: Int { ends.count }

    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    func kind(_ index: Int) -> CellKind { kinds.isEmpty ? .plain : kinds[index] }

    /// The text of a cell, with replacements for bytes that are not UTF-8.
    func text(_ index: Int) -> String { String(decoding: bytes[range(index)], as: UTF8.self) }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        kinds.removeAll(keepingCapacity: true)
    }

    mutating func endCell() { ends.append(bytes.count) }

    mutating func append(_ text: some Collection<UInt8>, _ kind: CellKind) {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
        kinds.append(kind)
    }
}
