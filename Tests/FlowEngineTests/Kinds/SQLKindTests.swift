// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Testing

struct SQLKindTests {
    let folder: AttemptFolder
    let kind: SQLKind

    init() throws {
        folder = try AttemptFolder()
        kind = SQLKind(tools: ToolPaths(), processes: folder.processes)
    }

    private func rows(_ body: JSONValue) async throws -> [String: JSONValue] {
        let outcome = await folder.run(kind, body)
        let outputs = try #require(outcome.result?.outputs, "\(outcome)")
        return Dictionary(uniqueKeysWithValues: outputs.members.map { ($0.key, $0.value) })
    }

    private func failure(_ body: JSONValue) async throws -> NodeFailure {
        let outcome = await folder.run(kind, body)
        return try #require(outcome.failure, "\(outcome)")
    }

    @Test func `rows come out as values and as a file`() async throws {
        let file = try folder.write("id,name,cost\n1,\"a, b\",2.5\n2,,\n", to: "t.csv")
        let outcome = await folder.run(
            kind, ["tables": ["t": .string(file)], "query": "SELECT *, id * 2 AS twice FROM t ORDER BY id"])
        let result = try #require(outcome.result, "\(outcome)")
        #expect(
            result.outputs["rows"] == [
                ["id": 1, "name": "a, b", "cost": 2.5, "twice": 2],
                ["id": 2, "name": nil, "cost": nil, "twice": 4],
            ])
        #expect(result.outputs["row_count"] == 2)
        #expect(result.outputs["columns"] == ["id", "name", "cost", "twice"])
        #expect(result.outputs["first"]?["name"] == "a, b")
        #expect(result.outputs["truncated"] == false)
        #expect(result.artifacts.map(\.name) == kind.artifactNames(of: NodeDefinition(id: "n", kind: "sql")))
        let artifact = try #require(result.artifacts.first)
        #expect(artifact.mediaType == "text/csv")
        #expect(
            try artifact.text
                == "id,name,cost,twice\n1,\"a, b\",2.5,2\n2,,,4\n")
        #expect(folder.remains == ["table.csv"])
    }

    @Test func `the last statement with rows counts, and max_rows cuts only the value`() async throws {
        let outputs = try await rows([
            "query": """
            CREATE TABLE n (i); SELECT 'not this';
            INSERT INTO n VALUES (1), (2), (3);
            SELECT i FROM n; DELETE FROM n; DROP TABLE n;
            """, "max_rows": 2,
        ])
        #expect(outputs["rows"] == [["i": 1], ["i": 2]])
        #expect(outputs["row_count"] == 3)
        #expect(outputs["truncated"] == true)
        #expect(try File.readText(FilePath.join(folder.attempt, "table.csv"), limit: 100) == "i\n1\n2\n3\n")
    }

    @Test func `a script without rows leaves an empty file`() async throws {
        let outputs = try await rows(["query": "CREATE TABLE a (b)"])
        #expect(outputs["rows"] == [])
        #expect(outputs["first"] == .null)
        #expect(try File.size(of: FilePath.join(folder.attempt, "table.csv")) == 0)
    }

    @Test func `parameters are values of their types`() async throws {
        let outputs = try await rows([
            "query":
                "SELECT :a AS a, $b AS b, @c AS c, :d AS d, typeof(:e) AS e, (SELECT sum(value) FROM json_each(:f)) AS f",
            "params": ["a": "x'; DROP", "b": 2, "c": 1.5, "d": nil, "e": true, "f": [1, 2, 3], "unused": 1],
        ])
        #expect(
            outputs["first"] == ["a": "x'; DROP", "b": 2, "c": 1.5, "d": nil, "e": "integer", "f": 6])
        let failure = try await failure(["query": "SELECT 1;\n SELECT :gone"])
        #expect(failure.reason == .badData)
        #expect(failure.message == "query:2:2: the parameter :gone has no value")
    }

    @Test func `mistakes are told with file, line and column`() async throws {
        _ = try folder.write("-- patterns\nSELECT 1;\n\nSELECT\n    1, foo\nFROM t", to: "patterns.sql")
        let file = try folder.write("a\n1\n", to: "t.csv")
        let failure = try await failure(["tables": ["t": .string(file)], "file": "patterns.sql"])
        #expect(failure.reason == .badData)
        #expect(failure.message == "patterns.sql:5:8: no such column: foo")
        #expect(failure.excerpt == "    1, foo\n       ^")
    }

    @Test(arguments: [
        ("SELEC 1", "query:1:1: near \"SELEC\": syntax error"),
        ("SELECT 1; -- é\n /* x */ SELECT abs(-9223372036854775808)", "query:2:10: integer overflow"),
        ("SELECT 1; ATTACH 'x.db' AS x", "query:1:11: a query may not do this: not authorized"),
        (
            "SELECT load_extension('x')",
            "query:1:8: a query may not do this: not authorized to use function: load_extension"
        ),
    ])
    func `statements that fail are found`(sql: String, message: String) async throws {
        let failure = try await failure(["query": .string(sql)])
        #expect(failure.reason == .badData)
        #expect(failure.message == message)
    }

    @Test func `declared types, new names and null words`() async throws {
        let file = try folder.write(
            "Opened At;Count;Done;Rate;Day\n29-02-2016 01:16;007;Yes;1e3;03/04/24\n?;?;no;;\n", to: "t.txt")
        let outputs = try await rows([
            "tables": [
                "t": [
                    "file": .string(file), "format": "csv", "delimiter": ";", "nulls": ["?"],
                    "columns": [
                        "Opened At": ["type": "datetime", "format": "%d-%m-%Y %H:%M", "as": "opened"],
                        "Count": "integer", "Done": ["type": "boolean"], "Rate": "number",
                        "Day": ["type": "date", "format": "%d/%m/%y"],
                    ],
                ]
            ], "query": "SELECT * FROM t",
        ])
        #expect(
            outputs["rows"] == [
                ["opened": "2016-02-29 01:16:00", "Count": 7, "Done": 1, "Rate": 1000.0, "Day": "2024-04-03"],
                ["opened": nil, "Count": nil, "Done": 0, "Rate": nil, "Day": nil],
            ])
    }

    @Test func `a value that is not of its type is an error or null`() async throws {
        let file = try folder.write("id,at\n1,29-02-2016 01:16\n2,2016-02-30\n3,\n4,soon\n", to: "t.csv")
        func body(_ policy: String) -> JSONValue {
            [
                "tables": [
                    "t": [
                        "file": .string(file),
                        "columns": [
                            "at": ["type": "datetime", "format": "%d-%m-%Y %H:%M", "on_error": .string(policy)]
                        ],
                    ]
                ], "query": "SELECT count(at) AS n FROM t",
            ]
        }
        let failure = try await failure(body("fail"))
        #expect(failure.reason == .badData)
        #expect(
            failure.message
                == "t.csv:3: column `at`: \"2016-02-30\" is no datetime of the format `%d-%m-%Y %H:%M`")
        #expect(try await rows(body("null"))["first"] == ["n": 1])
        #expect(folder.log == ["t.csv: column `at`: 2 values are no datetime and became null"])
    }

    @Test func `names of tables and columns are quoted`() async throws {
        let file = try folder.write("a\"b,select,A\"B\n1,2,3\n", to: "t.csv")
        let outputs = try await rows([
            "tables": ["my \"table\"; DROP": .string(file)],
            "query": "SELECT \"a\"\"b\", \"select\", \"A\"\"B_2\" FROM \"my \"\"table\"\"; DROP\"",
        ])
        #expect(outputs["rows"] == [["a\"b": 1, "select": 2, "A\"B_2": 3]])
    }

    @Test(.timeLimit(.minutes(1))) func `cancellation stops a query that does not end`() async throws {
        let task = Task { [folder, kind] in
            await folder.run(
                kind,
                ["query": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"])
        }
        // Before, at, or after the start: it must end in every case.
        for _ in 0..<Int.random(in: 0...20) { await Task.yield() }
        task.cancel()
        #expect(await task.value.failure?.reason == .cancelled)
        #expect(!folder.remains.contains(".tables.db"))
    }

    @Test func `files that cannot be read are named`() async throws {
        let missing = try await failure(["tables": ["t": "gone.csv"], "query": "SELECT 1"])
        #expect(missing.message == "gone.csv: cannot be opened: No such file or directory")
        let unknown = try await failure(["tables": ["t": "gone.parquet"], "query": "SELECT 1"])
        #expect(unknown.message.contains("the ending `.parquet` is no format of tables"))
    }

    /// Writes a spreadsheet of one sheet with texts and a number.
    private static let spreadsheet = """
        import sys, zipfile
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006"
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml."
        def text(value): return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        with zipfile.ZipFile(sys.argv[1], "w") as file:
            file.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types">'
                '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/xl/workbook.xml" ContentType="{kind}sheet.main+xml"/>'
                f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}worksheet+xml"/></Types>')
            file.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">'
                f'<Relationship Id="a" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
            file.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
                '<sheet name="Tickets" sheetId="1" r:id="a"/></sheets></workbook>')
            file.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">'
                f'<Relationship Id="a" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>')
            file.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>'
                f'<row>{text("id")}{text("what")}</row><row><c><v>7</v></c>{text("late, again")}</row>'
                '</sheetData></worksheet>')
        """

    @Test func `a spreadsheet is a table`() async throws {
        guard let tools = TestMachine.tools() else { return }
        let file = folder.file("t.xlsx")
        let command = ChildCommand(executable: tools.python, arguments: ["-c", Self.spreadsheet, file])
        #expect(try await folder.processes.run(command).isSuccess)
        let outputs = try await rows(["tables": ["t": .string(file)], "query": "SELECT * FROM t"])
        #expect(outputs["rows"] == [["id": 7, "what": "late, again"]])
        #expect(folder.remains == ["table.csv"])
        let failure = try await failure([
            "tables": ["t": ["file": .string(file), "sheet": "Gone"]], "query": "SELECT 1",
        ])
        #expect(failure.reason == .badData)
        #expect(failure.message == "t.xlsx has no sheet \"Gone\" (it has: Tickets)")
    }

    @Test func `the real ticket log`() async throws {
        guard let file = TestMachine.sharedFile("tickets/incident_event_log.csv") else { return }
        let time: JSONValue = ["type": "datetime", "format": "%d-%m-%Y %H:%M"]
        let outputs = try await rows([
            "tables": [
                "log": ["file": .string(file), "nulls": ["?"], "columns": ["opened_at": time, "closed_at": time]]
            ],
            "query": """
            SELECT count(DISTINCT number) AS incidents, count(DISTINCT number) FILTER (WHERE made_sla = 'FALSE') AS late,
                sum(priority LIKE '3%') AS p3, sum(priority LIKE '4%') AS p4, sum(priority LIKE '2%') AS p2,
                sum(priority LIKE '1%') AS p1, sum(made_sla = 'FALSE') AS missed, typeof(max(sys_mod_count)) AS type,
                min(opened_at) AS first
            FROM log
            """,
        ])
        let first = try #require(outputs["first"])
        #expect(first["incidents"] == 890)
        #expect([first["p3"], first["p4"], first["p2"], first["p1"]] == [5046, 573, 235, 144])
        #expect(first["missed"] == 399)
        #expect(first["type"] == "integer")
    }
}
