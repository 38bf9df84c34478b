// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// A model that is asked only when its provider's gate lets the call through.
package struct GatedModel: ModelProvider {
    private let inner: any ModelProvider
    private let gate: ProviderGate

    package init(_ inner: any ModelProvider, gate: ProviderGate) {
        self.inner = inner
        self.gate = gate
    }

    package func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        try await gate.enter()
        defer { gate.leave() }
        return try await inner.complete(request)
    }
}
