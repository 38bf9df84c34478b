// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// `workflow:` another workflow as one node: a run of its own, to which this node waits without holding a slot.
public struct WorkflowKind: NodeKind {
    public let name = "workflow"
    public let summary = "Another workflow, by the path of its file beside this one; `with:` gives its inputs."
    public let body = FieldType.file
    private let starter: SubworkflowStarter

    init(starter: SubworkflowStarter) { self.starter = starter }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        node.options.outputs.isEmpty ? .anyObject : node.declaredOutputType
    }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        let path = FilePath.join(context.workflowDirectory, context.body.plainText)
        return await starter.start(path: path, context: context)
    }
}
