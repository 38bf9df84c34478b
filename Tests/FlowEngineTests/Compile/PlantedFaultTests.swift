// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Files with faults planted on marked lines: each is told once, at its line, and nothing else is told.
struct PlantedFaultTests {
    static var files: [String] { Fixtures.files(in: "Planted", ending: ".yaml") }

    @Test(arguments: files) func eachIsToldOnce(file: String) throws {
        let path = FilePath.join(Fixtures.folder("Planted"), file)
        let compilation = try Fixtures.compile(path, name: file)
        var told: [Int] = []
        for diagnostic in compilation.diagnostics where diagnostic.severity == .error {
            let source = try #require(compilation.sources.file(of: diagnostic.span))
            told.append(source.position(at: Int(diagnostic.span.start)).line)
        }
        // A mark `#!` stands for one fault on its line, `#!!` for two.
        var planted: [Int] = []
        let lines = try File.readText(path, limit: 1 << 20).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let marks = line.suffix(while: { $0 == "!" })
            if line.dropLast(marks.count).hasSuffix("#") { planted += marks.map { _ in index + 1 } }
        }
        #expect(!planted.isEmpty)
        #expect(told == planted, "\(Fixtures.printer.text(compilation.diagnostics, in: compilation.sources))")
    }

    @Test func thereAreThirty() { #expect(Self.files.count >= 30) }
}

extension Substring {
    fileprivate func suffix(while isWanted: (Character) -> Bool) -> Substring {
        self[(lastIndex { !isWanted($0) }.map { index(after: $0) } ?? startIndex)...]
    }
}
