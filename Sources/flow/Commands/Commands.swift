// SPDX-License-Identifier: Apache-2.0

/// All commands, in the order in which help shows them.
enum Commands {
    static var all: [CommandSpec] {
        [
            RunCommandLine.spec, ResumeCommandLine.spec, PauseCommandLine.spec, CancelCommandLine.spec,
            ApproveCommandLine.approve, ApproveCommandLine.reject, ApproveCommandLine.answer,
        ] + InterveneCommandLine.all + [
            ReplayCommandLine.spec, TestCommandLine.spec,
        ] + BranchCommandLine.all + [
            TreeCommandLine.spec, CompareCommandLine.spec, WhyCommandLine.spec,
            ListCommandLine.spec, ShowCommandLine.spec, CostCommandLine.spec, PricesCommandLine.spec,
            StatsCommandLine.spec,
            LogsCommandLine.spec, EventsCommandLine.spec,
            WatchCommandLine.spec, ReportCommandLine.spec,
        ] + ModesCommandLine.all + [
            ValidateCommandLine.spec, ExplainCommandLine.spec, FormatCommandLine.spec,
            PlanCommandLine.spec,
            SimulateCommandLine.spec, GraphCommandLine.spec, InspectCommandLine.spec, SchemaCommandLine.spec,
            LSPCommandLine.spec, InitCommandLine.spec, ImportCommandLine.spec, ExportCommandLine.bundle,
            ExportCommandLine.argo, EjectCommandLine.spec,
        ] + SessionCommandLine.all + AgentsCommandLine.all
            + StoreCommandLine.all + [CollectCommandLine.spec] + ModelCommandLine.all
            + [ModelCheckCommandLine.spec] + SecretCommandLine.all + MCPCommandLine.all + EngineCommandLine.all + [
                DoctorCommandLine.spec, VersionCommandLine.spec,
            ]
    }
}
