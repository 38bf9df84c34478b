// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object, in order of writing. A key stands once; setting it again keeps its place.
public struct JSONObject: Sendable {
    /// One key with its value.
    public struct Member: Sendable, Hashable {
        public var key: String
        public var value: JSONValue

        /// A member of an object.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The members in order. Keys are unique.
    public private(set) var members: [Member]

    /// Present for large objects only: a scan of a few short keys is quicker than hashing one.
    private var places: [String: Int]?

    private static let scanLimit = 16

    /// An object without members.
    public init() {
        members = []
        places = nil
    }

    /// An object of the given members; of members with the same key the last one wins.
    public init(_ members: some Sequence<Member>) {
        self.init()
        for member in members { self[member.key] = member.value }
    }

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The keys in order.
    public var keys: [String] { members.map(\.key) }

    /// The value of a key. Setting nil removes the member.
    public subscript(key: String) -> JSONValue? {
        get { place(of: key).map { members[$0].value } }
        set {
            switch (place(of: key), newValue) {
            case (let place?, let value?): members[place].value = value
            case (nil, let value?):
                members.append(Member(key: key, value: value))
                if places != nil {
                    places?[key] = members.count - 1
                } else if members.count > Self.scanLimit {
                    indexMembers()
                }
            case (let place?, nil):
                members.remove(at: place)
                if places != nil { indexMembers() }
            case (nil, nil): break
            }
        }
    }

    private func place(of key: String) -> Int? {
        if let places { places[key] } else { members.firstIndex { $0.key == key } }
    }

    private mutating func indexMembers() {
        var places: [String: Int] = [:]
        places.reserveCapacity(members.count)
        for (place, member) in members.enumerated() { places[member.key] = place }
        self.places = places
    }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // Order does not count, so the members' hashes are combined by a commutative operation.
        var sum = 0
        for member in members { sum &+= member.hashValue }
        hasher.combine(sum)
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
