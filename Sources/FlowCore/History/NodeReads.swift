// SPDX-License-Identifier: Apache-2.0

/// What the expressions of a node read: inputs, results of other nodes and variables of the workflow.
public struct NodeReads: Sendable, Hashable {
    /// The inputs that are named.
    public var inputs: Set<String> = []
    /// Whether all inputs are read, or one that is known only when the node runs.
    public var readsAllInputs = false
    /// The nodes that are named.
    public var nodes: Set<String> = []
    /// The variables of the workflow's `env` that the node sees.
    public var environment: Set<String> = []
    /// Whether an expression reads the folder of the workflow.
    public var readsFolder = false
    /// Other names that expressions begin with, such as `run`, `item` or `secrets`.
    public var others: Set<String> = []

    /// Kinds whose programs are given all variables of the workflow.
    static let kindsWithEnvironment: Set<String> = ["run"]

    /// What a node of a workflow reads, by itself and by the variables that it sees.
    public init(of node: NodeDefinition, in definition: WorkflowDefinition) {
        var readsAllVariables = Self.kindsWithEnvironment.contains(node.kind)
        node.forEachReference { note($0, &readsAllVariables) }
        for entry in definition.env where readsAllVariables || environment.contains(entry.name) {
            environment.insert(entry.name)
            for reference in entry.template.references { note(reference, &readsAllVariables) }
        }
    }

    private mutating func note(_ reference: ExpressionReference, _ readsAllVariables: inout Bool) {
        let path = reference.segments
        switch reference.root {
        case "inputs":
            if path.count > 1 { inputs.insert(path[1].name) } else { readsAllInputs = true }
        case "nodes": if path.count > 1 { nodes.insert(path[1].name) }
        case "env":
            if path.count > 1 { environment.insert(path[1].name) } else { readsAllVariables = true }
        case "workflow": readsFolder = true
        default: others.insert(reference.root)
        }
    }

    /// Those of the given inputs that the node reads, in alphabetical order.
    public func inputs(among changed: Set<String>) -> [String] {
        if changed.isEmpty { return [] }
        return readsAllInputs ? changed.sorted() : inputs.intersection(changed).sorted()
    }
}

extension NodeDefinition {
    /// Calls `body` with each use of a name in the node's expressions.
    func forEachReference(_ body: (ExpressionReference) -> Void) {
        func visit(_ template: Template) {
            template.forEachExpression { expression, _ in expression.references.forEach(body) }
        }
        visit(self.body)
        for field in fields { visit(field.template) }
        if options === NodeOptions.standard { return }
        for entry in options.with { visit(entry.template) }
        for entry in options.env { visit(entry.template) }
        for output in options.outputs { if let value = output.value { visit(value) } }
        options.when?.expression.references.forEach(body)
        options.repetition?.until.expression.references.forEach(body)
        if let foreach = options.foreach { visit(foreach.items) }
        options.foreach?.key?.references.forEach(body)
    }

    /// Whether any text of the node, outside expressions, satisfies a condition.
    func hasText(where matches: (String) -> Bool) -> Bool {
        func holds(_ value: JSONValue) -> Bool {
            switch value {
            case .string(let text): matches(text)
            case .array(let items): items.contains(where: holds)
            case .object(let object): object.contains { holds($0.value) }
            default: false
            }
        }
        func holds(_ template: Template) -> Bool {
            switch template {
            case .literal(let value): holds(value)
            case .expression: false
            case .text(let segments):
                segments.contains { if case .text(let text) = $0 { matches(text) } else { false } }
            case .array(let items): items.contains(where: holds)
            case .object(let members): members.contains { holds($0.value) }
            }
        }
        if holds(body) || fields.contains(where: { holds($0.template) }) { return true }
        return (options.with + options.env).contains { holds($0.template) }
    }
}
