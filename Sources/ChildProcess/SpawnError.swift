// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A child could not be started. Nothing of it is left.
public struct SpawnError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error number of the system.
    public var code: Int32
    /// What was being done, as in "run the program".
    public var doing: String
    /// The program as the command names it.
    public var executable: String
    /// What is known beyond the error number; may be empty.
    public var detail: String

    /// An error of the operating system.
    public init(code: Int32, doing: String, executable: String, detail: String = "") {
        self.code = code
        self.doing = doing
        self.executable = executable
        self.detail = detail
    }

    /// One line for people.
    public var description: String {
        let reason = detail.isEmpty ? Self.text(of: code) : detail
        return "cannot start '\(executable)': cannot \(doing): \(reason)"
    }

    /// The system's sentence for an error number, without its capital letter.
    static func text(of code: Int32) -> String {
        guard let text = flow_error_text(code) else { return "error \(code)" }
        let sentence = String(cString: text)
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }

    /// Explains a failed spawn by the step that failed.
    init(step: Int32, code: Int32, command: ChildCommand) {
        let doing: String
        var detail = ""
        switch step {
        case FLOW_STEP_FORK: doing = "create a process"
        case FLOW_STEP_SESSION: doing = "open a session"
        case FLOW_STEP_DEATH_SIGNAL: doing = "tie the child to this process"
        case FLOW_STEP_STDIO: doing = "connect its streams"
        case FLOW_STEP_DIRECTORY: doing = "enter the working directory '\(command.directory)'"
        case FLOW_STEP_LIMIT: doing = "set its limits"
        case FLOW_STEP_ISOLATION: doing = "isolate it"
        case FLOW_STEP_PIDFD: doing = "watch the process"
        default:
            doing = "run the program"
            detail = Self.execDetail(code, command)
        }
        self.init(code: code, doing: doing, executable: command.executable, detail: detail)
    }

    /// The commonest reasons of a failed exec in words that name the way out.
    private static func execDetail(_ code: Int32, _ command: ChildCommand) -> String {
        let isPath = command.executable.utf8.contains(UInt8(ascii: "/"))
        var path = command.executable
        if isPath, !path.hasPrefix("/") { path = command.directory + "/" + path }
        switch code {
        case ENOENT where !isPath:
            return "no such program in PATH '\(command.environment["PATH"] ?? "")'"
        case ENOENT where access(path, F_OK) == 0:
            return "the interpreter that its first line names does not exist"
        case EACCES where isPath:
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return "it is a directory" }
            return "permission denied (is it executable?)"
        case ENOEXEC:
            return "it is neither a program of this machine nor a script with a #! line"
        case E2BIG:
            return "its arguments and environment are too long (one may have 128 KiB, all together about 2 MiB)"
        default:
            return ""
        }
    }
}
