// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

extension EngineAttempt {
    /// What the engine has put out, checked against its manifest and what the node declares.
    func result(_ given: JSONObject, _ run: EngineRun, _ pass: GatewayPass?) throws -> NodeResult {
        var outputs = given
        let declared = Set(context.definition.options.outputs.map(\.name))
        var artifacts = try files(run.artifacts)
        for member in given {
            let own = action.outputs.first { $0.name == member.key }
            guard own != nil || declared.contains(member.key) else {
                let near = Spelling.nearest(to: member.key, among: action.outputs.map(\.name))
                throw mismatch(
                    "the engine put out `\(member.key)`, which neither `\(action.name)` nor the node declares"
                        + (near.map { "; did it mean `\($0)`?" } ?? ""))
            }
            guard let own else { continue }
            if let problem = own.problem(with: member.value) {
                throw mismatch("output `\(member.key)` of the engine \(problem)")
            }
            guard own.type.isPath, !declared.contains(member.key) else { continue }
            // Files are kept as artifacts. As outputs they are kept where the node declares them.
            outputs[member.key] = nil
            let paths = member.value.arrayValue ?? [member.value]
            artifacts += try files(
                paths.enumerated().compactMap { place, path in
                    path.stringValue.map {
                        EngineRun.Artifact(name: paths.count == 1 ? member.key : "\(member.key)_\(place)", path: $0)
                    }
                })
        }
        for output in action.outputs where given[output.name] == nil {
            throw mismatch("the engine did not put out `\(output.name)`, which `\(action.name)` promises")
        }
        var names: Set<String> = []
        for place in artifacts.indices {
            var name = artifacts[place].name
            var number = 2
            while !names.insert(name).inserted {
                name = "\(artifacts[place].name)_\(number)"
                number += 1
            }
            artifacts[place].name = name
        }
        if let missing = action.artifacts.first(where: { !names.contains($0) }) {
            throw mismatch("the engine did not leave the file `\(missing)`, which `\(action.name)` promises")
        }
        return NodeResult(outputs: outputs, artifacts: artifacts, usage: usage(pass))
    }

    private func mismatch(_ message: String) -> NodeFailureError {
        NodeFailureError(failure: NodeFailure(.schemaMismatch, message))
    }

    private static let mostFiles = 2000

    /// The files that artifacts name; a folder stands for all files in it.
    private func files(_ artifacts: [EngineRun.Artifact]) throws -> [ProducedArtifact] {
        var found: [ProducedArtifact] = []
        for artifact in artifacts {
            let path = FilePath.normalise(
                artifact.path.hasPrefix("/") ? artifact.path : FilePath.join(context.directory, artifact.path))
            switch File.kind(of: path) {
            case nil: throw mismatch("the engine names the file `\(artifact.path)`, which is not there")
            case .directory?: try add(path, named: artifact.name, to: &found)
            default:
                found.append(ProducedArtifact(name: artifact.name, path: path, mediaType: artifact.mediaType))
            }
        }
        return found
    }

    private func add(_ folder: String, named name: String, to found: inout [ProducedArtifact]) throws {
        for entry in try File.list(folder).sorted(by: { $0.name < $1.name }) where !entry.name.hasPrefix(".") {
            let path = FilePath.join(folder, entry.name)
            let inner = EngineRun.name("\(name)_\(entry.name)")
            switch entry.kind {
            case .directory: try add(path, named: inner, to: &found)
            case .file:
                guard found.count < Self.mostFiles else {
                    throw mismatch("the engine names more than \(Self.mostFiles) files")
                }
                found.append(ProducedArtifact(name: inner, path: path))
            default: break
            }
        }
    }

    private func usage(_ pass: GatewayPass?) -> JSONObject {
        var usage = JSONObject()
        usage["engine"] = .string("\(manifest.name) \(manifest.version)")
        guard let use = pass?.use else { return usage }
        usage["model_calls"] = .integer(Int64(use.answered + use.failed))
        usage["prompt_tokens"] = .integer(Int64(use.usage.promptTokens))
        usage["completion_tokens"] = .integer(Int64(use.usage.completionTokens))
        return usage
    }
}
