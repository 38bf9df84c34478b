// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// Engines that tests drop into a project.
enum TestEngine {
    /// What all of them have: the lines of the protocol, and a way to ask models.
    private static let frame = """
        import json, os, signal, sys, threading, time, urllib.error, urllib.request

        lock = threading.Lock()

        def say(r, status, **more):
            with lock:
                print(json.dumps({"id": r["id"], "status": status, **more}), flush=True)

        def post(r, path="/chat/completions", key=None, **body):
            body = {"model": "probe", "messages": [{"role": "user", "content": "hello"}], **body}
            call = urllib.request.Request(
                r["environment"]["OPENAI_BASE_URL"] + path, json.dumps(body).encode(),
                {"Authorization": "Bearer " + (key or r["environment"]["OPENAI_API_KEY"])})
            try:
                with urllib.request.urlopen(call) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()

        def ask(r, **body):
            status, text = post(r, **body)
            if status != 200:
                raise ValueError(f"{status} {text}")
            return json.loads(text)["choices"][0]["message"]

        def pause(r):
            say(r, "unsupported")

        """

    private static let loop = """

        def work(r):
            try:
                execute(r)
            except ValueError as error:
                say(r, "failed", error={"reason": "bad_data", "message": str(error)})

        for line in sys.stdin:
            r = json.loads(line)
            if r["method"] == "initialize":
                say(r, "ready", protocol=1, name=r["engine"], version="1", capabilities=[])
            elif r["method"] in ("execute", "resume"):
                threading.Thread(target=work, args=(r,), daemon=True).start()
            elif r["method"] == "pause":
                pause(r)
            elif r["method"] in ("cleanup", "intervene"):
                say(r, "ok")
            else:
                say(r, "unsupported")

        """

    /// Drops an engine into a project. `code` defines `execute(r)`, and more where it wants.
    static func drop(
        _ name: String, in project: TestProject, manifest: String = "actions: {go: {outputs: {n: integer}}}",
        _ code: String
    ) throws {
        try project.write(
            "engines/\(name)/engine.yaml", "engine: 1\nname: \(name)\ncommand: [python3, main.py]\n\(manifest)\n")
        try project.write("engines/\(name)/main.py", frame + code + loop)
    }

    /// Copies an engine that comes with flow.
    static func copy(_ name: String, to project: TestProject) throws {
        let source = FilePath.normalise(FilePath.join(#filePath, "../../../../engines/\(name)"))
        for entry in try File.list(source) where entry.kind == .file {
            try project.write(
                "engines/\(name)/\(entry.name)", File.readText(FilePath.join(source, entry.name), limit: 1 << 20))
        }
    }
}
