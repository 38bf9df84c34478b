// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// Why a bundle could not be written or taken in. After it nothing has changed.
public struct BundleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is the matter; more may come.
    public enum Code: String, Sendable, Hashable {
        /// The file is something else.
        case notABundle
        /// The file is of a later format than this version of flow reads.
        case newerFormat
        /// The file ends too early, or holds other bytes than were written.
        case damaged
        /// The file is whole, but says something that no run can say.
        case invalid
        /// The store has another run of the same id.
        case conflict
        /// There is no such run.
        case noSuchRun
        /// The disk or the store is in the way.
        case inputOutput
    }

    public var code: Code
    /// What is the matter and where.
    public var description: String
    /// Set when the store is the cause.
    public var store: StoreError?

    /// A fault of a bundle.
    public init(_ code: Code, _ description: String, store: StoreError? = nil) {
        self.code = code
        self.description = description
        self.store = store
    }

    /// The error of any layer below, with what was being done.
    init(any error: any Error, doing: String) {
        switch error {
        case let error as BundleError: self = error
        case let error as EngineError: self.init(.inputOutput, error.description, store: error.store)
        default:
            let store = StoreError(any: error, doing: doing)
            self.init(.inputOutput, store.description, store: store)
        }
    }
}
