// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Where files are kept by their content.
public protocol ArtifactStore: Sendable {
    /// Keeps a copy of a file; durable when it returns.
    func store(file path: String) async throws(StoreError) -> (digest: Digest, size: Int64)
    /// Keeps a content; durable when it returns.
    func store(bytes: [UInt8]) async throws(StoreError) -> Digest
    /// The path of a kept file; nil if there is none of this digest.
    func path(of digest: Digest) -> String?
}
