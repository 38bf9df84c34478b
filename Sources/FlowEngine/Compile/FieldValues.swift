// SPDX-License-Identifier: Apache-2.0

import YAML

/// The values of a mapping by key. Its keys are few: they are found sooner by looking at each than by a hash.
struct FieldValues {
    private var entries: [(name: String, value: YAMLNode)] = []

    init() {}

    /// Of two values with one name the first counts.
    init(_ entries: [(name: String, value: YAMLNode)]) { self.entries = entries }

    subscript(_ name: String) -> YAMLNode? { entries.first { $0.name == name }?.value }

    /// The keys, in the order of writing.
    var names: some Sequence<String> { entries.lazy.map(\.name) }

    /// Adds a value; one of the same name that is there already gives way.
    mutating func add(_ name: String, _ value: YAMLNode) {
        if let place = entries.firstIndex(where: { $0.name == name }) {
            entries[place].value = value
        } else {
            entries.append((name, value))
        }
    }
}
