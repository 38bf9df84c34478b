// SPDX-License-Identifier: Apache-2.0

/// A regular expression that is matched in linear time: all ways through it are followed at once (Thompson 1968), so
/// no pattern makes a match explode.
///
/// Literals, `.`, classes `[a-z]` and `[^…]`, `\d \w \s` and their opposites, `* + ? {m} {m,} {m,n}`, groups,
/// alternatives, and the anchors `^` and `$` for the ends of the text. No captures, back references or look-around.
struct Pattern {
    /// A step of the automaton.
    enum Instruction {
        /// Consumes one character of the set.
        case set(PatternSet)
        /// Goes on at both places.
        case split(Int, Int)
        /// Goes on elsewhere.
        case jump(Int)
        /// Goes on only at the begin of the text.
        case begin
        /// Goes on only at the end of the text.
        case end
        /// The pattern matches.
        case match
    }

    let program: [Instruction]

    /// Compiles a pattern.
    init(_ text: String) throws(PatternError) {
        var compiler = PatternCompiler()
        program = try compiler.compile(try PatternParser.parse(text))
    }

    /// Whether the pattern matches somewhere in the text.
    func matches(_ text: String) -> Bool {
        var current = PatternThreads(count: program.count)
        var next = PatternThreads(count: program.count)
        var stack: [Int] = []
        var isFirst = true
        for scalar in text.unicodeScalars {
            // A match may begin at every character.
            if current.add(0, program, atBegin: isFirst, atEnd: false, &stack) { return true }
            isFirst = false
            for place in current.places {
                guard case .set(let set) = program[place], set.contains(scalar) else { continue }
                if next.add(place + 1, program, atBegin: false, atEnd: false, &stack) { return true }
            }
            swap(&current, &next)
            next.removeAll()
        }
        // At the end the anchors `$` open: follow again all that waits.
        var last = PatternThreads(count: program.count)
        if last.add(0, program, atBegin: isFirst, atEnd: true, &stack) { return true }
        for place in current.waiting where last.add(place, program, atBegin: isFirst, atEnd: true, &stack) {
            return true
        }
        return false
    }
}

/// The places of the automaton that are active at one character, each once.
struct PatternThreads {
    /// Places that consume a character.
    private(set) var places: [Int] = []
    /// Places of `$`, which wait for the end.
    private(set) var waiting: [Int] = []
    private var marks: [Int]
    private var generation = 1

    init(count: Int) { marks = [Int](repeating: 0, count: count) }

    mutating func removeAll() {
        places.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        generation += 1
    }

    /// Follows all that consumes nothing. True when the pattern matches. `stack` is empty before and after.
    mutating func add(
        _ start: Int, _ program: [Pattern.Instruction], atBegin: Bool, atEnd: Bool, _ stack: inout [Int]
    ) -> Bool {
        stack.append(start)
        while let place = stack.popLast() {
            if marks[place] == generation { continue }
            marks[place] = generation
            switch program[place] {
            case .set: places.append(place)
            case .jump(let target): stack.append(target)
            case .split(let first, let second):
                stack.append(second)
                stack.append(first)
            case .begin: if atBegin { stack.append(place + 1) }
            case .end: if atEnd { stack.append(place + 1) } else { waiting.append(place) }
            case .match:
                stack.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }
}

/// A set of characters.
struct PatternSet: Hashable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isNegated
    }

    static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
    static let word: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
    static let space: [ClosedRange<UInt32>] = [0x09...0x0D, 0x20...0x20]

    /// What the ranges leave out.
    static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var rest: [ClosedRange<UInt32>] = []
        var low: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > low { rest.append(low...range.lowerBound - 1) }
            low = Swift.max(low, range.upperBound + 1)
        }
        if low <= 0x10FFFF { rest.append(low...0x10FFFF) }
        return rest
    }
}

/// What is wrong with a pattern, and at which of its characters, from 1.
struct PatternError: Error, Hashable {
    var message: String
    var place: Int
}
