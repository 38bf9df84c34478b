// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import HTTPClient

/// What node kinds work with: child processes, programs, clients. Nothing is started before it is used.
struct EngineToolbox: Sendable {
    /// The variable by which the descendants of all engines of a store are found. Its value names the engine: the
    /// guardian of a dead one must not end the children of the next.
    static func markerName(storeFolder: String) -> String {
        let path = (try? File.realPath(storeFolder)) ?? storeFolder
        return "FLOW_STORE_\(Digest(of: Array(path.utf8)).hex.prefix(16))"
    }

    let environment: [String: String]
    let processes: ChildProcesses
    let http = HTTPClient()
    let localModels: LocalModelRuntime
    let models: any ModelProvider
    let pricing: ModelPricing
    let tools: ToolPaths
    let agents = AgentShelf()
    let servers: MCPToolServers
    let shelf: EngineShelf
    let engines = EnginePool()
    let gateway: ModelGateway
    private let marker: ChildMarker

    init(configuration: EngineConfiguration, prices: PriceList? = nil) {
        environment = configuration.environment
        marker = ChildMarker(name: Self.markerName(storeFolder: configuration.folder))
        let processes = ChildProcesses(
            marker: marker,
            guardianArguments: configuration.guardianArguments == nil ? nil : Guardian.arguments(for: marker))
        self.processes = processes
        tools = ToolPaths()
        localModels = LocalModelRuntime(environment: environment, children: processes, client: http)
        let place = configuration.settingsPlace
        models =
            configuration.models
            ?? ModelRegistry(environment: environment, runtime: localModels, client: http) { [environment] in
                SettingsFiles.load(from: place, environment: environment)
            }
        servers = MCPToolServers.ofProject(place, environment: environment, processes: processes, http: http)
        shelf = EngineShelf(
            for: configuration.engineFolders ?? [place, FilePath.dirname(configuration.folder)],
            environment: environment)
        pricing = prices.map { ModelPricing(prices: $0, environment: configuration.environment) } ?? .standard
        gateway = ModelGateway(models: models, pricing: pricing)
    }

    /// The kind of nodes that work with external engines.
    var engineKind: EngineKind {
        EngineKind(
            shelf: shelf, processes: processes, environment: environment, gateway: gateway, pool: engines)
    }

    /// Ends processes that an engine of this store left behind. Only the owner of the store may call it.
    func endLeftovers() async {
        let marker = marker
        await onOwnThread {
            _ = ProcessTable.killAll(
                withEnvironment: marker.name, value: nil, timeout: .seconds(5))
        }
    }

    func close() async {
        await engines.close()
        await gateway.close()
        await servers.close()
        await localModels.stop()
    }
}
