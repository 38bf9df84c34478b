// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Each code is explained, by examples that do what is said of them.
struct ExplanationTests {
    /// The codes as they stand in the source: a new one has to be explained.
    static var declared: [String] {
        get throws {
            let path = FilePath.normalise(
                FilePath.join(#filePath, "../../../../Sources/FlowCore/Diagnostic/DiagnosticCode.swift"))
            let text = try File.readText(path, limit: 1 << 20)
            return text.split(separator: "\n").filter { $0.contains("public static let") }.compactMap { line in
                line.split(separator: "\"").dropFirst().first.map(String.init)
            }
        }
    }

    @Test func eachCodeIsExplainedOnce() throws {
        let codes = try Self.declared
        #expect(codes.count >= 40)
        #expect(Explanation.all.map(\.code.description) == codes.sorted())
    }

    static func compile(_ bytes: [UInt8], agents: [AgentDefinition], part: String? = nil) -> Compilation {
        Compiler(kinds: Fixtures.kinds, agents: agents).compile(
            WorkflowSource(name: "example.yaml", bytes: bytes, directory: "") { path in
                path.hasSuffix("part.yaml") ? part.map { Array($0.utf8) } : nil
            })
    }

    @Test(arguments: Explanation.all.filter { $0.bad != nil }) func theBadExampleHasThisFaultOnly(
        _ explanation: Explanation
    ) throws {
        let agents = explanation.agent == nil ? [] : [AgentDefinition(name: "greeter", instructions: "Greet.")]
        let compilation = Self.compile(try #require(explanation.badBytes), agents: agents, part: explanation.part)
        var codes = compilation.diagnostics.map(\.code)
        if let given = explanation.given {
            #expect(codes.isEmpty)
            let inputs = try #require(compilation.definition?.inputs)
            codes = InputBinder(inputs: inputs).bind(try #require(given.objectValue)).problems.map(\.code)
        }
        #expect(
            Set(codes) == [explanation.code],
            "\(Fixtures.printer.text(compilation.diagnostics, in: compilation.sources))")
    }

    @Test(arguments: Explanation.all) func theGoodExampleHasNone(_ explanation: Explanation) throws {
        var agents: [AgentDefinition] = []
        if let text = explanation.agent {
            let (agent, problems, _) = Fixtures.compiler.compileAgent(
                WorkflowSource(name: "agent.yaml", bytes: Array(text.utf8), directory: ""))
            #expect(problems.isEmpty)
            agents = [try #require(agent)]
        }
        let compilation = Self.compile(Array(explanation.good.utf8), agents: agents)
        #expect(compilation.plan != nil)
        #expect(Fixtures.printer.text(compilation.diagnostics, in: compilation.sources) == "")
    }

    @Test func aTextThatIsTooLargeIsRefused() throws {
        let bytes = [UInt8](repeating: 0x23, count: (64 << 20) + 1)
        let compilation = Self.compile(bytes, agents: [])
        #expect(compilation.diagnostics.map(\.code) == [.tooLarge])
    }

    @Test func titlesAndTextsAreInOrder() {
        for explanation in Explanation.all {
            #expect(!explanation.title.hasSuffix("."))
            #expect(explanation.title.first?.isUppercase == false)
            #expect(explanation.why.hasSuffix("."))
            #expect(explanation.bad != explanation.good || explanation.given != nil)
            // Those of which no small file is bad.
            if explanation.bad == nil { #expect([.tooLarge, .tooManyNodes].contains(explanation.code)) }
        }
    }
}
