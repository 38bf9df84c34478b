// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Why the engine could not do what it was asked.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// What is the matter; more may come.
    public enum Code: String, Sendable, Hashable {
        case store, noSuchRun, noSuchNode, refused, invalidWorkflow, invalidInput, missingSecret, inputOutput
        /// The engine died too often with the run: only a person lets it go on.
        case quarantined
    }

    public var code: Code
    public var description: String
    /// Set when the store is the cause.
    public var store: StoreError?

    /// A failure with its cause in words.
    public init(_ code: Code, _ description: String, store: StoreError? = nil) {
        self.code = code
        self.description = description
        self.store = store
    }

    /// A request that does not fit the run's state.
    init(_ error: RunError) { self.init(error.code == .unknownNode ? .noSuchNode : .refused, error.message) }

    /// A failure of the store.
    public init(_ error: StoreError) { self.init(.store, error.description, store: error) }
}
