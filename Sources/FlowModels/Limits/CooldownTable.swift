// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Which models are left alone for a while, and why.
package struct CooldownTable: Sendable, Hashable {
    private struct Pause: Hashable {
        var until: Milliseconds
        var error: ModelError
    }

    private var pauses: [String: Pause] = [:]

    package init() {}

    /// Whether a model may be asked.
    package func isOut(_ name: String, at now: Milliseconds) -> Bool {
        pauses[name].map { $0.until > now } ?? false
    }

    /// Takes a model out after a failure: for its cooldown, or for as long as the service asks if that is longer.
    package mutating func takeOut(
        _ name: String, after error: ModelError, cooldown: Milliseconds, at now: Milliseconds
    ) {
        let wait = Swift.max(cooldown, error.retryAfter ?? .zero)
        let until = Milliseconds(now.count.addingReportingOverflow(wait.count).partialValue)
        // A failure that was under way for long does not shorten what a later one has set.
        if let known = pauses[name], known.until > until { return }
        pauses[name] = Pause(until: until, error: error)
    }

    /// A model that has answered may be asked.
    package mutating func takeBack(_ name: String) { pauses[name] = nil }

    /// The error when all models of a list are out: the kind of the one that is back first, and when that is.
    package func error(for names: [String], at now: Milliseconds) -> ModelError? {
        let out = names.compactMap { pauses[$0] }.filter { $0.until > now }
        guard out.count == names.count, let first = out.min(by: { $0.until < $1.until }) else { return nil }
        let wait = Milliseconds(first.until.count - now.count)
        return ModelError(
            first.error.kind,
            "all of \(names.joined(separator: ", ")) have failed and are left alone for \(wait.description): "
                + first.error.message, retryAfter: wait, status: first.error.status)
    }
}

extension ModelError {
    /// Whether another model may well answer where this one has not. A question that is wrong, and an answer that was
    /// declined or does not fit, are not better elsewhere.
    package var callsForFallback: Bool {
        switch kind {
        case .rateLimit, .serverError, .connection, .timeout, .unavailable: true
        // A key that is not taken, an account that is empty, a model that is not there.
        case .clientError: [401, 402, 403, 404, 429].contains(status)
        case .refused, .schemaMismatch, .truncated, .budget, .tape, .cancelled: false
        }
    }
}
