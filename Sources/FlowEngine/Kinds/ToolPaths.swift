// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// Where the programs are that nodes call. Nothing is looked for until it is needed.
public struct ToolPaths: Sendable, Hashable {
    /// The folder of the Python environment: `tools` in flow's home.
    public var tools: String
    /// The folders that programs are looked for in, with colons between.
    public var searchPath: String

    /// Paths that are known.
    ///
    /// - Parameters:
    ///   - flowHome: flow's home; `tools` below it holds the Python environment.
    ///   - searchPath: the folders of programs, as in `PATH`.
    public init(flowHome: String, searchPath: String) {
        tools = FilePath.join(flowHome, "tools")
        self.searchPath = searchPath
    }

    /// Paths by the environment of this process: `FLOW_HOME`, else `~/.local/share/flow`, and `PATH`.
    public init() {
        let home = ProcessEnvironment.get("FLOW_HOME").flatMap { $0.isEmpty ? nil : $0 }
        let path = ProcessEnvironment.get("PATH").flatMap { $0.isEmpty ? nil : $0 }
        self.init(
            flowHome: home ?? FilePath.join(File.homeDirectory() ?? "/", ".local/share/flow"),
            searchPath: path ?? "/usr/local/bin:/usr/bin:/bin")
    }

    /// The Python that renders and reads spreadsheets.
    public var python: String { FilePath.join(tools, "bin/python") }

    /// Whether that Python is installed.
    public var hasPython: Bool { File.isExecutable(python) }

    /// The path of a program; nil when no folder has it.
    public func find(_ program: String) -> String? {
        for folder in searchPath.split(separator: ":") where FilePath.isAbsolute(String(folder)) {
            let path = FilePath.join(String(folder), program)
            if File.isExecutable(path) { return path }
        }
        return nil
    }
}
