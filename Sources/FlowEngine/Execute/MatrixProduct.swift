// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The combinations of a `matrix`.
enum MatrixProduct {
    /// The most combinations.
    static let most = 100_000

    /// All combinations of the values of the axes, in the order of writing, the last axis changing fastest; without
    /// those that an entry of `exclude` matches, and with those of `include` after them. An entry of `include` that
    /// has the values of existing combinations for all axes it names, and something more, is added to these.
    static func combinations(of matrix: JSONValue) throws(NodeFailureError) -> [JSONValue] {
        var combinations: [JSONObject] = []
        var hasAxis = false
        for axis in matrix.objectValue ?? JSONObject() where !["include", "exclude"].contains(axis.key) {
            guard let values = axis.value.arrayValue else {
                throw failure("axis `\(axis.key)` of the matrix is \(axis.value.typeName), not an array")
            }
            if !hasAxis { combinations = [JSONObject()] }
            hasAxis = true
            let count = combinations.count.multipliedReportingOverflow(by: values.count)
            guard !count.overflow, count.partialValue <= most else {
                throw failure("the matrix has more than \(most) combinations")
            }
            var next: [JSONObject] = []
            next.reserveCapacity(count.partialValue)
            for combination in combinations {
                for value in values {
                    var longer = combination
                    longer[axis.key] = value
                    next.append(longer)
                }
            }
            combinations = next
        }
        let axes = Set(combinations.first?.keys ?? [])
        for entry in try entries("exclude", of: matrix) {
            combinations.removeAll { combination in entry.allSatisfy { combination[$0.key] == $0.value } }
        }
        let original = combinations.count
        for entry in try entries("include", of: matrix) {
            var isAdded = false
            let shared = entry.filter { axes.contains($0.key) }
            if !shared.isEmpty, entry.contains(where: { !axes.contains($0.key) }) {
                for place in 0..<original where shared.allSatisfy({ combinations[place][$0.key] == $0.value }) {
                    for member in entry { combinations[place][member.key] = member.value }
                    isAdded = true
                }
            }
            if !isAdded { combinations.append(entry) }
        }
        guard combinations.count <= most else { throw failure("the matrix has more than \(most) combinations") }
        return combinations.map { .object($0) }
    }

    private static func entries(_ name: String, of matrix: JSONValue) throws(NodeFailureError) -> [JSONObject] {
        guard let value = matrix[name] else { return [] }
        let entries = value.arrayValue?.compactMap(\.objectValue)
        guard let entries, entries.count == value.arrayValue?.count else {
            throw failure("`\(name)` of the matrix is no list of objects")
        }
        return entries
    }

    private static func failure(_ text: String) -> NodeFailureError {
        NodeFailureError(failure: NodeFailure(.expression, text))
    }

    /// The stable name of a combination: its values with commas between them; its place if they are no short scalars.
    static func key(of item: JSONValue, at place: Int) -> String {
        guard let object = item.objectValue else { return item.plainText }
        var parts: [String] = []
        for member in object {
            switch member.value {
            case .string, .integer, .bool, .number: parts.append(member.value.plainText)
            default: return String(place)
            }
        }
        let key = parts.joined(separator: ",")
        let isPlain = key.utf8.allSatisfy { $0 > 0x20 && $0 != 0x2F && $0 != 0x5B && $0 != 0x5D && $0 != 0x7F }
        return !key.isEmpty && key.utf8.count <= 120 && isPlain ? key : String(place)
    }
}
