// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// The table of needs on the page of states says what the machine does.
struct JoinPageTests {
    @Test func theTableOnThePageIsThatOfTheMachine() throws {
        let page = FilePath.normalise(FilePath.join(#filePath, "../../../../docs/states.md"))
        let lines = try File.readText(page, limit: 1 << 20).split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("| condition |") })
        func cells(_ line: Substring) -> [String] {
            line.split(separator: "|").map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        let columns = try cells(lines[start]).dropFirst().map { heading in
            try heading.split(separator: ",").map { word in
                try #require(NodeStatus(rawValue: String(word.drop { $0 == " " })))
            }
        }
        #expect(Set(columns.joined()) == Set(NodeStatus.allCases.filter(\.isTerminal)))
        var conditions: [NeedCondition] = []
        for line in lines[(start + 2)...].prefix(while: { $0.hasPrefix("|") }) {
            let row = cells(line)
            let name = row[0].replacing("`", with: "")
            let condition = name == "needs: [a]" ? .met : try #require(NeedCondition(rawValue: name))
            conditions.append(condition)
            for (column, text) in zip(columns, row.dropFirst()) {
                for status in column {
                    let words =
                        switch (condition.accepts(status, continues: false), condition.accepts(status, continues: true))
                        {
                        case (true, true): "met"
                        case (false, true): "only with `on_failure: continue`"
                        default: "–"
                        }
                    #expect(text == words, "\(condition) and \(status)")
                }
            }
        }
        #expect(Set(conditions) == Set(NeedCondition.allCases) && conditions.count == NeedCondition.allCases.count)
    }
}
