// SPDX-License-Identifier: Apache-2.0

import FileSystem
package import FlowCore
import Synchronization

/// Which attempts were really made.
package final class ProbeLedger: Sendable {
    private let entries = Mutex<[String]>([])

    /// An empty ledger.
    package init() {}

    /// The nodes in the order of their attempts.
    package var nodes: [String] { entries.withLock { $0 } }

    func add(_ node: String) { entries.withLock { $0.append(node) } }
}

/// A node without a program: notes that it ran and puts out what its body says. `fail_first: true` fails the first
/// attempt, `blob: n` puts out a text of n letters, `file: name` leaves a file, `read: path` reads one.
package struct ProbeKind: NodeKind {
    package let name = "probe"
    package let summary = "Notes that it ran."
    package let body = FieldType.map(.any)
    private let ledger: ProbeLedger

    /// A kind that writes into a ledger.
    package init(ledger: ProbeLedger) { self.ledger = ledger }

    package func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType { .anyObject }

    package func artifactNames(of node: NodeDefinition) -> [String] { ["file"] }

    package func run(_ context: NodeContext) async -> NodeOutcome {
        ledger.add(context.node)
        if context.body["fail_first"]?.boolValue == true, context.attempt == 1 {
            return .failed(NodeFailure(.timeout, "the first attempt fails"))
        }
        var outputs = JSONObject()
        var artifacts: [ProducedArtifact] = []
        for member in context.body.objectValue ?? JSONObject() {
            switch (member.key, member.value) {
            case ("fail_first", _): break
            case ("blob", let size):
                outputs["text"] = .string(String(repeating: "x", count: Int(size.integerValue ?? 0)))
            case ("file", let name):
                let path = FilePath.join(context.directory, name.stringValue ?? "file")
                do throws(FileError) {
                    try File.write("kept", to: path)
                } catch {
                    return .failed(NodeFailure(.storage, "\(error)"))
                }
                artifacts.append(ProducedArtifact(name: "file", path: path))
            case ("read", let path):
                do throws(FileError) {
                    outputs["read"] = .string(try File.readText(path.stringValue ?? "", limit: 1 << 20))
                } catch {
                    return .failed(NodeFailure(.badData, "\(error)"))
                }
            default: outputs[member.key] = member.value
            }
        }
        return .succeeded(NodeResult(outputs: outputs, artifacts: artifacts))
    }
}
