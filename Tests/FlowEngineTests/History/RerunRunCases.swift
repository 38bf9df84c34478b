// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting

/// A workflow of a few probes, as an oracle keeps it: by name, without anything of flow.
struct RerunModel {
    struct Node {
        var name: String
        var needs: [String] = []
        var k = 0
        var readsInput = false
        var fails = false
        var continues = false
    }

    var nodes: [Node] = []

    /// The workflow's text; what it says the same stands in another order when `isReordered`.
    func text(isReordered: Bool = false) -> String {
        var text =
            "flow: 1\nname: generated\ninputs: {a: {type: integer, default: 1}, b: {type: integer, default: 1}}\nnodes:\n"
        for node in isReordered ? nodes.reversed() : nodes {
            var with = ["k: \(node.k)"]
            if node.readsInput { with.append("a: \"${{ inputs.a }}\"") }
            for need in node.needs { with.append("\(need): \"${{ nodes.\(need).outputs.v ?? 0 }}\"") }
            var lines = ["probe: {fails: \(node.fails)}", "with: {\(with.joined(separator: ", "))}"]
            if !node.needs.isEmpty { lines.append("needs: [\(node.needs.joined(separator: ", "))]") }
            if node.continues { lines.append("on_failure: continue") }
            if isReordered { lines = lines.reversed() + ["title: Reordered"] }
            text += "  \(node.name):\n" + lines.map { "    \($0)\n" }.joined()
        }
        return text
    }

    subscript(name: String) -> Node? { nodes.first { $0.name == name } }

    /// All that can be reached from some nodes, with them.
    func reachable(from seeds: Set<String>) -> Set<String> {
        let names = nodes.map(\.name)
        var matrix = [[Bool]](repeating: [Bool](repeating: false, count: names.count), count: names.count)
        for (to, node) in nodes.enumerated() {
            for need in node.needs { if let from = names.firstIndex(of: need) { matrix[from][to] = true } }
        }
        for middle in names.indices {
            for from in names.indices where matrix[from][middle] {
                for to in names.indices where matrix[middle][to] { matrix[from][to] = true }
            }
        }
        var reached: Set<String> = []
        for (place, name) in names.enumerated() where seeds.contains(name) {
            reached.insert(name)
            for other in names.indices where matrix[place][other] { reached.insert(names[other]) }
        }
        return reached
    }
}

/// A workflow, what is changed in it, and which nodes are changed by that.
struct RerunRunCase: Sendable {
    var old: String
    /// An edited workflow; nil when there is none.
    var edited: String?
    var patch = ""
    var from: [String] = []
    var pins: Set<String> = []
    var dropped: Set<String> = []
    /// Nodes that are changed, new, or read a changed input.
    var changed: Set<String> = []
    private var nodes: [(name: String, needs: [String])] = []

    /// What runs again if some nodes have not ended well: all that can be reached from those and the changed ones.
    func expected(unwell: Set<String>) -> Set<String> {
        var model = RerunModel()
        model.nodes = nodes.map { RerunModel.Node(name: $0.name, needs: $0.needs) }
        let seeds = unwell.union(changed).union(from).subtracting(dropped)
        return model.reachable(from: seeds.union(pins)).subtracting(pins)
    }

    /// The names of the new workflow's nodes.
    var names: [String] { nodes.map(\.name) }

    /// The case of a number.
    init(number: Int) {
        var random = SeededGenerator(seed: UInt64(number) &* 7919 &+ 13)
        var model = RerunModel()
        let count = 2 + random.below(7)
        for place in 0..<count {
            var node = RerunModel.Node(name: "n\(place)", k: random.below(5))
            for other in 0..<place where random.chance(30) { node.needs.append("n\(other)") }
            node.readsInput = random.chance(20)
            node.fails = random.chance(6)
            node.continues = node.fails && random.chance(50)
            model.nodes.append(node)
        }
        old = model.text()
        var values: [String] = []
        if random.chance(40) { edit(&model, &random) }
        // A patch is merged into the text that an edit has made.
        var changes: [String] = []
        for node in model.nodes where random.chance(15) {
            changes.append("\(node.name): {with: {k: \(node.k + 10)}}")
            changed.insert(node.name)
        }
        for node in model.nodes where random.chance(8) {
            // A change of what has no part in a result.
            changes.append("\(node.name): {timeout: 9m}")
            if changed.contains(node.name) { changes.removeLast() }
        }
        if !changes.isEmpty { values.append("nodes: {\(changes.joined(separator: ", "))}") }
        if random.chance(25) {
            let input = random.pick(["a", "b"])
            values.append("inputs: {\(input): 2}")
            if input == "a" { changed.formUnion(model.nodes.filter(\.readsInput).map(\.name)) }
        }
        for node in model.nodes where random.chance(7) { pins.insert(node.name) }
        if !pins.isEmpty {
            values.append("pin: {\(pins.sorted().map { "\($0): {v: 77}" }.joined(separator: ", "))}")
        }
        if random.chance(40) {
            let name = random.pick(model.nodes).name
            if !pins.contains(name) { from = [name] }
        }
        patch = values.joined(separator: "\n")
        nodes = model.nodes.map { ($0.name, $0.needs) }
    }

    /// Takes nodes away, adds some and changes some, as a person who edits the file.
    private mutating func edit(_ model: inout RerunModel, _ random: inout SeededGenerator) {
        for name in model.nodes.map(\.name) where model.nodes.count > 1 && random.chance(12) {
            dropped.insert(name)
            model.nodes.removeAll { $0.name == name }
            for place in model.nodes.indices where model.nodes[place].needs.contains(name) {
                model.nodes[place].needs.removeAll { $0 == name }
                changed.insert(model.nodes[place].name)
            }
        }
        for place in model.nodes.indices where random.chance(12) {
            model.nodes[place].k += 100
            changed.insert(model.nodes[place].name)
        }
        for number in 0..<random.below(2) {
            let other = random.pick(model.nodes).name
            model.nodes.append(RerunModel.Node(name: "added\(number)", needs: [other]))
            changed.insert("added\(number)")
        }
        changed.subtract(dropped)
        edited = model.text(isReordered: random.chance(50))
    }
}
