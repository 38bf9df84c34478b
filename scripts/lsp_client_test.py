# SPDX-License-Identifier: Apache-2.0
"""Drives `flow lsp` with a generic client of the Language Server Protocol, as an editor would.

usage: lsp_client_test.py FLOW              with a Python that has pygls; scripts/test calls it
       lsp_client_test.py FLOW --latency    measures a release build: diagnostics of 2,000 lines within 150 ms
"""
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

ROOT = Path(__file__).resolve().parent.parent
TEXT = """\
flow: 1
name: demo
inputs:
  topic: {type: string, default: "träume 🎫", label: The topic}
nodes:
  fetch:
    title: Get it
    run: echo "n=1" >> "$FLOW_OUTPUT"
    env: {T: "🎫 ${{ inputs.topic }}"}
    outputs: {n: integer}
  count:
    needs: [fetch]
    when: nodes.fetch.outputs.n > 0
    set: {twice: "${{ nodes.fetch.outputs.n * 2 }}"}
"""


class Client(LanguageClient):
    """An editor that keeps the diagnostics that it is sent."""

    def __init__(self) -> None:
        super().__init__("flow-test", "1")
        self.diagnostics: dict = {}
        self.arrived = asyncio.Event()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.diagnostics[(params.uri, params.version)] = params.diagnostics
            self.arrived.set()

    async def faults(self, uri: str, version: int) -> list:
        while (uri, version) not in self.diagnostics:
            await asyncio.wait_for(self.arrived.wait(), 20)
            self.arrived.clear()
        return self.diagnostics[(uri, version)]


def after(text: str, mark: str, occurrence: int = 1, units: str = "utf-16") -> types.Position:
    """The position behind a piece of text."""
    offset = -1
    for _ in range(occurrence):
        offset = text.index(mark, offset + 1)
    before = text[: offset + len(mark)]
    line = before.count("\n")
    column = before.rsplit("\n", 1)[-1]
    return types.Position(line, len(column.encode(units if units == "utf-8" else "utf-16-le")) // (1 if units == "utf-8" else 2))


def applied(text: str, edits: list, units: str) -> str:
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        assert edit.range.start.line == edit.range.end.line
        encoding, width = ("utf-8", 1) if units == "utf-8" else ("utf-16-le", 2)
        line = lines[edit.range.start.line].encode(encoding)
        line = (line[: edit.range.start.character * width] + edit.new_text.encode(encoding)
                + line[edit.range.end.character * width:])
        lines[edit.range.start.line] = line.decode(encoding)
    return "\n".join(lines)


async def session(flow: str, folder: Path, units: str) -> None:
    (folder / "agents").mkdir(exist_ok=True)
    (folder / "agents" / "writer.yaml").write_text("agent: 1\nname: writer\nrole: Writes\ninstructions: Write.\n")
    path = folder / f"demo {units}.yaml"
    path.write_text(TEXT)
    uri = path.as_uri()
    client = Client()
    await client.start_io(flow, "lsp")
    offered = [types.PositionEncodingKind.Utf8] if units == "utf-8" else None
    answer = await client.initialize_async(types.InitializeParams(
        capabilities=types.ClientCapabilities(
            general=types.GeneralClientCapabilities(position_encodings=offered)),
        root_uri=folder.as_uri()))
    assert answer.capabilities.position_encoding == units, answer.capabilities.position_encoding
    client.initialized(types.InitializedParams())
    document = types.TextDocumentIdentifier(uri)
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, TEXT)))
    found = await client.faults(uri, 1)
    assert not found, found

    def at(text: str, mark: str, occurrence: int = 1) -> types.Position:
        return after(text, mark, occurrence, units)

    async def hover(mark: str, occurrence: int = 1) -> str:
        found = await client.text_document_hover_async(types.HoverParams(document, at(TEXT, mark, occurrence)))
        return found.contents.value if found else ""

    assert "`inputs.topic`: string" in await hover("🎫 ${{ inputs.top"), await hover("🎫 ${{ inputs.top")
    assert "`nodes.fetch.outputs.n`: integer" in await hover("nodes.fetch.outputs.n")
    assert "Get it" in await hover("needs: [fe")
    assert "nodes this one waits for" in await hover("    need")

    # A fault, and its quick fix.
    edit = types.TextDocumentContentChangePartial(
        text="fecth", range=types.Range(at(TEXT, "needs: ["), at(TEXT, "needs: [fetch")))
    client.text_document_did_change(types.DidChangeTextDocumentParams(
        types.VersionedTextDocumentIdentifier(2, uri), [edit]))
    wrong = TEXT.replace("[fetch]", "[fecth]")
    faults = await client.faults(uri, 2)
    codes = {fault.code for fault in faults}
    assert "F0204" in codes, codes
    fault = next(fault for fault in faults if fault.code == "F0204")
    assert fault.range == types.Range(at(wrong, "needs: ["), at(wrong, "needs: [fecth"))
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(document, fault.range, types.CodeActionContext([fault])))
    fixed = applied(wrong, actions[0].edit.changes[uri], units)
    assert fixed == TEXT, fixed
    client.text_document_did_change(types.DidChangeTextDocumentParams(
        types.VersionedTextDocumentIdentifier(3, uri), [types.TextDocumentContentChangeWholeDocument(fixed)]))
    assert not await client.faults(uri, 3)

    # Rename everywhere, also behind characters that count twice.
    renamed = await client.text_document_rename_async(
        types.RenameParams(document, at(TEXT, "needs: [fe"), "download"))
    assert applied(TEXT, renamed.changes[uri], units) == TEXT.replace("fetch", "download")
    renamed = await client.text_document_rename_async(types.RenameParams(document, at(TEXT, "  top"), "theme"))
    assert applied(TEXT, renamed.changes[uri], units) == (
        TEXT.replace("  topic:", "  theme:").replace("inputs.topic", "inputs.theme"))
    try:
        await client.text_document_rename_async(types.RenameParams(document, at(TEXT, "needs: [fe"), "count"))
        raise AssertionError("a name that is taken was not refused")
    except JsonRpcException as error:
        assert "count" in str(error), error

    definition = await client.text_document_definition_async(
        types.DefinitionParams(document, at(TEXT, "when: nodes.fet")))
    assert definition.range.start.line == 5, definition
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert [child.name for child in symbols[-1].children] == ["fetch", "count"]

    # Completion in a text that is no YAML at the moment.
    version = 3

    async def complete(added: str) -> list:
        nonlocal version
        version += 1
        text = TEXT + added
        client.text_document_did_change(types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, uri), [types.TextDocumentContentChangeWholeDocument(text)]))
        line = text.count("\n")
        last = text.rsplit("\n", 1)[-1]
        column = len(last.encode()) if units == "utf-8" else len(last.encode("utf-16-le")) // 2
        found = await client.text_document_completion_async(
            types.CompletionParams(document, types.Position(line, column)))
        return [item.label for item in found.items] if found else []

    assert {"needs", "retry", "agent", "run"} <= set(await complete("  last:\n    "))
    assert "prompt" in await complete("  last:\n    agent: writer\n    pro")
    assert "writer" in await complete("  last:\n    agent: ")
    assert ["fetch", "count"] == await complete("  last:\n    needs: [")
    assert "continue" in await complete("  last:\n    on_failure: ")
    assert "max_attempts" in await complete("  last:\n    retry: {")
    assert ["n"] == await complete('  last:\n    set: {x: "${{ nodes.fetch.outputs.')
    assert {"inputs", "nodes", "join"} <= set(await complete('  last:\n    set: {x: "${{ '))
    assert "topic" in await complete("  last:\n    when: inputs.")

    graph = await client.workspace_execute_command_async(types.ExecuteCommandParams("flow.graph", [uri, "dot"]))
    text = graph["text"] if isinstance(graph, dict) else graph.text
    assert '"fetch" -> "count"' in text, text

    # What is no request is answered, and the server lives on.
    unopened = types.HoverParams(types.TextDocumentIdentifier("file:///nowhere.yaml"), types.Position(0, 0))
    for method, params in [("textDocument/nothing", {}), ("textDocument/hover", unopened)]:
        try:
            await client.protocol.send_request_async(method, params)
            raise AssertionError(f"{method} was not refused")
        except JsonRpcException:
            pass
    await client.shutdown_async(None)
    client.exit(None)
    await asyncio.wait_for(client._server.wait(), 20)  # the process of the server
    assert client._server.returncode == 0, client._server.returncode


async def latency(flow: str, folder: Path) -> None:
    """How long it takes from a change to the diagnostics of a long workflow."""
    text = "flow: 1\nname: long\ninputs:\n  topic: {type: string, default: x}\nnodes:\n"
    number = 0
    while text.count("\n") < 1994:
        need = f"\n    needs: [n{number - 1}]" if number else ""
        value = f"nodes.n{number - 1}.outputs.count + 1" if number else "1"
        text += (f"  n{number}:\n    title: Node {number}{need}\n    with: {{topic: \"${{{{ inputs.topic }}}}\"}}\n"
                 f"    env: {{N: \"${{{{ {value} }}}}\"}}\n    run: echo \"count=1\" >> \"$FLOW_OUTPUT\"\n"
                 f"    outputs: {{count: integer}}\n")
        number += 1
    uri = (folder / "long.yaml").as_uri()
    client = Client()
    await client.start_io(flow, "lsp")
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, text)))
    assert not await client.faults(uri, 1)
    times = []
    loop = asyncio.get_running_loop()
    for version in range(2, 22):
        line = 5 + version * 40
        place = types.Position(line, len(text.split("\n")[line]))
        start = loop.time()
        client.text_document_did_change(types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, uri),
            [types.TextDocumentContentChangePartial(text=" # x", range=types.Range(place, place))]))
        await client.faults(uri, version)
        times.append((loop.time() - start) * 1000)
    await client.shutdown_async(None)
    client.exit(None)
    await asyncio.wait_for(client._server.wait(), 20)
    times.sort()
    lines = text.count("\n")
    print(f"lsp: diagnostics of {lines} lines, {number} nodes: median {times[10]:.1f} ms, slowest {times[-1]:.1f} ms")
    assert times[-1] <= 150, "slower than 150 ms"


def garbage(flow: str) -> None:
    """Bytes that are no messages."""
    def framed(body: bytes) -> bytes:
        return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)

    stream = b"".join([
        framed(b"{"), framed(b"[]"), framed(b"\xff\xfe"), b"Content-Length: x\r\n\r\n", framed(b"[" * 100_000),
        framed(b'{"jsonrpc":"2.0","id":1,"method":"textDocument/hover"}'),
        framed(b'{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"capabilities":7}}'),
        framed(b'{"jsonrpc":"2.0","id":3,"method":"textDocument/rename","params":{"textDocument":{"uri":5}}}'),
        framed(b'{"jsonrpc":"2.0","method":"textDocument/didChange","params":[1]}'),
        framed(b'{"jsonrpc":"2.0","id":4,"method":"shutdown"}'), framed(b'{"jsonrpc":"2.0","method":"exit"}'),
    ])
    result = subprocess.run([flow, "lsp"], input=stream, capture_output=True, timeout=60)
    assert result.returncode == 0, (result.returncode, result.stderr[-2000:])
    for wanted in [b"-32700", b"-32600", b"-32002", b"-32602", b'"id":4,"result":null']:
        assert wanted in result.stdout, (wanted, result.stdout)
    assert result.stdout.count(b'"jsonrpc"') == 9, result.stdout


def main() -> None:
    flow = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        if "--latency" in sys.argv:
            asyncio.run(latency(flow, Path(folder).resolve()))
            return
        for units in ["utf-16", "utf-8"]:
            asyncio.run(session(flow, Path(folder).resolve(), units))
    garbage(flow)
    print("lsp: sessions of a generic client in utf-16 and utf-8, and bytes that are no messages: as expected")


if __name__ == "__main__":
    main()
