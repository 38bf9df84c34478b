// SPDX-License-Identifier: Apache-2.0

/// One node in 24 bytes. Nodes lie in the order of the text: the first child follows its parent directly, and the next
/// sibling stands at `subtreeEnd`. So no child list is needed.
struct Record {
    enum Shape: UInt8 {
        case scalar
        case sequence
        case mapping
        case alias
    }

    /// Byte range in the source.
    var start: UInt32
    var end: UInt32
    /// Scalar: where its text begins. Alias: index of the node it stands for.
    var offset: UInt32
    /// Scalar: bytes of its text. Sequence: items. Mapping: keys and values together.
    var length: UInt32
    /// Index after the last descendant; 0 while the collection is open.
    var subtreeEnd: UInt32
    var shape: Shape
    var style: YAMLDocument.Style
    /// The scalar's text is a piece of the source, not of the text buffer.
    var isInSource: Bool
    /// A problem about this very node was reported.
    var isFaulty: Bool
}

/// All of one document. A class, so that a document and its iterators cost one reference each.
final class Arena: Sendable {
    let records: [Record]
    /// Decoded text of the scalars whose text is not simply in the source.
    let text: [UInt8]
    let source: [UInt8]
    let lines: LineTable

    init(records: [Record], text: [UInt8], source: [UInt8], lines: LineTable) {
        self.records = records
        self.text = text
        self.source = source
        self.lines = lines
    }

    /// The record itself, or the one an alias stands for. An alias never stands for an alias.
    func resolved(_ node: YAMLNode) -> Record {
        let record = records[Int(node.index)]
        return record.shape == .alias ? records[Int(record.offset)] : record
    }
}
