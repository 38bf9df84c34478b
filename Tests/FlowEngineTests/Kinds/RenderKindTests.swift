// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Rendering takes seconds of processor time, so the tests run one after the other.
@Suite(.serialized)
struct RenderKindTests {
    let folder: AttemptFolder
    let kind: RenderKind

    init() throws {
        folder = try AttemptFolder()
        kind = RenderKind(tools: ToolPaths(), processes: folder.processes)
    }

    private static let spec: JSONValue = [
        "data": ["name": "t"], "mark": "bar",
        "encoding": ["x": ["field": "day", "type": "nominal"], "y": ["field": "n", "type": "quantitative"]],
    ]

    private func render(
        _ body: JSONValue, with values: JSONObject = JSONObject()
    ) async throws -> [String: [UInt8]] {
        try File.removeTree(folder.attempt)
        try File.createDirectory(folder.attempt)
        let outcome = await folder.run(kind, body, with: values)
        let result = try #require(outcome.result, "\(outcome)")
        var files: [String: [UInt8]] = [:]
        for artifact in result.artifacts { files[artifact.name] = try artifact.bytes }
        #expect(folder.remains == result.artifacts.map(\.fileName).sorted())
        return files
    }

    @Test func `a template becomes PDF and HTML, the same bytes each time`() async throws {
        guard TestMachine.tools() != nil else { return }
        _ = try folder.write(
            "# Report of ${{ with.team }}\n\n![logo](logo.svg)\n\n<b>${{ with.text }}</b>\n", to: "r.md")
        let image = try folder.write(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>",
            to: "i.svg")
        var values = JSONObject()
        values["team"] = "Ünix"
        values["text"] = "${{ with.team }} <script>"
        let body: JSONValue = [
            "document": ["template": "r.md", "title": "T", "images": ["logo.svg": .string(image)]],
            "to": ["pdf", "html"],
        ]
        let files = try await render(body, with: values)
        let html = String(decoding: files["html"] ?? [], as: UTF8.self)
        #expect(html.contains("Report of Ünix"))
        #expect(html.contains("${{ with.team }} &lt;script&gt;"), "a value is put in once, and its markup is text")
        #expect(html.contains("data:image/svg+xml;base64,"))
        #expect(files["pdf"]?.starts(with: "%PDF-".utf8) == true)
        #expect(try await render(body, with: values) == files)
    }

    @Test func `a plot becomes SVG and PNG, the same bytes each time`() async throws {
        guard TestMachine.tools() != nil else { return }
        let data = try folder.write("day,n\nMon,3\nTue,5\n", to: "t.csv")
        _ = try folder.write(Self.spec.jsonText(), to: "p.vl.json")
        let body: JSONValue = ["plot": ["spec": "p.vl.json", "data": ["t": .string(data)]], "to": ["svg", "png"]]
        let files = try await render(body)
        #expect(String(decoding: files["svg"] ?? [], as: UTF8.self).contains("Tue"))
        #expect(files["png"]?.dropFirst().starts(with: "PNG".utf8) == true)
        #expect(try await render(body) == files)
        let inline: JSONValue = ["plot": ["spec": Self.spec, "data": ["t": .string(data)]], "to": "svg"]
        #expect(try await render(inline)["svg"] == files["svg"])
    }

    @Test func `faults of a document are told with their line`() async throws {
        guard TestMachine.tools() != nil else { return }
        _ = try folder.write("= Title\n\n#nothing(1)\n", to: "d.typ")
        let outcome = await folder.run(kind, ["document": ["template": "d.typ"], "to": "pdf"])
        let failure = try #require(outcome.failure, "\(outcome)")
        #expect(failure.reason == .badData)
        #expect(failure.message.hasPrefix("d.typ:3:2: unknown variable: nothing"), "\(failure.message)")
    }

    @Test func `a template with a fault fails with its line`() async throws {
        _ = try folder.write("one\n  ${{ with.gone }}\n", to: "r.md")
        let body: JSONValue = ["document": ["template": "r.md"], "to": "pdf"]
        let failure = try #require(await folder.run(kind, body).failure)
        #expect(failure.reason == .expression)
        #expect(failure.message.hasPrefix("r.md:2:"), "\(failure.message)")
    }

    @Test(arguments: ["../x.png", "/etc/x.png", "a/../../x.png"])
    func `image names stay in the folder`(name: String) async throws {
        let body: JSONValue = [
            "document": ["text": "x", "images": .object(JSONObject([.init(key: name, value: "i.png")]))], "to": "pdf",
        ]
        let failure = try #require(await folder.run(kind, body).failure)
        #expect(failure.message.contains("leads out of"))
    }

    @Test func `missing tools are told with the cure`() async throws {
        let tools = ToolPaths(flowHome: "/nowhere", searchPath: "/nowhere")
        let kind = RenderKind(tools: tools, processes: folder.processes)
        let failure = try #require(await folder.run(kind, ["document": ["text": "x"], "to": "pdf"]).failure)
        #expect(failure.reason == .unavailable)
        #expect(failure.message.contains("scripts/install-dependencies"))
    }

    @Test func `cancellation ends the renderer`() async throws {
        guard TestMachine.tools() != nil else { return }
        let task = Task { [folder, kind] in await folder.run(kind, ["document": ["text": "x"], "to": ["pdf"]]) }
        for _ in 0..<20 { await Task.yield() }
        task.cancel()
        #expect(await task.value.failure?.reason == .cancelled)
    }

    @Test func `checks name the fault and its place`() throws {
        let site = KindSite { path in
            [
                "r.md": Array("ok ${{ with.team }}\n${{ with.taem }} ${{ inputs.x }} ${{".utf8),
                "p.json": Array("[]".utf8),
            ][path]
        }
        func messages(_ body: JSONValue) -> [String] {
            let options = NodeOptions(with: [TemplateEntry(name: "team", template: .literal("x"))])
            return kind.check(
                NodeDefinition(id: "n", kind: "render", body: .literal(body), options: options), in: site
            ).map(\.message)
        }
        let faults = messages(["document": ["template": "r.md"], "to": ["pdf", "svg"]])
        #expect(faults.count == 4, "\(faults)")
        #expect(faults[0] == "a document cannot be rendered to svg")
        #expect(faults.contains { $0.hasPrefix("r.md:2:") && $0.contains("taem") })
        #expect(messages(["to": "pdf"]) == ["`render` needs `document` or `plot`"])
        #expect(
            messages(["document": ["text": "x", "format": "typst"], "to": "html"]) == [
                "a Typst document cannot be rendered to html"
            ])
        #expect(messages(["plot": ["spec": "p.json"], "to": "svg"]) == ["`p.json` holds array, an object is wanted"])
        let node = NodeDefinition(
            id: "n", kind: "render", body: .literal(["plot": ["spec": "p.json"], "to": ["png", "svg", "png"]]))
        #expect(kind.artifactNames(of: node) == ["png", "svg"])
    }
}
