// SPDX-License-Identifier: Apache-2.0

/// A format of workflows that flow can read.
public enum ForeignFormat: String, Sendable, CaseIterable {
    /// WfFormat 1.x: recorded executions of scientific workflows.
    case wfformat
    /// Workflows and workflow templates of Argo.
    case argo
    /// Workflows of GitHub Actions and what is like them.
    case actions
    /// Playbooks of WrenchAI.
    case playbook

    /// The name for people.
    public var title: String {
        switch self {
        case .wfformat: "WfFormat"
        case .argo: "Argo Workflows"
        case .actions: "GitHub Actions"
        case .playbook: "a playbook"
        }
    }

    /// The format that a document has the marks of; nil if it has none of them.
    static func detect(_ root: ForeignValue) -> ForeignFormat? {
        if root.isSequence {
            let isPlaybook = root.elements.contains { $0["step_id"] != nil || $0["metadata"] != nil }
            return isPlaybook ? .playbook : nil
        }
        if root["apiVersion"]?.text?.hasPrefix("argoproj.io/") == true { return .argo }
        if let kind = root["kind"]?.text, ArgoImporter.kinds.contains(kind) { return .argo }
        if root["jobs"]?.isMapping == true { return .actions }
        if let workflow = root["workflow"], workflow.isMapping {
            let lists = ["specification", "tasks", "jobs"]
            if lists.contains(where: { workflow[$0] != nil }) { return .wfformat }
        }
        let steps = root["steps"] ?? root["workflow"]
        return steps?.isSequence == true ? .playbook : nil
    }
}
