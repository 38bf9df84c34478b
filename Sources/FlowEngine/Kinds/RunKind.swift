// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
import FileSystem
public import FlowCore
import Glibc
import Synchronization

/// `run:` a shell script or a program with arguments, as a child process in a folder of its own.
///
/// Values reach it through `env:` and `with:` only: `FLOW_WITH_<NAME>` for each entry of `with:`, and all of them as a
/// JSON object in the file `$FLOW_INPUT`. It puts values out by writing to the file `$FLOW_OUTPUT`: `name=value`
/// lines, `name<<END` blocks, or one JSON object.
public struct RunKind: NodeKind {
    public let name = "run"
    public let summary = "A shell script, or a program with its arguments."
    public let body = FieldType.oneOf([.string, .list(.string)])
    public let fields = [
        FieldSchema(
            "shell", .choice(["bash", "sh"]), templates: false, fallback: "bash",
            "The shell that runs a script; it stops at the first command that fails."),
        FieldSchema(
            "grace", .duration(allowsZero: true), templates: false, fallback: "5s",
            "The time between SIGTERM and SIGKILL when the program has to end."),
        IsolationSetting.field(fallback: "false"),
    ]

    private let processes: ChildProcesses
    private let environment: [String: String]

    /// Variables of the engine's environment that programs see; all others have to be declared under `env:`.
    static let inheritedVariables = [
        "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "FLOW_HOME", "FLOW_PROGRAM",
        "FLOW_STORE_DIR",
    ]

    /// A kind that starts its programs through `processes`, with the listed variables of `environment`.
    public init(processes: ChildProcesses, environment: [String: String]) {
        self.processes = processes
        self.environment = environment.filter { Self.inheritedVariables.contains($0.key) }
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType { node.declaredOutputType }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        do {
            return try await attempt(context)
        } catch let error as SpawnError {
            return .failed(NodeFailure(.spawn, error.description))
        } catch let error as FileError {
            return .failed(NodeFailure(.storage, error.description))
        } catch let error as NodeFailureError {
            return .failed(error.failure)
        } catch {
            return .failed(NodeFailure(.spawn, "\(error)"))
        }
    }

    private func attempt(_ context: NodeContext) async throws -> NodeOutcome {
        // Beside the work directory, so that the program's own files cannot collide with these. Each file is made when
        // it is needed: a program that reads and writes nothing costs none.
        let files = ControlFiles(beside: context.directory)
        // An earlier attempt may have been cut off by a crash.
        if context.attempt > 1 { files.removeLeftovers() }
        defer { files.remove() }
        let outputFile = files.output
        let inputFile = try files.input(context.with)
        var command = try program(context, files)
        command.environment = try variables(context, outputFile: outputFile, inputFile: inputFile)
        command.directory = context.directory
        if let setting = IsolationSetting(context.fields["isolate"], folder: context.workflowDirectory) {
            // Only a file that is there can be opened to a program without its folder.
            try files.makeOutput()
            command.isolation = try setting.isolation(
                for: context, searchPath: command.environment["PATH"] ?? "",
                files: ([inputFile] + files.scripts, [outputFile]))
            // With another home the programs that flow keeps for its nodes would not be found.
            command.environment["FLOW_HOME"] = FlowHome.path(command.environment)
            command.environment["HOME"] = context.directory
            command.environment["TMPDIR"] = context.directory
        }
        command.grace = grace(of: context)
        command.idleTimeout = context.definition.options.idleTimeout?.duration
        let lines = LineSplitter(stream: .output, log: context.log)
        let errorLines = LineSplitter(stream: .error, log: context.log)
        command.output = OutputPlan(onChunk: { lines.push($0) })
        command.errorOutput = OutputPlan(tailCap: 8192, onChunk: { errorLines.push($0) })
        let result = try await processes.run(command)
        lines.finish()
        errorLines.finish()
        if let failure = Self.failure(of: result) { return .failed(failure) }
        let written = try files.written(limit: Self.largestOutput)
        let outputs = try OutputFile.parse(written, declared: context.definition.options.outputs)
        return .succeeded(NodeResult(outputs: outputs))
    }

    /// The most that a program may write to `$FLOW_OUTPUT`, in bytes.
    static let largestOutput = 16 << 20

    private func program(_ context: NodeContext, _ files: ControlFiles) throws -> ChildCommand {
        switch context.body {
        case .array(let words):
            let words = words.map(\.plainText)
            guard let executable = words.first, !executable.isEmpty else {
                throw NodeFailureError(failure: NodeFailure(.spawn, "`run` names no program"))
            }
            return ChildCommand(executable: executable, arguments: Array(words.dropFirst()))
        default:
            let script = try files.script(context.body.plainText)
            let shell = context.fields["shell"]?.stringValue ?? "bash"
            let options = shell == "bash" ? ["-eo", "pipefail", script] : ["-e", script]
            return ChildCommand(executable: shell, arguments: options)
        }
    }

    private func variables(
        _ context: NodeContext, outputFile: String, inputFile: String
    ) throws -> [String: String] {
        var variables = environment
        variables.merge(context.environment) { _, new in new }
        variables["FLOW_RUN_ID"] = context.run
        variables["FLOW_WORKFLOW"] = context.workflow
        variables["FLOW_WORKFLOW_DIR"] = context.workflowDirectory
        variables["FLOW_NODE"] = context.node
        variables["FLOW_ATTEMPT"] = String(context.attempt)
        variables["FLOW_IDEMPOTENCY_KEY"] = context.idempotencyKey
        variables["FLOW_OUTPUT"] = outputFile
        variables["FLOW_INPUT"] = inputFile
        for member in context.with {
            let text = member.value.plainText
            // The kernel takes at most 128 KiB in one variable, and no zero byte; such values are in $FLOW_INPUT.
            guard text.utf8.count < 100_000, !text.utf8.contains(0) else { continue }
            variables["FLOW_WITH_" + member.key.uppercased()] = text
        }
        for (name, value) in variables where value.utf8.contains(0) || name.utf8.contains(0) {
            throw NodeFailureError(
                failure: NodeFailure(.badData, "environment variable `\(name)` holds a zero byte"))
        }
        return variables
    }

    private func grace(of context: NodeContext) -> Duration {
        context.fields["grace"]?.stringValue.flatMap { Milliseconds(parsing: $0) }?.duration ?? .seconds(5)
    }

    /// What a program's end means; nil for success.
    static func failure(of result: ChildResult) -> NodeFailure? {
        let tail = String(decoding: result.errorOutput.tail, as: UTF8.self)
        let lines = tail.split(separator: "\n", omittingEmptySubsequences: true).suffix(20)
        let excerpt = lines.isEmpty ? nil : lines.joined(separator: "\n")
        switch result.ending {
        case .exited(0): return nil
        case .exited(let code):
            let hint =
                switch code {
                case 126: " (the program is not executable)"
                case 127: " (a program was not found)"
                default: ""
                }
            return NodeFailure(.exitCode, "exit code \(code)\(hint)", excerpt: excerpt, exitCode: Int(code))
        case .signalled(let signal, let dumped):
            return NodeFailure(
                .signal, "ended by signal \(signal) (\(signalName(signal)))\(dumped ? ", core dumped" : "")",
                excerpt: excerpt)
        case .timedOut: return NodeFailure(.timeout, "ran too long and was ended", excerpt: excerpt)
        case .idleTimedOut:
            return NodeFailure(.idleTimeout, "wrote nothing for too long and was ended", excerpt: excerpt)
        case .cancelled: return NodeFailure(.cancelled, "ended on request", excerpt: excerpt)
        }
    }

    private static func signalName(_ signal: Int32) -> String {
        switch signal {
        case SIGHUP: "SIGHUP"
        case SIGINT: "SIGINT"
        case SIGQUIT: "SIGQUIT"
        case SIGILL: "SIGILL"
        case SIGTRAP: "SIGTRAP"
        case SIGABRT: "SIGABRT"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGKILL: "SIGKILL"
        case SIGSEGV: "SIGSEGV"
        case SIGPIPE: "SIGPIPE"
        case SIGALRM: "SIGALRM"
        case SIGTERM: "SIGTERM"
        case SIGXCPU: "SIGXCPU"
        case SIGXFSZ: "SIGXFSZ"
        default: "no common name"
        }
    }
}

/// Makes lines of a stream of bytes. A line longer than 16 KiB is given in pieces.
final class LineSplitter: Sendable {
    private static let longest = 16 << 10

    private let stream: NodeLogLine.Stream
    private let log: @Sendable (NodeLogLine) -> Void
    private let rest = Mutex<[UInt8]>([])

    init(stream: NodeLogLine.Stream, log: @escaping @Sendable (NodeLogLine) -> Void) {
        self.stream = stream
        self.log = log
    }

    func push(_ bytes: [UInt8]) {
        var lines: [String] = []
        rest.withLock { rest in
            for byte in bytes {
                if byte == 0x0A || rest.count >= Self.longest {
                    lines.append(String(decoding: rest, as: UTF8.self))
                    rest.removeAll(keepingCapacity: true)
                }
                if byte != 0x0A { rest.append(byte) }
            }
        }
        for line in lines { log(NodeLogLine(stream, line)) }
    }

    func finish() {
        let last = rest.withLock { rest in
            defer { rest = [] }
            return rest
        }
        if !last.isEmpty { log(NodeLogLine(stream, String(decoding: last, as: UTF8.self))) }
    }
}
