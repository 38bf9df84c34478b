// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import SQLite
import Testing

@testable import FlowEngine

struct TableLoaderTests {
    let folder: AttemptFolder

    init() throws { folder = try AttemptFolder() }

    /// Loads a file as the table `t`, and gives all its values.
    private func load(_ text: String, as name: String, _ more: JSONValue = [:]) throws -> [[SQLiteValue]] {
        var object = try #require(more.objectValue)
        object["file"] = .string(try folder.write(text, to: name))
        let options = try TableOptions(.object(object), table: "t")
        let connection = try SQLiteConnection("", mode: .memory)
        let format = try #require(options.format ?? TableFormat(extension: FilePath.extension(name)))
        let reader = try options.reader(options.file, name: name, format: format, limits: .standard)
        let loader = TableLoader(name: "t", file: name, options: options, isCancelled: { false })
        _ = try connection.transaction { try loader.load(reader, into: connection) }
        var rows: [[SQLiteValue]] = []
        try connection.prepare("SELECT * FROM t").forEachRow { rows.append($0.values) }
        return rows
    }

    private func message(_ text: String, as name: String, _ more: JSONValue = [:]) -> String? {
        do {
            _ = try load(text, as: name, more)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        (["1", "-20", ""], [.integer(1), .integer(-20), .null] as [SQLiteValue]),
        (["9223372036854775807"], [.integer(.max)]),
        (["9223372036854775808"], [.text("9223372036854775808")]),
        (["1", "2.5", "1e3"], [.real(1), .real(2.5), .real(1000)]),
        (["01", "2"], [.text("01"), .text("2")]),
        (["1", " 2"], [.text("1"), .text(" 2")]),
        (["+1"], [.text("+1")]),
        (["0", "-0"], [.text("0"), .text("-0")]),
        (["1", "x", "2"], [.text("1"), .text("x"), .text("2")]),
        (["1.", "nan", "0x10", "1_0"], [.text("1."), .text("nan"), .text("0x10"), .text("1_0")]),
        (["", ""], [.null, .null]),
    ])
    func `types are those of the whole column`(cells: [String], expected: [SQLiteValue]) throws {
        let text = "v,w\n" + cells.map { "\($0),.\n" }.joined()
        #expect(try load(text, as: "t.csv").map { $0[0] } == expected)
    }

    @Test func `JSON keeps its types`() throws {
        let rows: [[SQLiteValue]] = [
            [.integer(1), .text("01"), .null, .null],
            [.integer(2), .text(""), .integer(1), .text("[1,{\"a\":null}]")],
        ]
        let objects = ["{\"a\":1,\"b\":\"01\",\"c\":null}", "{\"a\":2,\"b\":\"\",\"c\":true,\"d\":[1,{\"a\":null}]}"]
        #expect(try load("[\(objects.joined(separator: ","))]", as: "t.json") == rows)
        #expect(try load("{\"n\":1,\"rows\":[\(objects.joined(separator: ","))]}", as: "t.json") == rows)
        #expect(try load(objects.joined(separator: "\r\n\n"), as: "t.jsonl") == rows)
        #expect(
            try load("[{\"a\":1},{\"a\":1.5},{\"a\":\"x\"}]", as: "t.json")
                == [[.text("1")], [.text("1.5")], [.text("x")]])
    }

    @Test(arguments: [
        ("{\"a\":1}\n{\"a\":\n", "t.jsonl", "t.jsonl:2: unexpected end of text, a value is missing (column 6)"),
        ("{\"a\":1}\n[1]\n", "t.jsonl", "t.jsonl:2: holds array, an object is wanted"),
        ("[\n{\"a\":1},\n2]", "t.json", "t.json: element 1 is integer, an object is wanted"),
        ("[\n{\"a\" 1}]", "t.json", "t.json:2: "),
        ("{\"a\":[],\"b\":[]}", "t.json", "t.json: is an object with 2 arrays, one is wanted"),
    ])
    func `JSON that is no table is refused`(text: String, name: String, expected: String) {
        let found = message(text, as: name)
        #expect(found?.hasPrefix(expected) == true, "\(found ?? "nothing")")
    }

    @Test(arguments: [
        ("29-02-2016 01:16", "%d-%m-%Y %H:%M", "2016-02-29 01:16:00"),
        ("29-02-2015 01:16", "%d-%m-%Y %H:%M", nil),
        ("3/4/69", "%d/%m/%y", "1969-04-03 00:00:00"),
        ("3/4/68", "%d/%m/%y", "2068-04-03 00:00:00"),
        ("Jan 5 2020 12:01:59 am", "%b %d %Y %I:%M:%S %p", "2020-01-05 00:01:59"),
        ("dec  5 2020 1:00 PM", "%b %d %Y %H:%M %p", "2020-12-05 13:00:00"),
        ("5 Foo 2020", "%d %b %Y", nil),
        ("2020-01-05 24:00", "%Y-%m-%d %H:%M", nil),
        ("2020-01-05 10:00 ", "%Y-%m-%d %H:%M", "2020-01-05 10:00:00"),
        ("2020-01-05 10:00x", "%Y-%m-%d %H:%M", nil),
        ("100% 2020-01-05", "100%% %Y-%m-%d", "2020-01-05 00:00:00"),
        ("2020-01-05T10:00:01.5+02:00", nil, "2020-01-05 08:00:01.500"),
        ("2020-03-01T00:30+01:00", nil, "2020-02-29 23:30:00"),
        ("2020-12-31 23:30-01:00", nil, "2021-01-01 00:30:00"),
        ("2020-1-5", nil, nil),
        ("", nil, nil),
    ])
    func `times are read`(text: String, format: String?, expected: String?) throws {
        let bytes = Array(text.utf8)[...]
        let time: TableTime?
        if let format {
            time = try TimeFormat(format).read(CellReading.trimmed(bytes))
        } else {
            time = TableTime(iso8601: bytes)
        }
        #expect(time?.text == expected)
    }

    @Test(arguments: ["%d %m", "%Q %Y %m %d", "%Y-%m-%d %"])
    func `formats that are not known are refused`(format: String) {
        #expect(throws: TimeFormat.Fault.self) { try TimeFormat(format) }
    }

    @Test(
        arguments: [
            (["columns": ["nmae": "text"]], "t.csv: column `nmae`: the file has no such column; is `name` meant?"),
            (
                ["columns": ["name": "decimal"]],
                "table `t`: column `name`: `decimal` is no type (text, integer, number, boolean, datetime, date)"
            ),
            (["columns": ["name": "integer"]], "t.csv:2: column `name`: \"x\" is no integer"),
            (["columns": ["name": ["as": "ID"]]], "t.csv: column `name`: a second column would be named `ID`"),
            (
                ["format": "parquet"],
                "table `t`: `parquet` is no format of tables (`csv`, `tsv`, `json`, `jsonl`, `xlsx`)"
            ),
            (
                ["encoding": "ebcdic"],
                "table `t`: `ebcdic` is no encoding (utf-8, utf-8-sig, utf-16, latin-1, windows-1252)"
            ),
            (["delimiter": "::"], "table `t`: the delimiter is `,`, `;`, `|` or a tab (\"\\t\")"),
        ] as [(JSONValue, String)])
    func `options that do not fit are refused`(options: JSONValue, expected: String) {
        #expect(message("id,name\n1,x\n", as: "t.csv", options) == expected)
    }
}
