// SPDX-License-Identifier: Apache-2.0

/// A number that every child gets and hands on to its descendants, which they cannot drop as they can an environment.
///
/// It is kept where no program looks (see `flow_brand`). Its 62 bits tell, as hashes, the name and the value of the
/// marker, which `ChildProcesses` of the process it is, and which child. As hashes may meet, a brand only counts for
/// a process without the marker in its environment.
struct ChildBrand {
    private static let nameBits: UInt64 = 22
    private static let valueBits: UInt64 = 18
    private static let ownerBits: UInt64 = 6
    private static let childBits: UInt64 = 16
    /// So large that it is no limit, and unlike any that a person would set.
    private static let shape: UInt64 = 1 << 62

    private let engine: UInt64
    private let engineMask: UInt64
    private let owner: UInt64

    /// The brand of a marker. Without a value, those of all markers of that name count as the same.
    init(name: String, value: String?, owner: UInt64 = 0) {
        let valueShift = Self.ownerBits + Self.childBits
        let nameShift = valueShift + Self.valueBits
        var engine = Self.shape | Self.hash(name, Self.nameBits) << nameShift
        if let value { engine |= Self.hash(value, Self.valueBits) << valueShift }
        self.engine = engine
        engineMask = ~0 << (value == nil ? nameShift : valueShift)
        self.owner = (owner % (1 << Self.ownerBits)) << Self.childBits
    }

    /// The brand of a marker, and of one of the `ChildProcesses` that use it.
    init(marker: ChildMarker, owner: UInt64) {
        self.init(name: marker.name, value: marker.value, owner: owner)
    }

    /// The number for a child. It comes again after 65,536 children.
    func value(of child: UInt64) -> UInt64 { engine | owner | child % (1 << Self.childBits) }

    /// Whether a number belongs to a child of the same marker.
    func isOfSameEngine(_ value: UInt64) -> Bool { value & engineMask == engine }

    /// Whether a number belongs to a child of the same marker and the same `ChildProcesses`.
    func isOfSameOwner(_ value: UInt64) -> Bool { value >> Self.childBits == (engine | owner) >> Self.childBits }

    /// FNV-1a, folded.
    private static func hash(_ text: String, _ bits: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return (hash ^ hash >> 32) % (1 << bits)
    }
}
