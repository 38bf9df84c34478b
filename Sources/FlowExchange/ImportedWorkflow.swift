// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A workflow on its way from a foreign format to flow's: what all importers make and the emitter writes.
struct ImportedWorkflow {
    /// An input with its keys.
    struct Input {
        var name: String
        var keys: JSONObject
    }

    var name: String
    /// Lines about where it comes from.
    var comments: [String] = []
    var title: String?
    var description: String?
    var inputs: [Input] = []
    var env = JSONObject()
    var secrets: [String] = []
    var maxParallel: Int64?
    var nodes: [ImportedNode] = []
    var finally: [ImportedNode] = []
    /// Names with expressions.
    var outputs = JSONObject()
    /// How long nodes took, in seconds.
    var times: [(node: String, seconds: Double)] = []

    /// Adds an input unless there is one of the name.
    mutating func add(input name: String, _ keys: JSONObject) {
        if !inputs.contains(where: { $0.name == name }) { inputs.append(Input(name: name, keys: keys)) }
    }
}

/// A node on its way.
struct ImportedNode {
    /// What another node must have come to.
    struct Need: Hashable {
        var node: String
        var condition: NeedCondition = .met
    }

    var id: String
    /// Where it stands in the foreign text.
    var span: SourceSpan
    var comments: [String] = []
    var needs: [Need] = []
    /// The other keys in the order in which they are written. Texts are flow's: literal `${{` is already escaped.
    var keys = JSONObject()

    init(_ id: String, at span: SourceSpan, from comment: String? = nil) {
        self.id = id
        self.span = span
        comments = comment.map { ["from \($0)"] } ?? []
    }

    fileprivate mutating func replaceBody() {
        guard keys["run"] != nil, keys["artifacts"] == nil else { return }
        var values = JSONObject()
        values["stands_for"] = .string(id)
        for output in keys["outputs"]?.objectValue ?? JSONObject() { values[output.key] = "" }
        for key in ["run", "shell", "outputs", "env"] { keys[key] = nil }
        keys["set"] = .object(values)
    }

    /// Adds a need; two conditions on one node must both hold, and the narrower one is kept.
    mutating func need(_ node: String, _ condition: NeedCondition = .met) {
        guard let place = needs.firstIndex(where: { $0.node == node }) else {
            needs.append(Need(node: node, condition: condition))
            return
        }
        let order: [NeedCondition] = [.any, .done, .met]
        let old = order.firstIndex(of: needs[place].condition) ?? order.count
        let new = order.firstIndex(of: condition) ?? order.count
        if new > old { needs[place].condition = condition }
    }

    /// Adds values to one of the node's mappings, such as `with`.
    mutating func add(_ name: String, _ value: JSONValue, to key: String) {
        var object = keys[key]?.objectValue ?? JSONObject()
        object[name] = value
        keys[key] = .object(object)
    }
}

extension ImportedWorkflow {
    /// Puts nodes that only record what they stand for in the place of programs. One that leaves files is kept.
    mutating func replaceBodies() {
        for place in nodes.indices { nodes[place].replaceBody() }
        for place in finally.indices { finally[place].replaceBody() }
    }

    /// The nodes of a cycle, if there is one.
    func cycle() -> [ImportedNode] {
        let indexes = Dictionary(nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var waiting = nodes.map { node in node.needs.count { indexes[$0.node] != nil } }
        var followers = [[Int]](repeating: [], count: nodes.count)
        for (place, node) in nodes.enumerated() {
            for need in node.needs { if let other = indexes[need.node] { followers[other].append(place) } }
        }
        var ready = waiting.indices.filter { waiting[$0] == 0 }
        while let place = ready.popLast() {
            for follower in followers[place] {
                waiting[follower] -= 1
                if waiting[follower] == 0 { ready.append(follower) }
            }
        }
        guard var place = waiting.firstIndex(where: { $0 > 0 }) else { return [] }
        // From any node that is left a walk along its open needs ends in a cycle.
        var path: [Int] = []
        while !path.contains(place) {
            path.append(place)
            let open = nodes[place].needs.compactMap { indexes[$0.node] }.first { waiting[$0] > 0 }
            guard let open else { return [] }
            place = open
        }
        return path[(path.firstIndex(of: place) ?? 0)...].reversed().map { nodes[$0] }
    }
}
