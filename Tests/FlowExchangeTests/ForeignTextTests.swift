// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowTesting
import Testing

@testable import FlowExchange

struct ForeignTextTests {
    @Test(arguments: [
        ("Build It", "build_it"), ("mProject_ID0000001", "mproject_id0000001"), ("1st", "n1st"), ("", "n"),
        ("--", "n"), ("über Öl", "ber_l"), ("item", "item_"), ("a__b", "a_b"),
        (
            String(repeating: "a", count: 60) + "_ID0001",
            String(repeating: "a", count: 40) + "_" + "aaaaaaaaaaaaaaaa_id0001"
        ),
    ])
    func aForeignNameBecomesAName(_ foreign: String, _ name: String) {
        #expect(NameTable.plain(foreign) == name)
        #expect(name.utf8.count <= 64)
    }

    @Test func namesAreUnique() {
        var names = NameTable()
        let long = String(repeating: "x", count: 64)
        #expect(
            ["a", "A", "a-", long, long].map { names.unique($0) } == [
                "a", "a_2", "a_3", long, String(repeating: "x", count: 62) + "_2",
            ])
    }

    @Test(arguments: [
        ("echo {{a}}", #"echo "${A}""#), (#"echo "x {{a}}""#, #"echo "x ${A}""#),
        ("echo 'x {{a}}'", #"echo 'x '"${A}"''"#),
        ("# don't\necho {{a}}", "# don't\necho \"${A}\""), (#"echo \" {{a}}"#, #"echo \" "${A}""#),
        (#"echo "$(cat '{{a}}')""#, #"echo "$(cat ''"${A}"'')""#),
        ("cat <<E\n'{{a}}'\nE\necho {{a}}", "cat <<E\n'${A}'\nE\necho \"${A}\""),
        ("x=${#y} {{a}}", "x=${#y} \"${A}\""), ("{{b}}", "{{b}}"), ("echo {{a", "echo {{a"),
    ])
    func aValueGoesIntoAScriptByTheEnvironment(_ script: String, _ wanted: String) {
        let result = ScriptText.shell(script, open: "{{", close: "}}") { $0 == "a" ? "A" : nil }
        #expect(result.text == wanted)
        #expect(!result.isHidden)
    }

    @Test func aQuotedHereDocumentHidesAValue() {
        let result = ScriptText.shell("cat <<'E'\n{{a}}\nE\n", open: "{{", close: "}}") { _ in "A" }
        #expect(result.isHidden)
    }

    @Test(arguments: [
        ("a", [ImportedNode.Need(node: "a")], ""),
        ("a && b.Failed", [ImportedNode.Need(node: "a"), ImportedNode.Need(node: "b", condition: .failed)], ""),
        (
            "(a.Succeeded || a.Failed) && b.Skipped",
            [ImportedNode.Need(node: "a", condition: .done), ImportedNode.Need(node: "b", condition: .skipped)], ""
        ),
        ("a.Succeeded || b.Succeeded", nil, "(nodes.{a}.status == 'succeeded' || nodes.{b}.status == 'succeeded')"),
        ("!a.Failed", nil, "!(nodes.{a}.status == 'failed')"),
    ])
    func dependsBecomesNeeds(_ text: String, _ needs: [ImportedNode.Need]?, _ condition: String) throws {
        let depends = try ArgoDepends(text)
        #expect(depends.needs == needs)
        if !condition.isEmpty { #expect(depends.condition == condition) }
    }

    @Test(arguments: ["", "a &&", "(a", "a.b.c", "a == 'b'", "a || #", "'x", String(repeating: "(", count: 100) + "a"])
    func dependsThatCannotBeRead(_ text: String) {
        #expect(throws: ForeignExpressionParser.Fault.self) { try ArgoDepends(text) }
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        let texts = [
            "", " a", "a ", "a: b", "a #b", "#", "- a", "true", "No", "null", "~", "12", "1e3", "0x1F", "1s", "10m",
            "-x", "--",
            "a\nb", "a\nb\n", "\na", "a\n\n", "  a\nb", "a\tb", "\u{202E}x", "\u{FEFF}", "\"quoted\" \\ back", "{a}",
            "[a", "a, b",
            "a:b", "é", "@x", "`x", "%x", "&x", "*x", "!x", "|", ">", "?", "a\rb", "a\u{85}b", "$${{ x }}",
            "a\n  b\n c\n",
            "line\n# not a comment\n", "\t", "tab at end\t\nx",
        ]
        for text in texts {
            for value: JSONValue in [
                .string(text), [.string(text), 1], [["k": .string(text)]], ["a": ["b": [.string(text)]]],
            ] {
                var writer = YAMLWriter()
                writer.pair("key", value, indent: 0)
                writer.pair(text.isEmpty ? "k" : "key \(text.prefix(3))", true, indent: 0)
                #expect(try reading(writer.text) == value, "\(writer.text)")
            }
        }
    }

    /// What flow reads of `key`.
    private func reading(_ text: String) throws -> JSONValue? {
        let yaml =
            "flow: 1\nname: x\nnodes: {a: {set: {\"a\": 1}}}\nmode:\n"
            + text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "  \($0)" }.joined(separator: "\n")
        let result = ForeignReading.json(yaml)
        return result?["mode"]?["key"]
    }

    @Test func noTextTraps() throws {
        var random = SeededGenerator(seed: 7)
        let sources = try ["argo", "actions", "playbook", "wfformat"].flatMap { part in
            try ExchangeFixture.names(part).map { try ExchangeFixture.bytes("\(part)/\($0)") }
        }
        let pieces = [
            "{{", "}}", "${{", "'", "\"", "[", "]", "{", "}", ": ", "- ", "\n", "null", "*a", "&a ", "\u{0}", "||", "!",
            "\t",
        ]
        .map { Array($0.utf8) }
        var imported = 0
        let compiler = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:]))
        for _ in 0..<600 {
            guard var bytes = sources.randomElement(using: &random) else { return }
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 0..<12, using: &random))
                bytes.replaceSubrange(place..<end, with: pieces.randomElement(using: &random) ?? [])
            }
            let format = random.chance(10) ? ForeignFormat.allCases.randomElement(using: &random) : nil
            let result = WorkflowImporter.read(bytes, name: "mutant", format: format)
            #expect((result.text == nil) == result.diagnostics.contains { $0.severity == .error })
            for diagnostic in result.diagnostics {
                #expect(Int(diagnostic.span.start) <= bytes.count || !diagnostic.span.isKnown)
            }
            guard let text = result.text else { continue }
            imported += 1
            // What is written can be read again, and has no fault of form.
            let compilation = compiler.compile(
                WorkflowSource(name: "imported.yaml", bytes: Array(text.utf8), directory: ""))
            let faults = compilation.diagnostics.filter {
                $0.severity == .error && ["F01", "F02", "F03"].contains($0.code.description.prefix(3))
            }
            #expect(faults.isEmpty, "\(DiagnosticPrinter(.full(colour: false)).text(faults, in: compilation.sources))")
        }
        #expect(imported > 50)
    }

    @Test(arguments: [
        ("{}", "F0601"), ("[]", "F0601"), ("", "F0602"), ("a: [", "F0602"),
        ("apiVersion: argoproj.io/v1alpha1", "F0602"),
        ("jobs: {a: 3}", "F0602"), ("jobs: {}", "F0602"), ("steps: [{type: dance}]", "F0602"),
        ("kind: Workflow\nspec: {entrypoint: x}", "F0602"),
        (
            "kind: Workflow\nspec: {entrypoint: m, templates: [{name: m, dag: {tasks: [{name: a, template: a}]}}]}",
            "F0602"
        ),
        ("jobs: {a: {needs: b, steps: [{run: x}]}}", "F0602"),
        ("jobs: {a: {needs: b, steps: [{run: x}]}, b: {needs: a, steps: [{run: x}]}}", "F0602"),
    ])
    func aBadSourceIsAFaultWithAPlace(_ text: String, _ code: String) {
        let result = WorkflowImporter.read(Array(text.utf8), name: "x.yaml")
        #expect(result.text == nil)
        let errors = result.diagnostics.filter { $0.severity == .error }
        #expect(errors.first?.code.description == code, "\(errors)")
        #expect(errors.allSatisfy { $0.span.isKnown })
    }
}
