// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

struct ModelSettingsTests {
    @Test("A secret is kept, read by a workflow, and shown nowhere")
    func secrets() async throws {
        let flow = try FlowProgram()
        let value = "very-secret-value-1"
        let kept = try await flow.run("secret", "set", "TOKEN", input: value + "\n")
        #expect(kept.code == 0, "\(kept.errorOutput)")
        let listed = try await flow.run("secret", "list")
        #expect(listed.output == "TOKEN\n")
        try flow.write(
            "use.yaml",
            """
            flow: 1
            name: use
            secrets: {KEY: {from: store, secret: TOKEN}, OTHER: {from: env, env: PATH}}
            nodes:
              use:
                run: 'test "$KEY" = \(value) && echo "it is $KEY"'
                env: {KEY: "${{ secrets.KEY }}"}
            """)
        let ran = try await flow.run("run", "use.yaml")
        #expect(ran.code == 0, "\(ran.errorOutput)")
        let logs = try await flow.run("logs", "@latest", "use")
        #expect(logs.output.contains("it is ***"), "\(logs.output)")
        for finished in [kept, listed, ran, logs] {
            #expect(!(finished.output + finished.errorOutput).contains(value))
        }
        #expect(try await flow.run("secret", "remove", "TOKEN").code == 0)
        #expect(try await flow.run("secret", "remove", "TOKEN").code == 66)
        let missing = try await flow.run("run", "use.yaml")
        #expect(missing.code == 69)
        #expect(missing.errorOutput.contains("run `flow secret set TOKEN`"), "\(missing.errorOutput)")
        #expect(try await flow.run("secret", "set", "NO-NAME", input: "x").code == 64)
        #expect(try await flow.run("secret", "set", "EMPTY", input: "\n").code == 66)
    }

    @Test("Settings are checked before a run begins")
    func settings() async throws {
        let flow = try FlowProgram()
        try flow.write("a.yaml", "flow: 1\nname: a\nnodes: {a: {run: 'true'}}\n")
        #expect(try await flow.run("model", "check").code == 0)
        try flow.write("flow.yaml", "providers:\n  a: {type: openia}\n")
        let faulty = try await flow.run("run", "a.yaml")
        #expect(faulty.code == 78)
        #expect(faulty.errorOutput.contains("flow.yaml:2:13"), "\(faulty.errorOutput)")
        #expect(try await flow.run("model", "check").code == 78)
        try flow.write(
            "flow.yaml",
            "providers:\n  a: {type: openai, key: {env: A_KEY}}\nmodels:\n  default: {provider: a, model: m}\n")
        #expect(try await flow.run("run", "a.yaml").code == 0)
        let checked = try await flow.run("model", "check", "--json")
        #expect(try checked.json[0]["models"]?.arrayValue?.first?["provider"] == "a")
        #expect(try checked.json[0]["providers"]?.arrayValue?.first?["key"] == "from A_KEY, which is not set")
        let schema = try await flow.run("schema", "--settings")
        #expect(schema.code == 0)
        #expect(
            try JSONValue.parse(schema.output)["properties"]?["providers"]?["additionalProperties"]?["required"]
                == ["type"])
        #expect(try await flow.run("schema", "--settings", "providers.key.secret").code == 0)
    }
}
