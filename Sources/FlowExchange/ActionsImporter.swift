// SPDX-License-Identifier: Apache-2.0

import FlowCore

struct ActionsImporter {
    static let kinds: Set<String> = ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"]
    static func read(_ root: ForeignValue, bodies: ImportedBodies) -> Imported {
        Imported(workflow: ImportedWorkflow(name: "x"), notes: ImportNotes())
    }
}
