// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// What users are shown for each of many bad files, word by word.
struct DiagnosticGoldenTests {
    static let folder = Fixtures.folder("Diagnostics")

    static var files: [String] { Fixtures.files(in: "Diagnostics", ending: ".yaml") }

    @Test(arguments: files) func isTold(file: String) throws {
        let text = try Fixtures.report(FilePath.join(Self.folder, file), name: file)
        #expect(!text.isEmpty)
        try Fixtures.compare(text, with: FilePath.join(Self.folder, String(file.dropLast(5)) + ".txt"))
    }

    @Test func thereAreManyFiles() {
        #expect(Self.files.count >= 150)
    }

    /// The table of what they are about names each of them.
    @Test func theTableNamesEachFile() throws {
        let table = try File.readText(FilePath.join(Self.folder, "README.md"), limit: 1 << 20)
        let words = table.split { $0.isWhitespace || $0 == "|" }.map(String.init)
        let named = Set(words.filter { $0.contains("_") && $0.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } })
        let files = Set(Self.files.map { String($0.dropLast(5)) })
        #expect(named.subtracting(["FLOW_UPDATE_SNAPSHOTS"]) == files)
    }

    /// Each error is told once: no two at the same place with the same code and words.
    @Test(arguments: files) func nothingIsToldTwice(file: String) throws {
        let compilation = try Fixtures.compile(FilePath.join(Self.folder, file), name: file)
        let places = compilation.diagnostics.map { "\($0.span.start) \($0.code) \($0.message)" }
        #expect(Set(places).count == places.count)
        for diagnostic in compilation.diagnostics {
            let words = diagnostic.message
            #expect(!words.hasSuffix("."), "\(words)")
            #expect(words.first?.isUppercase != true, "\(words)")
            #expect(diagnostic.span.isKnown)
        }
    }
}
