// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Glibc

extension NodeAttempt {
    /// Keeps the files that the kind made and those that the node declares.
    func keepArtifacts(_ result: NodeResult) async throws -> [KeptArtifact] {
        var produced = result.artifacts
        for declared in context.definition.options.artifacts {
            let path = FilePath.join(context.directory, declared.path)
            guard File.exists(path) else {
                if declared.optional { continue }
                throw Self.mismatch("the node did not leave `\(declared.path)`, which it declares")
            }
            produced.append(ProducedArtifact(name: declared.name, path: path, mediaType: declared.mediaType))
        }
        guard !produced.isEmpty else { return [] }
        try makeFolder()
        var kept: [KeptArtifact] = []
        for artifact in produced { kept.append(try await keep(artifact, beside: kept)) }
        return kept
    }

    /// Keeps the files that outputs of type `file`, `files`, `plot` and `table` name, so that others can read them.
    ///
    /// A path is one in the work folder, the file of an artifact, or a file that the run keeps already, such as an input.
    func keepFiles(of record: inout NodeRecord) async throws {
        for output in context.definition.options.outputs where output.type.isPath {
            guard let value = record.outputs[output.name] else { continue }
            switch value {
            case .string(let path):
                record.outputPaths[output.name] = .string(try await keepFile(path, named: output.name, &record))
            case .array(let paths):
                var list: [JSONValue] = []
                for (place, path) in paths.enumerated() {
                    let name = "\(output.name)_\(place)"
                    list.append(.string(try await keepFile(path.stringValue ?? "", named: name, &record)))
                }
                record.outputPaths[output.name] = .array(list)
            default: break
            }
        }
    }

    /// Keeps a file under a name; its path below the run's folder of artifacts, or the full path of a file that the store
    /// has already, such as an input or the artifact of another node.
    private func keepFile(_ path: String, named name: String, _ record: inout NodeRecord) async throws -> String {
        let folder = FilePath.basename(site.layout.artifacts(context.node, of: site.run))
        if let artifact = record.artifacts.first(where: { $0.file == path }) { return "\(folder)/\(artifact.file)" }
        let full = path.hasPrefix("/") ? path : FilePath.join(context.directory, path)
        guard !path.isEmpty, let real = try? File.realPath(full), File.kind(of: real) == .file else {
            throw Self.mismatch("output `\(name)` names `\(path)`, which is no file")
        }
        let work = try File.realPath(context.directory)
        guard FilePath.isInside(real, root: work) else {
            if let own = try? File.realPath(site.layout.folder), FilePath.isInside(real, root: own) { return real }
            throw Self.mismatch("output `\(name)` names a file that is not in the node's work directory")
        }
        // A declared artifact and an output may be the same file.
        let same = record.artifacts.first { artifact in
            context.definition.options.artifacts.contains {
                $0.name == artifact.name && (try? File.realPath(FilePath.join(context.directory, $0.path))) == real
            }
        }
        if let same { return "\(folder)/\(same.file)" }
        if record.artifacts.isEmpty { try makeFolder() }
        let free = record.artifacts.contains { $0.name == name } ? "\(name)_output" : name
        let kept = try await keep(ProducedArtifact(name: free, path: real), beside: record.artifacts)
        record.artifacts.append(kept)
        return "\(folder)/\(kept.file)"
    }

    private func makeFolder() throws {
        let folder = site.layout.artifacts(context.node, of: site.run)
        try inStore { () throws(FileError) in
            try File.removeTree(folder)
            try File.createDirectory(folder)
        }
    }

    /// Puts the names of the kept files on the disk: the run will say that they are there.
    func syncKeptFiles() async throws(StoreError) {
        let (layout, names, run) = (site.layout, site.names, site.run)
        let folder = layout.artifacts(context.node, of: run)
        let failure = await onOwnThread { () -> FileError? in
            do throws(FileError) {
                try names.sync(folder, above: [layout.artifacts(of: run), layout.run(run), layout.runs])
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw StoreError(failure, doing: "keep the files of `\(context.node)`") }
    }

    /// Does something in the store's folder: when its disk fails, that is not the node's fault.
    private func inStore(_ body: () throws(FileError) -> Void) throws {
        do throws(FileError) {
            try body()
        } catch {
            guard error.isNoSpace || error.isReadOnly || error.code == EIO else { throw error }
            throw StoreError(error, doing: "keep the files of `\(context.node)`")
        }
    }

    private func keep(_ artifact: ProducedArtifact, beside kept: [KeptArtifact]) async throws -> KeptArtifact {
        let stored: (digest: Digest, size: Int64)
        var file: String
        switch artifact.content {
        case .file(let path):
            let real = try File.realPath(path)
            guard FilePath.isInside(real, root: try File.realPath(context.directory)), File.kind(of: real) == .file
            else { throw Self.mismatch("artifact `\(artifact.name)` is not a file in the node's work directory") }
            stored = try await site.artifacts.store(file: real)
            file = FilePath.basename(path)
        case .bytes(let bytes, let fileName):
            stored = (try await site.artifacts.store(bytes: bytes), Int64(bytes.count))
            file = fileName
        }
        if kept.contains(where: { $0.file == file }) { file = "\(artifact.name)-\(file)" }
        if let object = site.artifacts.path(of: stored.digest) {
            let folder = site.layout.artifacts(context.node, of: site.run)
            let target = FilePath.join(folder, file)
            try inStore { () throws(FileError) in try File.hardLinkOrCopy(object, to: target) }
        }
        return KeptArtifact(
            name: artifact.name, digest: stored.digest, size: stored.size, file: file, mediaType: artifact.mediaType)
    }

    private static func mismatch(_ message: String) -> NodeFailureError {
        NodeFailureError(failure: NodeFailure(.schemaMismatch, message))
    }
}

extension OutputType {
    /// Whether values of the type are paths of files.
    var isPath: Bool {
        switch self {
        case .file, .files, .plot, .table: true
        default: false
        }
    }
}
