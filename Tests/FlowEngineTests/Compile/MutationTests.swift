// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// No text traps the compiler or the printer. `FLOW_MUTANTS` sets how many are tried.
struct MutationTests {
    static var seeds: [[UInt8]] {
        let fixtures = ["Diagnostics", "Planted", "Plans"].flatMap { folder in
            Fixtures.files(in: folder, ending: ".yaml").map { FilePath.join(Fixtures.folder(folder), $0) }
        }
        let shipped = ShippedWorkflowTests.workflows.map { FilePath.join(ShippedWorkflowTests.root, $0) }
        return (fixtures + Array(repeating: shipped, count: 40).joined()).compactMap {
            try? File.read($0, limit: 1 << 20)
        }.filter {
            $0.count < 16 << 10
        }
    }

    @Test func mutantsNeverTrap() throws {
        let count = ProcessEnvironment.get("FLOW_MUTANTS").flatMap { Int($0) } ?? 2000
        var mutator = Mutator(seeds: Self.seeds, random: SplitMix(state: 99))
        #expect(mutator.seeds.count > 100)
        var valid = 0
        let styles: [DiagnosticPrinter.Style] = [.full(colour: true), .concise, .json, .github]
        for number in 0..<count {
            let bytes = mutator.next()
            let compilation = Fixtures.compiler.compile(
                WorkflowSource(name: "mutant.yaml", bytes: bytes, directory: "", readFile: { _ in Array("{}".utf8) }))
            let text = DiagnosticPrinter(styles[number % 4]).text(compilation.diagnostics, in: compilation.sources)
            #expect(text.isEmpty == compilation.diagnostics.isEmpty)
            #expect((compilation.plan == nil) == compilation.diagnostics.hasErrors)
            for diagnostic in compilation.diagnostics where Int(diagnostic.span.end) > bytes.count + 1 {
                Issue.record(
                    "\(diagnostic.code) ends outside of \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            }
            if let plan = compilation.plan {
                valid += 1
                #expect(!plan.dump().isEmpty && !plan.dot().isEmpty && !plan.mermaid().isEmpty)
            }
        }
        #expect(valid > count / 100, "\(valid) of \(count) mutants are workflows")
    }
}
