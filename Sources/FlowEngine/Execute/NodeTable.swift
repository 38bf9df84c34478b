// SPDX-License-Identifier: Apache-2.0

/// Values of nodes by the machine's index: dense, because most nodes get one.
struct NodeTable<Value: Sendable>: Sendable {
    private var values: [Value?] = []

    /// The value of a node; nil if it has none.
    subscript(node: Int) -> Value? {
        get { node < values.count ? values[node] : nil }
        set {
            if node >= values.count {
                if newValue == nil { return }
                values.append(contentsOf: repeatElement(nil, count: node + 1 - values.count))
            }
            values[node] = newValue
        }
    }
}
