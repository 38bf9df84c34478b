// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// A file of one node that another one is about to read.
struct UsedFile: Sendable, Hashable {
    var node: String
    var name: String
    var path: String
    var digest: Digest
}

/// Files that were compared with their digest, each once as long as its size and time stay the same.
final class ArtifactProofs: Sendable {
    private struct Proof: Hashable {
        var digest: Digest
        var size: Int64
        var time: Duration
    }

    private let proofs = Mutex<[String: Proof]>([:])

    /// Compares files with their digests. Throws `corrupt`, with run and node, for the first that does not match.
    func require(_ files: [UsedFile], of run: String) async throws(StoreError) {
        for file in files {
            let problem: String?
            do throws(FileError) {
                let status = try File.status(of: file.path)
                let proof = Proof(digest: file.digest, size: status.size, time: status.modificationTime)
                if proofs.withLock({ $0[file.path] }) == proof { continue }
                // A large file takes its time: the threads that tasks share must not wait for it.
                let found = await onOwnThread { try? ObjectFolder.digest(of: file.path) }
                problem = found == file.digest ? nil : "does not match its digest"
                if problem == nil { proofs.withLock { $0[file.path] = proof } }
            } catch {
                problem = error.reason
            }
            guard let problem else { continue }
            throw StoreError(
                .corrupt,
                "the file `\(file.name)` of node `\(file.node)` of run \(run) is damaged: \(file.path): "
                    + "\(problem). `flow db check` tells what else is; put a backup back.")
        }
    }
}

extension RunExecutor {
    /// The kept files of other nodes that a node refers to.
    func usedFiles(of node: Int) async throws(StoreError) -> [UsedFile] {
        var files: [UsedFile] = []
        for name in ReferenceTable.names(in: machine.definition(of: node)) {
            guard let other = machine.index(of: name) else { continue }
            let source = machine.standIn(for: other)
            guard let record = try await record(of: source) else { continue }
            collect(record, of: source, into: &files)
            guard !record.artifactPaths.isEmpty, let items = machine.items(of: source) else { continue }
            for item in items {
                if let record = try await self.record(of: item) { collect(record, of: item, into: &files) }
            }
        }
        return files
    }

    private func collect(_ record: NodeRecord, of node: Int, into files: inout [UsedFile]) {
        let name = machine.name(of: node)
        let folder = site.artifactFolder(of: name)
        for artifact in record.artifacts {
            files.append(
                UsedFile(node: name, name: artifact.name, path: "\(folder)/\(artifact.file)", digest: artifact.digest))
        }
    }
}
