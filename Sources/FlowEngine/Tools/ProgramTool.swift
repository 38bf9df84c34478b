// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore

/// `bash` and `python`: a program that the model wrote, as a child in the work folder with limits of time and size, and
/// with no more of the environment than the node declares.
///
/// It is kept in the folder and off the network by the kernel (`IsolationSetting`), unless the node says otherwise. Without
/// that it may read and write what the user may: then it is for agents whose every word may be run, or with permissions.
struct ProgramTool: AgentTool {
    /// The language of the program.
    enum Language: Sendable { case bash, python }

    private static let longestProgram = 100_000
    private static let outputLimit = 32 << 10
    private static let defaultTime: Int64 = 120

    let language: Language
    let processes: ChildProcesses
    let paths: ToolPaths

    var reference: String { (language == .bash ? BuiltinTool.bash : .python).rawValue }

    private var argument: String { language == .bash ? "command" : "code" }

    var spec: ToolSpec {
        let text =
            language == .bash
            ? "Runs a bash command in the work folder; gives its output and exit code."
            : "Runs a Python 3 program in the work folder; gives what it prints and its exit code."
        return ToolSpec(
            name: reference, description: text,
            parameters: ToolSchema.object(
                [
                    (argument, ToolSchema.string(language == .bash ? "The command." : "The program.")),
                    ("timeout", ToolSchema.integer(1...600, "Seconds it may run; \(Self.defaultTime) by default.")),
                ], required: [argument]))
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(language == .bash ? .command : .text, arguments[argument]?.stringValue ?? "", arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        let text = arguments[argument]?.stringValue ?? ""
        // The kernel takes at most 128 KiB in one argument, and no zero byte.
        guard text.utf8.count <= Self.longestProgram, !text.utf8.contains(0) else {
            return .failed("a program has at most \(Self.longestProgram) bytes, and no zero byte: write a file first")
        }
        let program = language == .bash ? "bash" : "python3"
        var command = ChildCommand(executable: program)
        command.arguments =
            language == .bash ? ["--noprofile", "--norc", "-o", "pipefail", "-c", text] : ["-B", "-s", "-c", text]
        command.environment = site.environment
        command.environment["PATH"] = paths.searchPath
        command.environment["HOME"] = site.context.directory
        command.environment["TMPDIR"] = site.context.directory
        command.environment["LANG"] = "C.UTF-8"
        command.environment["PYTHONIOENCODING"] = "utf-8"
        command.directory = site.context.directory
        command.timeout = .seconds(arguments["timeout"]?.integerValue ?? Self.defaultTime)
        command.grace = .seconds(1)
        command.output = OutputPlan(tailCap: Self.outputLimit / 2, collectCap: Self.outputLimit / 2)
        command.errorOutput = OutputPlan(tailCap: Self.outputLimit / 4, collectCap: Self.outputLimit / 4)
        command.limits = ResourceLimits(
            addressSpace: 16 << 30, cpuSeconds: 600, fileSize: 1 << 30, openFiles: 1024, coreSize: 0)
        let given = site.context.fields["isolate"]
        if given?.boolValue != false {
            let setting =
                IsolationSetting(given, folder: site.context.workflowDirectory) ?? IsolationSetting()
            do throws(NodeFailureError) {
                command.isolation = try setting.isolation(for: site.context, searchPath: paths.searchPath)
            } catch {
                return .failed(error.failure.message)
            }
        }
        let result: ChildResult
        do throws(SpawnError) {
            result = try await processes.run(command)
        } catch {
            return .failed(error.description)
        }
        return Self.result(of: result)
    }

    private static func result(of result: ChildResult) -> ToolResult {
        let ending =
            switch result.ending {
            case .exited(let code): "exit code \(code)"
            case .signalled(let signal, _): "ended by signal \(signal), perhaps at a limit"
            case .timedOut, .idleTimedOut: "ended because its time was over"
            case .cancelled: "cancelled"
            }
        var parts = [ending]
        let output = text(of: result.output)
        let errors = text(of: result.errorOutput)
        if !output.isEmpty { parts.append("output:\n\(output)") }
        if !errors.isEmpty { parts.append("error output:\n\(errors)") }
        if output.isEmpty, errors.isEmpty { parts.append("no output") }
        return ToolResult(parts.joined(separator: "\n"), isError: !result.isSuccess)
    }

    /// The beginning and the end of a stream, which may overlap.
    private static func text(of output: ChildResult.Output) -> String {
        let (head, tail) = (output.collected, output.tail)
        let missing = output.bytesSeen - head.count - tail.count
        let bytes: [UInt8]
        if missing > 0 {
            bytes = head + Array("\n[\(missing) bytes left out]\n".utf8) + tail
        } else {
            bytes = head + tail.suffix(max(0, output.bytesSeen - head.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
