// SPDX-License-Identifier: Apache-2.0

public import FlowEngine
import Hashing

/// What every store of runs must do.
///
/// For whoever writes a store: make an empty one for each check, and expect no failures.
public struct RunStoreConformance: Sendable {
    /// One thing that a store must do.
    public struct Check: Sendable, CustomStringConvertible {
        /// What a store does that passes.
        public let name: String
        let body: @Sendable (any RunStore) async throws -> Void

        public var description: String { name }

        /// Gives nil when the store does what it must, else what it did instead. The store must be empty.
        public func failure(of store: any RunStore) async -> String? {
            do {
                try await body(store)
                return nil
            } catch {
                return "\(name): \(error)"
            }
        }
    }

    /// All checks.
    public static let checks: [Check] = writing + reading

    /// Runs all checks, each on a store of its own, and gives the failures.
    public static func failures(_ makeStore: @Sendable () async throws -> any RunStore) async rethrows -> [String] {
        var failures: [String] = []
        for check in checks {
            if let failure = await check.failure(of: try await makeStore()) { failures.append(failure) }
        }
        return failures
    }

    // MARK: For checks

    struct Unmet: Error, CustomStringConvertible {
        let description: String
    }

    static func require(_ condition: Bool, _ what: @autoclosure () -> String) throws(Unmet) {
        if !condition { throw Unmet(description: what()) }
    }

    static func requireEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws(Unmet) {
        try require(found == expected, "\(what): got \(found), not \(expected)")
    }

    /// Requires that a batch is refused with a code.
    static func requireRefusal(
        _ code: StoreError.Code, _ batch: StoreBatch, by store: any RunStore, _ what: String
    ) async throws {
        do throws(StoreError) {
            try await store.commit(batch)
        } catch {
            try requireEqual(error.code, code, what)
            try require(!error.description.isEmpty, "\(what): the error says nothing")
            return
        }
        throw Unmet(description: "\(what): accepted")
    }

    static let digest = digest(1)

    static func digest(_ number: UInt8) -> Digest { made([UInt8](repeating: number, count: 32)) }

    private static func made(_ bytes: [UInt8]) -> Digest {
        guard let digest = Digest(bytes: bytes) else { preconditionFailure("32 bytes are a digest") }
        return digest
    }

    static func digest(of bytes: [UInt8]) -> Digest { made(SHA256.hash(bytes).bytes) }

    static func summary(
        _ id: String, workflow: String = "wf", status: RunStatus = .running, at: Int64 = 1000
    ) -> RunSummary {
        RunSummary(
            id: id, workflow: workflow, status: status, createdAt: Timestamp(milliseconds: at), nodeCount: 2,
            source: digest(1), inputs: digest(2))
    }

    /// The first batch of a run: it is created.
    static func creation(_ id: String, workflow: String = "wf", status: RunStatus = .running) -> StoreBatch {
        StoreBatch(
            run: id, events: [recorded(1, .runCreated(workflow: workflow, source: digest(1), inputs: digest(2)))],
            summary: summary(id, workflow: workflow, status: status))
    }

    static func recorded(_ sequence: Int64, _ event: RunEvent) -> RecordedEvent {
        RecordedEvent(sequence: sequence, at: Timestamp(milliseconds: sequence &* 3), event: event)
    }

    static func starts(_ sequences: ClosedRange<Int64>) -> [RecordedEvent] {
        sequences.map { recorded($0, .nodeStarted(node: "n\($0)", attempt: 1)) }
    }
}
