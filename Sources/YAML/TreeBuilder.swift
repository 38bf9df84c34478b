// SPDX-License-Identifier: Apache-2.0
import CYAML

/// Turns libyaml's events into records. It never recurses: open collections lie on a stack of its own.
struct TreeBuilder {
    /// An open collection.
    private struct Frame {
        var index: Int
        var children: UInt32 = 0
        /// End of the last child.
        var end: Int
        /// Nodes that a walk of this collection visits, itself included.
        var expanded = 1
        /// Levels of collections below this one.
        var height = 0
    }

    private struct Anchor {
        var index: Int
        var expanded: Int
        var height: Int
        var isOpen: Bool
    }

    private let source: UnsafeBufferPointer<UInt8>
    private let limits: YAMLLimits
    private var cursor: CharacterCursor
    private var frames: [Frame] = []
    private var anchors: [[UInt8]: Anchor] = [:]
    /// Anchors of the open collections, by record index.
    private var openAnchors: [Int: [UInt8]] = [:]
    private var aliasNodes = 0
    private var keys = KeyCheck()

    private(set) var records: [Record] = []
    private(set) var text: [UInt8] = []
    var problems: ProblemList

    init(
        source: UnsafeBufferPointer<UInt8>, base: Int, isASCII: Bool, limits: YAMLLimits, problems: ProblemList
    ) {
        self.source = source
        self.limits = limits
        self.problems = problems
        cursor = CharacterCursor(source, base: base, isASCII: isASCII)
        records.reserveCapacity(max(0, min(source.count / 7 + 16, limits.maxNodes)))
        frames.reserveCapacity(16)
    }

    /// Reads all events. `false`: there is no document.
    mutating func build(from base: Int) -> Bool {
        guard let reader = EventReader(UnsafeBufferPointer(rebasing: source[base...])) else {
            let failure = ParserFailure(isMemory: true, problem: "", problemIndex: 0, context: "", contextIndex: 0)
            problems.addFatal(SyntaxProblem.make(failure, source: source, cursor: &cursor))
            return false
        }
        let isComplete = readEvents(reader)
        if !isComplete {
            // What was read before the end is judged all the same.
            for frame in frames { checkKeys(of: frame) }
        }
        return isComplete
    }

    private mutating func readEvents(_ reader: EventReader) -> Bool {
        var documentEnd: Range<Int>?
        while true {
            guard let event = reader.next() else {
                let failure = reader.failure
                problems.addFatal(
                    SyntaxProblem.make(failure, source: source, cursor: &cursor, inside: innermostBracket))
                return false
            }
            switch event.pointee.type {
            case YAML_SCALAR_EVENT:
                guard addScalar(event) else { return false }
            case YAML_MAPPING_START_EVENT:
                let start = event.pointee.data.mapping_start
                let style: YAMLDocument.Style = start.style == YAML_FLOW_MAPPING_STYLE ? .flow : .block
                guard open(.mapping, style, event, anchor: start.anchor, tag: start.tag) else { return false }
            case YAML_SEQUENCE_START_EVENT:
                let start = event.pointee.data.sequence_start
                let style: YAMLDocument.Style = start.style == YAML_FLOW_SEQUENCE_STYLE ? .flow : .block
                guard open(.sequence, style, event, anchor: start.anchor, tag: start.tag) else { return false }
            case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT:
                close(event)
            case YAML_ALIAS_EVENT:
                guard addAlias(event) else { return false }
            case YAML_DOCUMENT_START_EVENT:
                if let documentEnd {
                    addSecondDocument(at: range(event), after: documentEnd)
                    return false
                }
            case YAML_DOCUMENT_END_EVENT:
                documentEnd = range(event)
            case YAML_STREAM_END_EVENT:
                return checkIsNotEmpty()
            default:
                break
            }
        }
    }

    // MARK: - Nodes

    private mutating func addScalar(_ event: UnsafeMutablePointer<yaml_event_t>) -> Bool {
        let scalar = event.pointee.data.scalar
        var (start, end) = span(event)
        var isFaulty = false
        if scalar.anchor != nil || scalar.tag != nil {
            (start, isFaulty) = skipProperties(from: start, to: end)
        }
        let style: YAMLDocument.Style
        var contentStart = start
        switch scalar.style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE:
            style = .singleQuoted
            contentStart += 1
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
            style = .doubleQuoted
            contentStart += 1
        case YAML_LITERAL_SCALAR_STYLE:
            style = .literal
            end = trimmed(end, downTo: start + 1)
        case YAML_FOLDED_SCALAR_STYLE:
            style = .folded
            end = trimmed(end, downTo: start + 1)
        default:
            style = .plain
        }
        let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        let quotes = 2 * (contentStart - start)
        let isInSource = value.count == end - start - quotes && matchesSource(value, at: contentStart)
        let offset = isInSource ? contentStart : text.count
        if !isInSource { text.append(contentsOf: value) }

        let index = records.count
        guard
            append(
                Record(
                    start: UInt32(start), end: UInt32(end), offset: UInt32(truncatingIfNeeded: offset),
                    length: UInt32(value.count), subtreeEnd: UInt32(index + 1), shape: .scalar, style: style,
                    isInSource: isInSource, isFaulty: isFaulty
                ))
        else { return false }
        if let anchor = scalar.anchor {
            anchors[Self.bytes(anchor)] = Anchor(index: index, expanded: 1, height: 0, isOpen: false)
        }
        countChild(end: end, expanded: 1, height: 0)
        return true
    }

    private mutating func open(
        _ shape: Record.Shape, _ style: YAMLDocument.Style, _ event: UnsafeMutablePointer<yaml_event_t>,
        anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?
    ) -> Bool {
        var (start, end) = span(event)
        var isFaulty = false
        if anchor != nil || tag != nil { (start, isFaulty) = skipProperties(from: start, to: end) }
        end = max(start, end)
        guard frames.count < limits.maxDepth else {
            addTooDeep(at: start..<min(start + 1, source.count))
            return false
        }
        let index = records.count
        guard
            append(
                Record(
                    start: UInt32(start), end: UInt32(end), offset: 0, length: 0, subtreeEnd: 0, shape: shape,
                    style: style, isInSource: false, isFaulty: isFaulty
                ))
        else { return false }
        if let anchor {
            let name = Self.bytes(anchor)
            anchors[name] = Anchor(index: index, expanded: 1, height: 1, isOpen: true)
            openAnchors[index] = name
        }
        if !frames.isEmpty { frames[frames.count - 1].children += 1 }
        frames.append(Frame(index: index, end: end))
        return true
    }

    private mutating func close(_ event: UnsafeMutablePointer<yaml_event_t>) {
        guard let frame = frames.popLast() else { return }
        checkKeys(of: frame)
        let height = frame.height + 1
        // A block collection's own end mark lies behind the blank lines and comments that follow it, and the pair
        // `[key: value]` has no bracket of its own: both end with their last child.
        var end = frame.end
        let first = source[Int(records[frame.index].start)]
        if records[frame.index].style == .flow, first == ASCII.openBrace || first == ASCII.openBracket {
            end = max(end, span(event).end)
        }
        records[frame.index].end = UInt32(end)
        records[frame.index].length = frame.children
        records[frame.index].subtreeEnd = UInt32(records.count)
        if let name = openAnchors.removeValue(forKey: frame.index), anchors[name]?.index == frame.index {
            anchors[name] = Anchor(index: frame.index, expanded: frame.expanded, height: height, isOpen: false)
        }
        if let parent = frames.indices.last {
            frames[parent].end = max(frames[parent].end, end)
            frames[parent].expanded = saturatingSum(frames[parent].expanded, frame.expanded)
            frames[parent].height = max(frames[parent].height, height)
        }
    }

    private mutating func addAlias(_ event: UnsafeMutablePointer<yaml_event_t>) -> Bool {
        let place = range(event)
        let name = Self.bytes(event.pointee.data.alias.anchor)
        guard let anchor = anchors[name] else {
            problems.add(
                YAMLProblem(
                    code: .undefinedAlias, message: "there is no anchor \(quoted(name)) before this alias",
                    range: place,
                    help: "an anchor is written &\(shortened(name)) before the value it names; "
                        + "quote the value if it is no alias"
                ))
            return addPlaceholder(at: place)
        }
        let target = records[anchor.index]
        guard !anchor.isOpen else {
            let start = Int(target.start)
            problems.add(
                YAMLProblem(
                    code: .recursiveAlias, message: "the alias \(quoted(name)) stands inside the value it names",
                    range: place, related: [.init(range: start..<start + 1, label: "the value begins here")],
                    help: "write the value out"
                ))
            return addPlaceholder(at: place)
        }
        aliasNodes = saturatingSum(aliasNodes, anchor.expanded)
        guard aliasNodes <= limits.maxAliasExpansions else {
            problems.addFatal(
                YAMLProblem(
                    code: .aliasBudget, message: "aliases expand to more than \(limits.maxAliasExpansions) nodes",
                    range: place,
                    related: [.init(range: Int(target.start)..<Int(target.end), label: "the value that is repeated")],
                    help: "use fewer aliases of large values"
                ))
            return false
        }
        guard frames.count + anchor.height <= limits.maxDepth else {
            addTooDeep(at: place)
            return false
        }
        let record = Record(
            start: UInt32(place.lowerBound), end: UInt32(place.upperBound), offset: UInt32(anchor.index), length: 0,
            subtreeEnd: UInt32(records.count + 1), shape: .alias, style: .plain, isInSource: false, isFaulty: false
        )
        guard append(record) else { return false }
        countChild(end: place.upperBound, expanded: anchor.expanded, height: anchor.height)
        return true
    }

    /// A faulty null in the place of an alias that stands for nothing.
    private mutating func addPlaceholder(at place: Range<Int>) -> Bool {
        let record = Record(
            start: UInt32(place.lowerBound), end: UInt32(place.upperBound), offset: UInt32(place.upperBound), length: 0,
            subtreeEnd: UInt32(records.count + 1), shape: .scalar, style: .plain, isInSource: true, isFaulty: true
        )
        guard append(record) else { return false }
        countChild(end: place.upperBound, expanded: 1, height: 0)
        return true
    }

    private mutating func append(_ record: Record) -> Bool {
        guard records.count < limits.maxNodes else {
            problems.addFatal(
                YAMLProblem(
                    code: .tooLarge, message: "the text has more than \(limits.maxNodes) nodes",
                    range: Int(record.start)..<Int(record.end)
                ))
            return false
        }
        records.append(record)
        return true
    }

    private mutating func countChild(end: Int, expanded: Int, height: Int) {
        guard let parent = frames.indices.last else { return }
        frames[parent].children += 1
        frames[parent].end = max(frames[parent].end, end)
        frames[parent].expanded = saturatingSum(frames[parent].expanded, expanded)
        frames[parent].height = max(frames[parent].height, height)
    }

    // MARK: - Problems

    private var innermostBracket: SyntaxProblem.OpenBracket? {
        guard let frame = frames.last, records[frame.index].style == .flow else { return nil }
        let offset = Int(records[frame.index].start)
        guard source[offset] == ASCII.openBrace || source[offset] == ASCII.openBracket else { return nil }
        return SyntaxProblem.OpenBracket(offset: offset, isMapping: source[offset] == ASCII.openBrace)
    }

    private mutating func checkKeys(of frame: Frame) {
        guard records[frame.index].shape == .mapping, frame.children > 0 else { return }
        keys.check(
            children: Int(frame.children), from: frame.index + 1, records: &records, source: source, text: text,
            problems: &problems
        )
    }

    private mutating func addTooDeep(at place: Range<Int>) {
        problems.addFatal(
            YAMLProblem(
                code: .depth, message: "the nesting is deeper than \(limits.maxDepth) levels", range: place,
                help: "make the structure flatter"
            ))
    }

    private mutating func addSecondDocument(at place: Range<Int>, after end: Range<Int>) {
        let start = place.lowerBound
        problems.addFatal(
            YAMLProblem(
                code: .multipleDocuments, message: "a second document begins here",
                range: start..<min(start + 3, max(place.upperBound, start)),
                related: [.init(range: end.lowerBound..<end.lowerBound, label: "the first document ends here")],
                help: "put each document in a file of its own"
            ))
    }

    private mutating func checkIsNotEmpty() -> Bool {
        if let root = records.first, root.shape != .scalar || root.end > root.start || root.isFaulty { return true }
        problems.addFatal(YAMLProblem(code: .emptyDocument, message: "the text is empty", range: 0..<0))
        return false
    }

    // MARK: - Places

    @inline(__always)
    private mutating func span(_ event: UnsafeMutablePointer<yaml_event_t>) -> (start: Int, end: Int) {
        let start = cursor.byteOffset(event.pointee.start_mark.index)
        return (start, max(start, cursor.byteOffset(event.pointee.end_mark.index)))
    }

    private mutating func range(_ event: UnsafeMutablePointer<yaml_event_t>) -> Range<Int> {
        let (start, end) = span(event)
        return start..<end
    }

    /// Steps over `&anchor` and `!tag` before a node's content, and reports the tag.
    private mutating func skipProperties(from start: Int, to end: Int) -> (content: Int, isFaulty: Bool) {
        let properties = NodeProperties(source, from: start)
        if let tag = properties.tag {
            problems.add(
                YAMLProblem(
                    code: .tag, message: "the tag \(quoted(source[tag])) is not supported", range: tag,
                    help: "remove the tag; put a value in quotes to make it a string"
                ))
        }
        return (min(properties.content, end), properties.tag != nil)
    }

    /// The end of a block scalar without the line breaks that follow its last text.
    private func trimmed(_ end: Int, downTo start: Int) -> Int {
        var end = end
        while end > start, ASCII.isBlank(source[end - 1]) || ASCII.isBreak(source[end - 1]) { end -= 1 }
        return end
    }

    private func matchesSource(_ value: UnsafeBufferPointer<UInt8>, at offset: Int) -> Bool {
        guard !value.isEmpty else { return true }
        return UnsafeBufferPointer(rebasing: source[offset..<offset + value.count]).elementsEqual(value)
    }

    private static func bytes(_ name: UnsafePointer<UInt8>?) -> [UInt8] {
        guard let name else { return [] }
        var count = 0
        while name[count] != 0 { count += 1 }
        return [UInt8](UnsafeBufferPointer(start: name, count: count))
    }
}

private func saturatingSum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? Int.max : sum
}
