// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The words in which each service was asked with success, so that it is not asked twice in words that it refuses.
package final class WireMemory: Sendable {
    private let words = Mutex<[String: WireWords]>([:])
    /// More places than this are a mistake of who asks; they are forgotten together.
    private static let mostPlaces = 1000

    package init() {}

    /// The words for a model of a service.
    func words(for model: String, at address: String) -> WireWords {
        words.withLock { $0[Self.key(model, address)] } ?? WireWords()
    }

    /// Keeps the words in which a model of a service has answered.
    func keep(_ kept: WireWords, for model: String, at address: String) {
        words.withLock { words in
            if words.count >= Self.mostPlaces { words = [:] }
            words[Self.key(model, address)] = kept
        }
    }

    private static func key(_ model: String, _ address: String) -> String { address + "\n" + model }
}
