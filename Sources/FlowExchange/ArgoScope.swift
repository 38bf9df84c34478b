// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the names in an Argo template stand for.
struct ArgoScope {
    var parameters: [String: FlowText] = [:]
    /// The paths of files that come in.
    var artifacts: [String: FlowText] = [:]
    var tasks: [String: ArgoResult] = [:]
    var item: FlowText.Kind?
    /// The nodes whose statuses make `workflow.status`, after the end.
    var ended: [String]?
    /// Names of templates that are being read, against endless recursion.
    var path: [String] = []
}

/// What a task became.
struct ArgoResult {
    /// The nodes that begin, and those after which it has ended.
    var entries: [String] = []
    var exits: [String] = []
    var parameters: [String: FlowText] = [:]
    var artifacts: [String: FlowText] = [:]
    var result: FlowText?
}

/// A task of a DAG or a step.
struct ArgoTask {
    var name: String
    var value: ForeignValue
    var needs: [ImportedNode.Need] = []
    /// A condition that needs cannot say.
    var when: String?
    /// Tasks whose statuses `when` asks for.
    var asked: [String] = []
}
