// SPDX-License-Identifier: Apache-2.0

/// Something that answers conversations: a service, a server on this machine, a stand-in in a test.
///
/// A provider makes one try. What may heal is tried again by the retry policy of the node that asked.
public protocol ModelProvider: Sendable {
    /// Answers a conversation. A cancelled task ends the request with the kind `cancelled`.
    func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply
}
