public import FlowCore

public final class StoreOwner: Sendable {
    static func acquire(folder: String) throws(StoreError) -> StoreOwner { StoreOwner() }; func release() {}
}
public final class SQLiteRunStore: RunStore, ArtifactStore {
    public enum Mode: Sendable { case writer, reader }
    public init(folder: String, mode: Mode) throws(StoreError) {}
    public func commit(_ b: StoreBatch) async throws(StoreError) {}
    public func events(of run: String, after: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent] { [] }
    public func run(_ id: String) async throws(StoreError) -> RunSummary? { nil }
    public func runs(_ query: RunQuery) async throws(StoreError) -> [RunSummary] { [] }
    public func nodes(of run: String) async throws(StoreError) -> [NodeSummary] { [] }
    public func content(_ d: Digest) async throws(StoreError) -> [UInt8]? { nil }
    public func store(file path: String) async throws(StoreError) -> (digest: Digest, size: Int64) { (.zero, 0) }
    public func path(of digest: Digest) -> String? { nil }
    func close() async {}
}
