// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore

/// A Python program that is part of flow, run in an attempt's folder.
struct ToolProgram {
    /// The name of the program's file.
    var name: String
    var source: [UInt8]
    var arguments: [String]
    var directory: String
    var output = OutputPlan.discard
    var limits: ResourceLimits

    /// Runs the program to its end; a program that did not succeed is a failure.
    ///
    /// A fault is one JSON line on the error output: `{"error": …, "line": …, "column": …}`.
    func run(_ tools: ToolPaths, _ processes: ChildProcesses, source file: String?) async -> NodeFailure? {
        let script = FilePath.join(directory, name)
        let isReady = await onOwnThread { [source, tools] () -> NodeFailure? in
            guard tools.hasPython else {
                return NodeFailure(
                    .unavailable,
                    "the tools are not installed (\(tools.python) is missing): run scripts/install-dependencies")
            }
            do throws(FileError) {
                try File.write(source, to: script)
                return nil
            } catch {
                return NodeFailure(.storage, error.description)
            }
        }
        if let isReady { return isReady }
        let command = ChildCommand(
            executable: tools.python,
            // Isolated: no packages of the user, no variables of Python, nothing from the folder.
            arguments: ["-I", "-B", script] + arguments,
            environment: [
                "PATH": tools.searchPath, "HOME": directory, "TMPDIR": directory, "LANG": "C.UTF-8", "TZ": "UTC",
            ],
            directory: directory, output: output, errorOutput: .tail(64 << 10), limits: limits)
        let result: ChildResult
        do throws(SpawnError) {
            result = try await processes.run(command)
        } catch {
            return NodeFailure(.spawn, error.description)
        }
        await onOwnThread { try? File.remove(script) }
        if result.isSuccess {
            guard let code = result.output.fileError else { return nil }
            return NodeFailure(.storage, "cannot write what \(name) gives: error \(code)")
        }
        return failure(of: result, file)
    }

    private func failure(of result: ChildResult, _ file: String?) -> NodeFailure {
        let text = String(decoding: result.errorOutput.tail, as: UTF8.self)
        switch result.ending {
        case .exited(let code):
            let line = text.split(separator: "\n").last { $0.hasPrefix("{") }
            guard let line, let report = try? JSONValue.parse(String(line)), let message = report["error"]?.stringValue
            else {
                return NodeFailure(
                    .exitCode, "\(name) ended with status \(code)", excerpt: text.isEmpty ? nil : text,
                    exitCode: Int(code))
            }
            if message.hasSuffix("run scripts/install-dependencies") { return NodeFailure(.unavailable, message) }
            var place = ""
            if let line = report["line"]?.integerValue {
                place = "\(file ?? "document"):\(line):"
                if let column = report["column"]?.integerValue { place += "\(column):" }
                place += " "
            }
            let hints = (report["hints"]?.texts ?? []).map { "\nhint: \($0)" }.joined()
            return NodeFailure(.badData, place + message + hints, excerpt: nil, exitCode: Int(code))
        case .signalled(let signal, _):
            return NodeFailure(
                .signal, "\(name) was ended by signal \(signal): perhaps by a limit of time or size",
                excerpt: text.isEmpty ? nil : text)
        case .timedOut: return NodeFailure(.timeout, "\(name) took too long")
        case .idleTimedOut: return NodeFailure(.idleTimeout, "\(name) was silent for too long")
        case .cancelled: return NodeFailure(.cancelled, "\(name) was cancelled")
        }
    }
}
