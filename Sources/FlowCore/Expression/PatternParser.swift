// SPDX-License-Identifier: Apache-2.0

/// The tree of a pattern.
indirect enum PatternTree {
    case empty
    case set(PatternSet)
    case begin
    case end
    case sequence([PatternTree])
    case choice([PatternTree])
    case repeated(PatternTree, least: Int, most: Int?)
}

/// Reads patterns.
struct PatternParser {
    private static let maximumLength = 1024
    private static let maximumDepth = 32
    static let maximumCount = 1000

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0

    static func parse(_ text: String) throws(PatternError) -> PatternTree {
        var parser = PatternParser(scalars: Array(text.unicodeScalars))
        if parser.scalars.count > maximumLength {
            throw PatternError(message: "it is longer than \(maximumLength) characters", place: maximumLength)
        }
        let tree = try parser.choice()
        if parser.peek() != nil { throw parser.error("`)` closes nothing") }
        return tree
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private mutating func choice() throws(PatternError) -> PatternTree {
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = peek(), scalar != "|", scalar != ")" {
            parts.append(try repetition(of: try atom()))
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func repetition(of atom: PatternTree) throws(PatternError) -> PatternTree {
        let result: PatternTree
        switch peek() {
        case "*":
            index += 1
            result = .repeated(atom, least: 0, most: nil)
        case "+":
            index += 1
            result = .repeated(atom, least: 1, most: nil)
        case "?":
            index += 1
            result = .repeated(atom, least: 0, most: 1)
        case "{":
            let (least, most) = try counts()
            result = .repeated(atom, least: least, most: most)
        default: return atom
        }
        // Greedy or not makes no difference to whether there is a match.
        _ = take("?")
        if let next = peek(), next == "*" || next == "+" || next == "?" || next == "{" {
            throw error("two repetitions in a row")
        }
        return result
    }

    private mutating func counts() throws(PatternError) -> (Int, Int?) {
        let start = index
        index += 1
        let least = try count()
        var most: Int? = least
        if take(",") { most = peek() == "}" ? nil : try count() }
        guard take("}") else { throw error("expected `}`") }
        if let most, most < least { throw PatternError(message: "the counts are out of order", place: start + 1) }
        return (least, most)
    }

    private mutating func count() throws(PatternError) -> Int {
        var value = 0
        let start = index
        while let scalar = peek(), let digit = Character(scalar).wholeNumberValue, scalar.isASCII {
            value = value * 10 + digit
            index += 1
            if value > Self.maximumCount { throw error("a count is larger than \(Self.maximumCount)") }
        }
        if index == start { throw error("expected a count; a brace itself is written `\\{`") }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternTree {
        guard let scalar = peek() else { return .empty }
        let start = index
        index += 1
        switch scalar {
        case "(":
            depth += 1
            defer { depth -= 1 }
            if depth > Self.maximumDepth { throw error("it has too many groups inside each other") }
            if take("?"), !take(":") { throw error("`(?` is only known as `(?:`") }
            let inner = try choice()
            guard take(")") else { throw PatternError(message: "the group is not closed", place: start + 1) }
            return inner
        case ".": return .set(PatternSet(ranges: [0x0A...0x0A], isNegated: true))
        case "^": return .begin
        case "$": return .end
        case "[": return .set(try set())
        case "*", "+", "?", "{":
            throw PatternError(message: "there is nothing to repeat", place: start + 1)
        case "\\": return .set(PatternSet(ranges: try escape()))
        default: return .set(PatternSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func set() throws(PatternError) -> PatternSet {
        let start = index
        var set = PatternSet(ranges: [], isNegated: take("^"))
        while let scalar = peek() {
            // `]` in the first place stands for itself.
            if scalar == "]", !set.ranges.isEmpty {
                index += 1
                return set
            }
            let low = try setMember()
            if peek() == "-", index + 1 < scalars.count, scalars[index + 1] != "]" {
                index += 1
                let high = try setMember()
                guard low.count == 1, high.count == 1, low[0].count == 1, high[0].count == 1,
                    low[0].lowerBound <= high[0].lowerBound
                else { throw error("the range of the class is out of order") }
                set.ranges.append(low[0].lowerBound...high[0].lowerBound)
            } else {
                set.ranges += low
            }
        }
        throw PatternError(message: "the class is not closed", place: start)
    }

    private mutating func setMember() throws(PatternError) -> [ClosedRange<UInt32>] {
        guard let scalar = peek() else { throw error("the class is not closed") }
        index += 1
        return scalar == "\\" ? try escape() : [scalar.value...scalar.value]
    }

    private mutating func escape() throws(PatternError) -> [ClosedRange<UInt32>] {
        guard let scalar = peek() else { throw error("it ends in a backslash") }
        index += 1
        switch scalar {
        case "d": return PatternSet.digits
        case "w": return PatternSet.word
        case "s": return PatternSet.space
        case "D": return PatternSet.complement(PatternSet.digits)
        case "W": return PatternSet.complement(PatternSet.word)
        case "S": return PatternSet.complement(PatternSet.space)
        case "n": return [0x0A...0x0A]
        case "r": return [0x0D...0x0D]
        case "t": return [0x09...0x09]
        default:
            // Signs may be escaped; an escaped letter or digit would have a meaning that is not known here.
            if scalar.isASCII, scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                index -= 1
                throw error("`\\\(Character(scalar))` is not known")
            }
            return [scalar.value...scalar.value]
        }
    }

    private func peek() -> Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        index += 1
        return true
    }

    private func error(_ message: String) -> PatternError { PatternError(message: message, place: index + 1) }
}

/// Makes the automaton of a tree.
struct PatternCompiler {
    private static let maximumSize = 4096

    private var program: [Pattern.Instruction] = []
    /// Counts visits too, because empty groups repeat without adding a step.
    private var visits = 0

    mutating func compile(_ tree: PatternTree) throws(PatternError) -> [Pattern.Instruction] {
        try emit(tree)
        program.append(.match)
        return program
    }

    private mutating func emit(_ tree: PatternTree) throws(PatternError) {
        visits += 1
        if program.count > Self.maximumSize || visits > 4 * Self.maximumSize {
            throw PatternError(message: "it is too large once its repetitions are written out", place: 1)
        }
        switch tree {
        case .empty: break
        case .set(let set): program.append(.set(set))
        case .begin: program.append(.begin)
        case .end: program.append(.end)
        case .sequence(let parts): for part in parts { try emit(part) }
        case .choice(let choices): try emit(choices[...])
        case .repeated(let part, let least, let most):
            for _ in 0..<least { try emit(part) }
            guard let most else {
                let split = program.count
                program.append(.split(0, 0))
                try emit(part)
                program.append(.jump(split))
                program[split] = .split(split + 1, program.count)
                return
            }
            var splits: [Int] = []
            for _ in least..<most {
                splits.append(program.count)
                program.append(.split(0, 0))
                try emit(part)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }

    private mutating func emit(_ choices: ArraySlice<PatternTree>) throws(PatternError) {
        var jumps: [Int] = []
        for (place, choice) in choices.enumerated() {
            guard place < choices.count - 1 else {
                try emit(choice)
                break
            }
            let split = program.count
            program.append(.split(0, 0))
            try emit(choice)
            jumps.append(program.count)
            program.append(.jump(0))
            program[split] = .split(split + 1, program.count)
        }
        for jump in jumps { program[jump] = .jump(program.count) }
    }
}
