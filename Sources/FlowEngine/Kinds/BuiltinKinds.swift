// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// The kinds of nodes that flow brings along. The one place that lists them.
public enum BuiltinKinds {
    /// All kinds, for an engine.
    static func all(toolbox: EngineToolbox, starter: SubworkflowStarter) -> [any NodeKind] {
        [
            RunKind(processes: toolbox.processes, environment: toolbox.environment),
            SetKind(),
            SwitchKind(),
            WaitKind(),
            ApprovalKind(),
            WorkflowKind(starter: starter),
            PlanKind(starter: starter),
            SQLKind(tools: toolbox.tools, processes: toolbox.processes),
            JQKind(tools: toolbox.tools, processes: toolbox.processes),
            RenderKind(tools: toolbox.tools, processes: toolbox.processes),
            AgentKind(
                models: toolbox.models, pricing: toolbox.pricing,
                tools: ToolCabinet(
                    processes: toolbox.processes, http: toolbox.http, paths: toolbox.tools, servers: toolbox.servers,
                    starter: starter),
                lookUp: toolbox.agents.agent),
            HTTPKind(client: toolbox.http),
            toolbox.engineKind,
        ]
    }

    /// The names of all kinds.
    static let names = forCompiling(environment: [:]).map(\.name)

    /// The kinds for compiling only; nothing is started by making them.
    ///
    /// - Parameter folders: where external engines are looked for in `engines/`.
    public static func forCompiling(environment: [String: String], folders: [String] = []) -> [any NodeKind] {
        var configuration = EngineConfiguration(folder: "", environment: environment)
        configuration.engineFolders = folders
        return all(toolbox: EngineToolbox(configuration: configuration), starter: SubworkflowStarter())
    }
}
