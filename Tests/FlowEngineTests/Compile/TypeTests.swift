// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// Types that come from inputs, declared outputs and lists into the expressions of nodes.
struct TypeTests {
    static let head = """
        flow: 1
        name: types
        inputs:
          tickets:
            type: array
            required: true
            schema: {type: array, items: {type: object, required: [id], properties: {id: {type: integer}, title: {type: string}}, additionalProperties: false}}
          options: {type: object, default: {}, schema: {type: object, properties: {depth: {type: integer}}, additionalProperties: false}}
        nodes:
          list: {set: {rows: [{id: 1, name: a}, {id: 2, name: b}]}}

        """

    static func faults(_ nodes: String) -> [String] {
        Fixtures.compile(head + nodes).diagnostics.filter { $0.severity == .error }.map(\.message)
    }

    @Test(arguments: [
        (
            "foreach: {items: \"${{ inputs.tickets }}\"}, set: {x: \"${{ item.titel ?? '' }}\"}",
            "unknown member `titel`"
        ),
        (
            "foreach: {items: \"${{ inputs.tickets }}\"}, set: {x: \"${{ lower(item.title) }}\"}",
            "this may be null, and `lower` needs string"
        ),
        ("foreach: {items: \"${{ inputs.tickets }}\", key: item.idd}, set: {x: 1}", "unknown member `idd`"),
        ("foreach: {items: \"${{ inputs.tickets }}\", as: t}, when: t.id, set: {x: 1}", "`when` takes true or false"),
        ("foreach: {items: \"${{ nodes.list.outputs.rows }}\"}, set: {x: \"${{ item.nam }}\"}", "unknown member `nam`"),
        ("foreach: {items: [{a: 1}, {a: 2}]}, set: {x: \"${{ item.b }}\"}", "unknown member `b`"),
        (
            "foreach: {items: \"${{ values(group_by(inputs.tickets, it.id)) }}\"}, set: {x: \"${{ item[0].idd }}\"}",
            "unknown member `idd`"
        ),
        ("set: {x: \"${{ inputs.options.depht ?? 1 }}\"}", "unknown member `depht`"),
        ("set: {x: \"${{ inputs.options.depth + 1 }}\"}", "this may be null, and `+` needs a value"),
    ])
    func refuses(node: String, message: String) {
        #expect(Self.faults("  use: {needs: [list], \(node)}\n") == [message])
    }

    @Test(arguments: [
        "foreach: {items: \"${{ inputs.tickets }}\", key: item.id}, set: {x: \"${{ item.title ?? 'none' }}\"}",
        "foreach: {items: \"${{ filter(inputs.tickets, it.title != null) }}\"}, set: {x: \"${{ lower(item.title) }}\"}",
        "foreach: {items: \"${{ nodes.list.outputs.rows }}\", as: row}, set: {x: \"${{ row.name + to_string(item_index) }}\"}",
        "foreach: {items: [1, a]}, set: {x: \"${{ item }}\"}",
        "set: {x: \"${{ (inputs.options.depth ?? 1) + 1 }}\"}",
    ])
    func takes(node: String) {
        #expect(Self.faults("  use: {needs: [list], \(node)}\n") == [])
    }

    /// Items that may be skipped or fail leave null in the lists of their outputs.
    @Test(arguments: [
        ("foreach: {items: [1], on_failure: continue}, ", true), ("foreach: {items: [1]}, when: item > 0, ", true),
        ("foreach: {items: [1]}, ", false), ("foreach: {items: [1]}, when: \"inputs.options != {}\", ", false),
    ])
    func gapsOfItemsAreNull(keys: String, hasGaps: Bool) {
        let nodes = """
              each: {\(keys)run: x, outputs: {n: integer}}
              sum: {needs: {each: succeeded}, set: {n: "${{ sum(nodes.each.outputs.n) }}"}}

            """
        let faults = Self.faults(nodes.split(separator: "\n").map { "\($0)\n" }.joined())
        #expect(faults.contains { $0.contains("array of integer or null") } == hasGaps, "\(faults)")
    }
}
