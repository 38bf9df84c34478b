// SPDX-License-Identifier: Apache-2.0

/// What is left of an evaluation's steps.
struct ExpressionBudget {
    let limits: ExpressionLimits
    private var steps: Int

    init(limits: ExpressionLimits) {
        self.limits = limits
        steps = limits.steps
    }

    mutating func spend(_ count: Int, at range: Range<Int>) throws(ExpressionError) {
        guard count <= steps else {
            steps = 0
            throw ExpressionError(.stepLimit, "the expression takes more than \(limits.steps) steps", at: range)
        }
        steps -= count
    }

    /// Pays for going through a text.
    mutating func spend(bytes: Int, at range: Range<Int>) throws(ExpressionError) {
        try spend(bytes / 256, at: range)
    }

    /// Pays for going through a whole value. Shared parts count each time, because each time they are gone through.
    mutating func spend(walking value: JSONValue, at range: Range<Int>) throws(ExpressionError) {
        let (product, overflow) = steps.multipliedReportingOverflow(by: 256)
        let affordable = overflow ? Int.max / 2 : Swift.min(product, Int.max / 2)
        try spend(bytes: value.weight(limit: affordable + 256) ?? (affordable + 512), at: range)
    }

    /// Refuses a new value of more than the allowed size.
    func check(size: Int, at range: Range<Int>) throws(ExpressionError) {
        if size > limits.size {
            throw ExpressionError(.sizeLimit, "the value grows larger than \(limits.size) bytes", at: range)
        }
    }

    /// Refuses a list of more elements than the allowed size holds.
    func check(count: Int, at range: Range<Int>) throws(ExpressionError) {
        if count > limits.size / JSONValue.scalarWeight { try check(size: .max, at: range) }
    }
}

extension JSONValue {
    /// What a value without text weighs.
    static let scalarWeight = 8

    /// About the bytes of the value; nil when there are more than `limit`. Stops there.
    func weight(limit: Int) -> Int? {
        var rest = limit
        return subtractWeight(from: &rest) ? limit - rest : nil
    }

    private func subtractWeight(from rest: inout Int) -> Bool {
        rest -= Self.scalarWeight
        switch self {
        case .null, .bool, .integer, .number: break
        case .string(let text): rest -= text.utf8.count
        case .array(let elements):
            for element in elements where !element.subtractWeight(from: &rest) { return false }
        case .object(let object):
            for member in object.members {
                rest -= member.key.utf8.count
                guard member.value.subtractWeight(from: &rest) else { return false }
            }
        }
        return rest >= 0
    }
}
