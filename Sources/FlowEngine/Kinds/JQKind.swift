// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
import FileSystem
public import FlowCore
import Glibc

/// Runs a jq filter over the node's `with`, in a child process without environment and with hard limits.
public struct JQKind: NodeKind {
    public let name = "jq"
    public let summary = "Runs a jq filter over `with`."
    private let tools: ToolPaths
    private let processes: ChildProcesses

    static let addressSpace = 512 << 20
    static let cpuSeconds = 10
    static let outputCap = 16 << 20

    /// A kind that finds jq by the given paths.
    public init(tools: ToolPaths, processes: ChildProcesses) {
        self.tools = tools
        self.processes = processes
    }

    /// The filter as it is written: values reach it as data only.
    public var body: FieldType { .verbatim }

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        func report(_ message: String, _ help: String) -> [Diagnostic] {
            [Diagnostic(.badNode, message, at: node.bodySpan, help: [help])]
        }
        guard case .literal(let body) = node.body, let filter = Self.filter(of: body) else {
            return report(
                "`jq` is a filter in one string, not: \(Self.typeName(of: node.body))", "put the filter in quotes")
        }
        if filter.contains("${{") {
            return report(
                "`${{ }}` has no meaning in a jq filter", "give the value under `with:` and read it as `.name`")
        }
        return []
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        node.outputType(["value": .any, "values": .array(.any)])
    }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        guard let filter = Self.filter(of: context.body) else {
            return .failed(NodeFailure(.badData, "`jq` is a filter in one string, not: \(context.body.typeName)"))
        }
        let path = FilePath.join(context.directory, ".filter.jq")
        let tools = tools
        let (program, failure) = await onOwnThread { () -> (String?, NodeFailure?) in
            guard let program = tools.find("jq") else {
                return (
                    nil,
                    NodeFailure(
                        .unavailable,
                        "jq is not installed: `apt-get install jq`, `brew install jq` or scripts/install-dependencies")
                )
            }
            do throws(FileError) {
                try File.write(filter, to: path)
                return (program, nil)
            } catch {
                return (nil, NodeFailure(.storage, error.description))
            }
        }
        guard let program else { return .failed(failure ?? NodeFailure(.unavailable, "jq is not installed")) }
        let command = ChildCommand(
            executable: program, arguments: ["-c", "-f", path],
            // A filter can read the environment: there is nothing in it.
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], directory: context.directory,
            input: .bytes(JSONValue.object(context.with).jsonBytes()), output: .collect(Self.outputCap),
            errorOutput: .collect(16 << 10),
            limits: ResourceLimits(
                addressSpace: Self.addressSpace, cpuSeconds: Self.cpuSeconds, fileSize: 0, coreSize: 0),
            grace: .seconds(1))
        let result: ChildResult
        do throws(SpawnError) {
            result = try await processes.run(command)
        } catch {
            return .failed(NodeFailure(.spawn, error.description))
        }
        return await onOwnThread {
            try? File.remove(path)
            return Self.outcome(of: result)
        }
    }

    /// The text of a filter; a plain number or word of YAML is taken as its text.
    private static func filter(of body: JSONValue) -> String? {
        switch body {
        case .string(let text): text
        case .integer, .number, .bool, .null: body.jsonText()
        case .array, .object: nil
        }
    }

    private static func typeName(of body: Template) -> String {
        switch body {
        case .array: "array"
        case .object: "object"
        case .literal(let value): value.typeName
        case .expression, .text: "template"
        }
    }

    private static func outcome(of result: ChildResult) -> NodeOutcome {
        switch result.ending {
        case .exited(0): break
        case .exited: return .failed(NodeFailure(.badData, message(of: result)))
        case .signalled(let signal, _):
            let reason =
                switch signal {
                case SIGXCPU, SIGKILL: "the filter took more than \(cpuSeconds) s of processor time"
                case SIGABRT: "the filter needs more than \(addressSpace >> 20) MiB of memory"
                default: "jq was ended by signal \(signal)"
                }
            return .failed(NodeFailure(.badData, reason))
        case .timedOut, .idleTimedOut: return .failed(NodeFailure(.timeout, "jq took too long"))
        case .cancelled: return .failed(NodeFailure(.cancelled, "jq was cancelled"))
        }
        guard result.output.bytesSeen <= outputCap else {
            return .failed(NodeFailure(.badData, "the filter puts out more than \(outputCap >> 20) MiB"))
        }
        let values: [JSONValue]
        do throws(JSONParseError) {
            values = try JSONValue.parseLines(
                result.output.collected, limits: JSONLimits(depth: 64, duplicateKeys: .keepLast))
        } catch {
            return .failed(NodeFailure(.badData, "what the filter puts out cannot be read: \(error)"))
        }
        var outputs = JSONObject()
        outputs["value"] = values.count == 1 ? values[0] : .null
        outputs["values"] = .array(values)
        return .succeeded(NodeResult(outputs: outputs))
    }

    /// What jq says, without its own name and the place in an input that has one line.
    private static func message(of result: ChildResult) -> String {
        let text = String(decoding: result.errorOutput.collected, as: UTF8.self)
        let lines = text.split(separator: "\n").filter {
            !$0.hasSuffix("compile error") && !$0.hasSuffix("compile errors")
        }
        let cleaned = lines.map { line -> String in
            var line = line
            if line.hasPrefix("jq: error") { line = line.dropFirst("jq: error".count) }
            if line.hasPrefix(" (at "), let end = line.firstIndex(of: ")") { line = line[line.index(after: end)...] }
            if line.hasPrefix(": ") { line = line.dropFirst(2) }
            return line.trimmingSpaces()
        }
        let all = cleaned.filter { !$0.isEmpty }.joined(separator: "\n")
        return all.isEmpty ? "the filter failed" : "the filter failed: \(all)"
    }
}

extension NodeDefinition {
    /// What a kind puts out by itself, and the outputs that the node declares beside it.
    func outputType(_ own: [String: ValueType]) -> ValueType {
        var fields = own
        if case .object(let declared, _) = declaredOutputType { fields.merge(declared) { $1 } }
        return .object(fields, open: false)
    }
}
