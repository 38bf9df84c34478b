// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import YAML

/// An agent's file as the registry reads it: the agent, and all that is wrong with the file.
public struct AgentCheck: Sendable {
    /// The largest file of an agent, in bytes.
    public static let largestFile = 1 << 20

    /// The agent; nil when the file holds none.
    public let agent: AgentDefinition?
    /// The digest of the file; nil when it cannot be read.
    public let digest: Digest?
    /// The file with its faults.
    public let file: CheckedFile

    /// Reads and checks a file.
    public init(_ path: String) {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(path, limit: Self.largestFile)
        } catch {
            agent = nil
            digest = nil
            file = CheckedFile(name: path, failure: error.description)
            return
        }
        let source = WorkflowSource(name: path, bytes: bytes, directory: FilePath.dirname(path))
        let (agent, diagnostics, sources) = Compiler(kinds: []).compileAgent(source)
        var faults = diagnostics.map { CheckedFile.Fault($0, in: sources) }
        if let agent {
            let stem = FilePath.basename(path).split(separator: ".").first.map(String.init) ?? ""
            if agent.name != stem {
                faults.append(
                    Self.fault(
                        .badIdentifier, "the agent `\(agent.name)` is in a file that is called `\(stem)`", in: path,
                        key: "name", help: ["call the file `\(agent.name).yaml`, or the agent `\(stem)`"]))
            }
            for problem in (agent.output.map { SchemaCheck.problems(in: $0) } ?? []).prefix(5) {
                faults.append(
                    Self.fault(
                        .badSchema, "the schema under `output` is wrong at \(problem.path): \(problem.message)",
                        in: path, key: "output"))
            }
        }
        self.agent = agent
        digest = Digest(of: bytes)
        file = CheckedFile(name: path, faults: faults)
    }

    /// A fault at a key of a file; at its beginning when the key cannot be found.
    static func fault(
        _ code: DiagnosticCode, _ message: String, in path: String, key: String,
        severity: Diagnostic.Severity = .error, help: [String] = []
    ) -> CheckedFile.Fault {
        let bytes = (try? File.read(path, limit: largestFile)) ?? []
        var sources = SourceMap()
        let file = sources.add(SourceFile(name: path, bytes: bytes))
        var span = SourceSpan(file: file, start: 0, end: 0)
        if let document = YAMLDocument.parse(bytes).0, document.kind(of: document.root) == .mapping {
            let reader = DocumentReader(document: document, file: file)
            for (name, _) in document.pairs(of: document.root) where document.string(of: name) == key {
                span = reader.span(name)
            }
        }
        return CheckedFile.Fault(Diagnostic(code, message, at: span, severity: severity, help: help), in: sources)
    }
}
