// SPDX-License-Identifier: Apache-2.0

package import ChildProcess
import FileSystem
import FlowCore

/// Makes the private Python environment that an engine needs. Every version is pinned by the engine's requirements.
package struct EngineInstaller: Sendable {
    /// The installer of packages, which resolves and fetches many at once.
    private static let installer = "uv==0.13.9"

    private let environment: [String: String]
    private let processes: ChildProcesses
    private let progress: @Sendable (String) -> Void

    /// An installer.
    ///
    /// - Parameters:
    ///   - environment: the whole environment of the user: proxies and the settings of pip are theirs.
    ///   - progress: takes a line for each step; it may be called from any thread.
    package init(
        environment: [String: String], processes: ChildProcesses, progress: @escaping @Sendable (String) -> Void
    ) {
        self.environment = environment
        self.processes = processes
        self.progress = progress
    }

    /// Installs what is missing. Returns the path of the environment's Python; nil for an engine that needs none.
    package func install(_ manifest: EngineManifest) async throws(EngineProblem) -> String? {
        let place = EngineEnvironment(manifest, environment: environment)
        guard let python = manifest.python, let folder = place.folder, let target = place.python,
            let stamp = place.stamp
        else { return nil }
        if place.isInstalled {
            progress("\(manifest.name) is installed already")
            return target
        }
        guard File.exists(python.requirements) else {
            throw EngineProblem(message: "there is no file \(python.requirements)")
        }
        let interpreter = try await interpreter(python.versions)
        progress("using \(interpreter)")
        let tool = try await tool(interpreter, in: place.tools)
        progress("making \(folder)")
        try await run([tool, "venv", "--quiet", "--clear", "--python", interpreter, folder], minutes: 5)
        progress("installing \(FilePath.basename(python.requirements)); this takes some minutes and up to 3 GB")
        try await run([tool, "pip", "install", "--python", target, "-r", python.requirements], minutes: 60)
        if !python.imports.isEmpty {
            progress("importing \(python.imports.joined(separator: ", "))")
            try await run(
                [target, "-c", python.imports.map { "import \($0)" }.joined(separator: "\n")], minutes: 10)
        }
        do throws(FileError) {
            try File.writeDurably(manifest.version + "\n", to: stamp)
        } catch {
            throw EngineProblem(message: "\(stamp) cannot be written: \(error.reason)")
        }
        return target
    }

    /// A Python of one of the versions: `FLOW_PYTHON`, in `PATH`, or one that pyenv keeps.
    package func interpreter(_ versions: [String]) async throws(EngineProblem) -> String {
        var candidates = [environment["FLOW_PYTHON"]].compactMap { $0 }
        let home = environment["HOME"] ?? File.homeDirectory() ?? "/"
        let kept = FilePath.join(environment["PYENV_ROOT"] ?? FilePath.join(home, ".pyenv"), "versions")
        let names = ((try? File.list(kept)) ?? []).map(\.name).sorted()
        for version in versions {
            for folder in (environment["PATH"] ?? "/usr/bin").split(separator: ":") {
                candidates.append(FilePath.join(String(folder), "python\(version)"))
            }
            for name in names where name.hasPrefix(version + ".") {
                candidates.append(FilePath.join(kept, "\(name)/bin/python\(version)"))
            }
        }
        for candidate in candidates where File.isExecutable(candidate) {
            let text = try? await output(
                [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], minutes: 1)
            if let text, versions.contains(text.filter { !$0.isWhitespace }) { return candidate }
        }
        throw EngineProblem(
            message: "no Python \(versions.joined(separator: " or ")) is here; name one with FLOW_PYTHON")
    }

    private func tool(_ interpreter: String, in folder: String) async throws(EngineProblem) -> String {
        let own = FilePath.join(folder, "uv")
        let tool = FilePath.join(own, "bin/uv")
        if File.isExecutable(tool) { return tool }
        do throws(FileError) {
            try File.createDirectory(folder)
        } catch {
            throw EngineProblem(message: "\(folder) cannot be made: \(error.reason)")
        }
        progress("installing \(Self.installer)")
        try await run([interpreter, "-m", "venv", "--clear", own], minutes: 5)
        try await run(
            [
                FilePath.join(own, "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                "--no-input", Self.installer,
            ], minutes: 10)
        return tool
    }

    private func run(_ words: [String], minutes: Int) async throws(EngineProblem) {
        _ = try await output(words, minutes: minutes)
    }

    private func output(_ words: [String], minutes: Int) async throws(EngineProblem) -> String {
        var command = ChildCommand(
            executable: words.first ?? "", arguments: Array(words.dropFirst()), environment: environment,
            directory: "/")
        command.output = .collect(1 << 16)
        command.errorOutput = .tail(4096)
        command.timeout = .seconds(60 * minutes)
        let result: ChildResult
        do throws(SpawnError) {
            result = try await processes.run(command)
        } catch {
            throw EngineProblem(message: error.description)
        }
        guard result.isSuccess else {
            let said = String(decoding: result.errorOutput.tail, as: UTF8.self).lastLinesJoined(5)
            let name = FilePath.basename(words.first ?? "")
            throw EngineProblem(
                message: "`\(name) \(words.dropFirst().prefix(2).joined(separator: " "))` failed: \(said)")
        }
        return String(decoding: result.output.collected, as: UTF8.self)
    }
}
