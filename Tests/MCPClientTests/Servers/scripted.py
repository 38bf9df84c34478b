# SPDX-License-Identifier: Apache-2.0
"""A server of tools that does what a test wants, also what no server should.

usage: scripted.py MODE            messages on the standard streams
       scripted.py http MODE       an address on loopback; its port is the first line
"""
import http.server
import json
import os
import sys
import threading
import time

MODERN, LEGACY = "2026-07-28", "2025-06-18"
TOOLS = [
    {"name": "echo", "description": "Says it again.",
     "inputSchema": {"type": "object", "properties": {"text": {"type": "string", "x-mcp-header": "Text"}}}},
    {"name": "die", "inputSchema": {"type": "object"}},
    {"name": "slow", "inputSchema": {"type": "object"}},
    {"name": "fail", "inputSchema": {"type": "object"}},
    {"name": "refuse", "inputSchema": {"type": "object"}},
    {"name": "large", "inputSchema": {"type": "object"}},
    {"name": "ask", "inputSchema": {"type": "object"}},
    {"name": "wrong", "inputSchema": {"type": "object"},
     "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
    {"name": "seen", "inputSchema": {"type": "object"}},
    {"name": "bad_header", "inputSchema": {"type": "array", "items": {"x-mcp-header": "X"}}},
]
seen = []


class Gone(Exception):
    pass


def result(call, **members):
    return {"jsonrpc": "2.0", "id": call["id"], "result": members}


def error(call, code, message, **data):
    fault = {"code": code, "message": message}
    if data:
        fault["data"] = data
    return {"jsonrpc": "2.0", "id": call["id"], "error": fault}


def text(call, words, **members):
    return result(call, content=[{"type": "text", "text": words}], resultType="complete", **members)


def answer(mode, call, headers=None):
    """The answer to a message; None for none."""
    method, params = call.get("method"), call.get("params") or {}
    seen.append(method if "params" not in call or method != "notifications/cancelled" else f"{method} {params.get('requestId')}")
    version = (params.get("_meta") or {}).get("io.modelcontextprotocol/protocolVersion")
    if "id" not in call:
        return None
    if mode == "silent":
        return None
    if method == "server/discover":
        if mode in ("legacy", "old"):
            return error(call, -32601, "Method not found")
        if mode == "mute":
            return None
        if mode == "other":
            return error(call, -32022, "unsupported version", supported=["2030-01-01"], requested=version)
        if mode == "both":
            return error(call, -32022, "unsupported version", supported=[LEGACY], requested=version)
        return result(call, supportedVersions=[MODERN], capabilities={"tools": {}}, resultType="complete",
                      instructions="Be kind.", _meta={"io.modelcontextprotocol/serverInfo": {"name": "scripted", "version": "7"}})
    if method == "initialize":
        agreed = "1999-01-01" if mode == "old" else LEGACY
        return result(call, protocolVersion=agreed, capabilities={"tools": {}}, serverInfo={"name": "scripted", "version": "7"})
    if mode not in ("legacy", "mute", "both") and version != MODERN:
        return error(call, -32602, "no version")
    if method == "tools/list":
        if mode == "circle":
            return result(call, tools=TOOLS[:1], nextCursor="again")
        start = int(params.get("cursor", 0))
        page = {"tools": TOOLS[start:start + 4], "ttlMs": 60000, "cacheScope": "private"}
        if start + 4 < len(TOOLS):
            page["nextCursor"] = str(start + 4)
        return result(call, **page)
    if method == "tools/call":
        name = params["name"]
        if name == "echo":
            words = params["arguments"].get("text", "")
            if headers is not None and version == MODERN:
                words += f" [{headers.get('Mcp-Method')} {headers.get('Mcp-Name')} {headers.get('Mcp-Param-Text')}]"
            return text(call, words, structuredContent={"text": words})
        if name == "die":
            os._exit(9)
        if name == "slow":
            return None
        if name == "fail":
            return text(call, "it did not work", isError=True)
        if name == "refuse":
            return error(call, -32603, "out of order")
        if name == "large":
            return text(call, "x" * 3_000_000)
        if name == "ask":
            return result(call, resultType="input_required", inputRequests={})
        if name == "wrong":
            return text(call, "", structuredContent={"n": "many"})
        if name == "seen":
            return text(call, ", ".join(seen))
    return error(call, -32601, f"no method {method}")


def serve_streams(mode):
    def say(line):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    if mode == "dead":
        print("cannot find my hat", file=sys.stderr)
        sys.exit(4)
    if mode == "noise":
        for number in range(1000):
            say(f"log line {number}")
    if mode == "chatty":
        say("starting up")
        say('{"jsonrpc":"2.0","method":"notifications/message","params":{}}')
        say('{"jsonrpc":"2.0","id":"q1","method":"ping"}')
    for line in sys.stdin:
        call = json.loads(line)
        reply = answer(mode, call)
        if reply is not None:
            say(json.dumps(reply))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mode = ""

    def log_message(self, *words):
        pass

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_DELETE(self):
        seen.append("DELETE")
        self.send(200)

    def do_POST(self):
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.mode == "locked":
            return self.send(401, b"who are you?")
        if self.mode == "page":
            return self.send(200, b"<html>not here</html>", Content_Type="text/html")
        is_legacy = self.mode == "legacy"
        method = call.get("method")
        if is_legacy and method not in ("initialize", "server/discover") and self.headers.get("Mcp-Session-Id") != "s1":
            return self.send(404)
        reply = answer(self.mode, call, self.headers)
        if reply is None and "id" not in call:
            return self.send(202)
        extra = {"Mcp_Session_Id": "s1"} if is_legacy and method == "initialize" else {}
        if self.mode == "stream" or is_legacy:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            for name, value in extra.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b': hello\n\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n')
            self.wfile.flush()
            if reply is None:
                time.sleep(60)
            self.wfile.write(b"event: message\ndata: " + json.dumps(reply).encode() + b"\n\n")
            self.wfile.flush()
            if self.mode == "stream":
                # A server that does not end its stream.
                time.sleep(60)
            self.close_connection = True
            return None
        if reply is None:
            time.sleep(60)
        status = 404 if reply.get("error", {}).get("code") == -32601 else 200
        return self.send(status, json.dumps(reply).encode(), Content_Type="application/json")


def serve_http(mode):
    Handler.mode = mode
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if sys.argv[1] == "http":
    serve_http(sys.argv[2])
else:
    serve_streams(sys.argv[1])
