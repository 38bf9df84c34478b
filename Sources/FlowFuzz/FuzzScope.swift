// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// The names that fuzzed expressions may use.
enum FuzzScope {
    static let values: JSONObject =
        ([
            "inputs": [
                "n": 3, "x": 1.5, "s": "tixt \u{1F600} e\u{301}", "b": true, "none": .null, "code": "${{ inputs.s }}",
            ],
            "nodes": [
                "a": [
                    "outputs": [
                        "rows": [["id": 1, "p": "high", "t": 2.5], ["id": 2, "p": "low", "t": 0]],
                        "names": ["b", "a", "b"],
                        "first": ["id": 1, "p": "high"], "text": "hello",
                    ], "status": "succeeded",
                ]
            ],
            "item": ["key": "k", "values": [3, 1, 2]], "item_index": 0, "attempt": 1, "env": ["HOME": "/root"],
        ] as JSONValue).objectValue ?? JSONObject()

    static let types = FieldScope(
        Dictionary(values.members.map { ($0.key, ValueType(of: $0.value)) }, uniquingKeysWith: { first, _ in first }))
}
