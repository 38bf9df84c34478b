// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import Synchronization

/// A model whose calls are made at a desk: recorded, charged, and perhaps answered by a tape. What it gives is the same
/// either way.
public struct RecordedModel: ModelProvider {
    /// Whether text of the answer came piece by piece.
    private final class Stream: Sendable {
        let hasBegun = Atomic<Bool>(false)
    }

    private let model: any ModelProvider
    private let desk: any CallDesk
    private let pricing: ModelPricing

    /// A model behind a desk.
    public init(_ model: any ModelProvider, calls desk: any CallDesk, pricing: ModelPricing) {
        self.model = model
        self.desk = desk
        self.pricing = pricing
    }

    public func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        let reservation = pricing.reservation(for: request)
        let intent = CallIntent(
            kind: .model, name: request.model ?? "default", request: request.recordedJSON, reservation: reservation)
        let stream = Stream()
        let outcome: CallOutcome
        do throws(CallRefusal) {
            outcome = try await desk.perform(intent) {
                await ask(request, reservation: reservation, stream)
            }
        } catch {
            throw ModelError(error)
        }
        if let fault = outcome.reply["error"].flatMap(ModelError.init(recordedJSON:)) { throw fault }
        guard let reply = outcome.reply["reply"].flatMap(ModelReply.init(recordedJSON:)) else {
            throw ModelError(.serverError, "the recorded reply of `\(intent.name)` cannot be read")
        }
        // From a tape the text comes in one piece.
        if !stream.hasBegun.load(ordering: .relaxed), !reply.text.isEmpty { request.onText?(reply.text) }
        return reply
    }

    private func ask(_ request: ModelRequest, reservation: CallCharge, _ stream: Stream) async -> CallOutcome {
        var watched = request
        if let onText = request.onText {
            watched.onText = { piece in
                stream.hasBegun.store(true, ordering: .relaxed)
                onText(piece)
            }
        }
        do throws(ModelError) {
            let reply = try await model.complete(watched)
            return CallOutcome(
                reply: ["reply": reply.recordedJSON], answeredBy: reply.model, provider: reply.provider,
                usage: reply.usage,
                charge: pricing.charge(for: reply.usage, asked: request.model, answered: reply.model))
        } catch {
            // Of what was cut off nobody knows how much of the answer there was.
            let isCutOff = error.kind == .cancelled || error.kind == .timeout
            return CallOutcome(
                reply: ["error": error.recordedJSON], failed: true, charge: isCutOff ? reservation : CallCharge())
        }
    }
}

extension ModelError {
    /// A call that was not made.
    public init(_ refusal: CallRefusal) {
        switch refusal {
        case .budget(let text): self.init(.budget, text)
        case .notOnTape(let text): self.init(.tape, text)
        case .stopped(let text): self.init(.cancelled, text)
        }
    }
}
