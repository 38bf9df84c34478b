// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// One or two letters wrong in a key, an id, an input or a function: the first proposal is what was meant.
struct SpellingTests {
    /// A word and a workflow in which it stands at the mark.
    struct Place {
        var word: String
        var text: String
    }

    static let head = "flow: 1\nname: sample\n"

    static var places: [Place] {
        var places: [Place] = []
        for key in WorkflowSchema.node.map(\.name) where key.count > 3 {
            places.append(Place(word: key, text: head + "nodes:\n  a:\n    set: {x: 1}\n    @: 1\n"))
        }
        for key in ["inputs", "outputs", "defaults", "description", "finally", "concurrency", "version", "secrets"] {
            places.append(Place(word: key, text: head + "nodes: {a: {set: {x: 1}}}\n@: {}\n"))
        }
        for key in WorkflowSchema.retry.map(\.name) where key.count > 3 {
            places.append(Place(word: key, text: head + "nodes:\n  a: {set: {x: 1}, retry: {@: 1}}\n"))
        }
        for name in ["approval", "agent", "render", "workflow", "run"] {
            places.append(Place(word: name, text: head + "nodes: {a: {@: x}}\n"))
        }
        let nodes = "  load_tickets: {set: {x: 1}}\n  summarise: {set: {x: 1}}\n  report: {set: {x: 1}}\n"
        for id in ["load_tickets", "summarise", "report"] {
            places.append(Place(word: id, text: head + "nodes:\n\(nodes)  z: {set: {x: 1}, needs: [@]}\n"))
            places.append(
                Place(word: id, text: head + "nodes:\n\(nodes)  z: {set: {x: \"${{ nodes.@.outputs.x }}\"}}\n"))
        }
        let inputs = "inputs: {customer: {default: a}, time_range: {default: a}, focus_area: {default: a}}\n"
        for name in ["customer", "time_range", "focus_area"] {
            places.append(Place(word: name, text: head + inputs + "nodes: {a: {set: {x: \"${{ inputs.@ }}\"}}}\n"))
        }
        for name in ["length", "contains", "starts_with", "to_string", "coalesce", "group_by", "basename", "flatten"] {
            places.append(Place(word: name, text: head + "nodes: {a: {set: {x: \"${{ @('a', 'b') }}\"}}}\n"))
        }
        return places
    }

    @Test func theFirstProposalIsRight() throws {
        var random = SplitMix(state: 2024)
        let places = Self.places
        var right = 0
        var wrong: [String] = []
        let count = 100
        for _ in 0..<count {
            let place = places[Int.random(in: 0..<places.count, using: &random)]
            let edits = place.word.count < 6 ? 1 : Int.random(in: 1...2, using: &random)
            let misspelt = Self.misspelling(of: place.word, edits: edits, &random)
            let text = place.text.split(separator: "@", maxSplits: 1).joined(separator: misspelt)
            let compilation = Fixtures.compile(text)
            let help = compilation.diagnostics.filter { !$0.fixes.isEmpty }.flatMap(\.help)
            if help.first == "did you mean `\(place.word)`?" {
                right += 1
            } else {
                wrong.append("\(place.word) as \(misspelt): \(help.first ?? "nothing")")
            }
        }
        #expect(right * 100 >= count * 95, "\(right) of \(count): \(wrong)")
    }

    /// The word with letters swapped, left out, doubled or replaced; never the word itself, and still a name.
    static func misspelling(of word: String, edits: Int, _ random: inout SplitMix) -> String {
        while true {
            var letters = Array(word)
            for _ in 0..<edits {
                let place = Int.random(in: 0..<letters.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where place + 1 < letters.count: letters.swapAt(place, place + 1)
                case 1 where letters.count > 2: letters.remove(at: place)
                case 2: letters.insert(letters[place], at: place)
                default: letters[place] = Array("abcdefghijklmnopqrstuvwxyz")[Int.random(in: 0..<26, using: &random)]
                }
            }
            let result = String(letters)
            if result != word, result.first != "_" { return result }
        }
    }
}

/// Chance that is the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
