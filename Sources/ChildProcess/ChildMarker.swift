// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// A variable that every child gets into its environment and hands on to its descendants, so that they can be found.
///
/// The value has to be unique on the machine for as long as any descendant may live. Beside it, each child gets
/// `NAME_CHILD` with a value of its own.
public struct ChildMarker: Sendable, Equatable {
    /// The name of the variable, as in `FLOW_ENGINE`.
    public var name: String
    /// Its value.
    public var value: String

    /// A marker with a name and a value that the caller knows to be unique.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// A marker whose value names this very process.
    public init(name: String) {
        let start = ProcessStat(pid: getpid())?.startTime ?? 0
        self.init(name: name, value: "\(getpid())-\(start)")
    }
}

/// The variable that tells the descendants of one child from those of another: `NAME_CHILD=PID-OWNER-CHILD`.
struct ChildTag {
    private static let owners = Atomic<UInt64>(1)

    let name: String
    let nameBytes: [UInt8]
    private let prefix: String
    private let processPrefix: [UInt8]
    private let ownPrefix: [UInt8]
    private let brand: ChildBrand

    init(marker: ChildMarker) {
        let owner = Self.owners.add(1, ordering: .relaxed).oldValue
        name = marker.name + "_CHILD"
        nameBytes = Array(name.utf8)
        prefix = "\(getpid())-\(owner)-"
        processPrefix = Array("\(getpid())-".utf8)
        ownPrefix = Array(prefix.utf8)
        brand = ChildBrand(marker: marker, owner: owner)
    }

    /// The value for one child.
    func value(of child: UInt64) -> String { prefix + String(child) }

    /// The brand for one child.
    func brand(of child: UInt64) -> UInt64 { brand.value(of: child) }

    /// Whose process it is that has this brand; of all children, those that the brand may mean are `candidates`.
    func owner(ofBrand value: UInt64, among candidates: some Sequence<UInt64>) -> Owner {
        guard brand.isOfSameEngine(value) else { return .unknown }
        guard brand.isOfSameOwner(value) else { return .neighbour }
        return .child(candidates.first { brand.value(of: $0) == value } ?? 0)
    }

    /// Whose process it is that has this value.
    enum Owner: Equatable {
        /// A child of ours.
        case child(UInt64)
        /// A child of another `ChildProcesses` in this process.
        case neighbour
        /// Nobody we know.
        case unknown
    }

    func owner(of value: ArraySlice<UInt8>) -> Owner {
        if value.starts(with: ownPrefix) {
            guard let child = UInt64(String(decoding: value.dropFirst(ownPrefix.count), as: UTF8.self)) else {
                return .unknown
            }
            return .child(child)
        }
        return value.starts(with: processPrefix) ? .neighbour : .unknown
    }
}
