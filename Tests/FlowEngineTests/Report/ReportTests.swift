// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// The reports for code hosts and CI services, word by word.
struct ReportTests {
    static let names = ["graph_unknown_need", "expression_in_run", "yaml_nul", "input_unused", "yaml_emoji_column"]

    static func files() throws -> [CheckedFile] {
        var files: [CheckedFile] = []
        for name in names {
            let path = FilePath.join(Fixtures.folder("Diagnostics"), name + ".yaml")
            let compilation = try Fixtures.compile(path, name: "flows/\(name).yaml")
            files.append(
                CheckedFile(
                    name: "flows/\(name).yaml",
                    faults: compilation.diagnostics.map { CheckedFile.Fault($0, in: compilation.sources) }))
        }
        files.append(CheckedFile(name: "a file & more.yaml"))
        files.append(CheckedFile(name: "none.yaml", failure: "there is no file `none.yaml`"))
        return files
    }

    @Test func sarifIsGolden() throws {
        let text = SARIFReport.log(of: try Self.files(), version: "1.0.0").jsonText(.pretty) + "\n"
        try Fixtures.compare(text, with: FilePath.join(Fixtures.folder("Reports"), "validate.sarif"))
    }

    @Test func junitIsGolden() throws {
        let text = JUnitReport.text(of: try Self.files())
        try Fixtures.compare(text, with: FilePath.join(Fixtures.folder("Reports"), "validate.junit.xml"))
    }

    /// What SARIF 2.1.0 asks of each result.
    @Test func sarifHoldsTogether() throws {
        let files = try Self.files()
        let log = SARIFReport.log(of: files, version: "1.0.0")
        #expect(log["version"] == "2.1.0")
        let run = try #require(log["runs"]?.arrayValue?.first)
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.arrayValue)
        let results = try #require(run["results"]?.arrayValue)
        #expect(results.count == files.reduce(0) { $0 + $1.faults.count })
        for result in results {
            let index = try #require(result["ruleIndex"]?.integerValue)
            #expect(rules[Int(index)]["id"] == result["ruleId"])
            #expect(rules[Int(index)]["shortDescription"]?["text"]?.stringValue?.isEmpty == false)
            let region = try #require(
                result["locations"]?.arrayValue?.first?["physicalLocation"]?["region"])
            for key in ["startLine", "startColumn", "endLine", "endColumn"] {
                #expect((region[key]?.integerValue ?? 0) >= 1)
            }
        }
        #expect(results.contains { $0["fixes"] != nil } && results.contains { $0["relatedLocations"] != nil })
        #expect(run["invocations"]?.arrayValue?.first?["executionSuccessful"] == false)
    }
}
