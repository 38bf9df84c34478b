#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A chat completions endpoint on loopback that answers by a script: for tests of workflows with agents, without a model.

usage: scripts/scripted_endpoint.py [SCRIPT.json] [--log FILE] [--requests FILE] [--port N]

It prints its address, up to and with the version, as its only line on the standard output, and ends with SIGTERM.

    address=$(…)   FLOW_MODEL_URL=$address FLOW_MODEL=scripted flow run …

The script is one object: {"rules": [RULE, …], "default": REPLY}. The first rule that fits a request answers it.

    {"when": CONDITIONS, "reply": REPLY | "replies": [REPLY, …], "times": N, "together": N, "group": NAME,
     "fault": FAULT, "delay": S, "note": TEXT}

- CONDITIONS, all of which must hold: `schema` (the schema's name, else its title), `tool` (one that is offered),
  `agent` (guessed, see below), `model`; `system`, `last`, `user`: a text that stands in the system prompt, in the last
  message, in any message of the user. A list of texts means all of them.
- REPLY: {"text": …}, {"json": …}, {"tool": {"name": …, "arguments": {…}}} or a list of these under `tools`;
  `finish` (`stop`, `length`, `content_filter`), `refusal`, `usage`: [prompt, completion]. Of `replies` the n-th use of
  the rule takes the n-th, and all further ones the last. Without a reply a request with a schema gets the smallest
  value that fits it, and any other one the text `ok`.
- `times`: the rule counts for its first N uses only.
- `together`: the answer waits until N requests of this rule, or of all rules with its `group`, are there. It is given to
  all of them at once: so a test shows that calls overlap, without clocks. After 20 s it gives up with status 504.
- `delay`: seconds before the answer. `note`: a word for the log.
- FAULT: "reset" (the connection breaks), "half_body", "trickle" (byte by byte; `seconds` between them, 0.05), "silent",
  "endless" (a stream without an end), "malformed" (no JSON), or {"kind": "status", "status": 429, "retry_after": 1,
  "message": …}; the others may be written {"kind": …} too. With `fault_times: N` only for the first N uses.

The log has one line of JSON for each request, in the order in which they came: number, agent, schema, tools, number of
messages, model, what was answered. Requests of one `together` are logged side by side, in an order of their contents. No line
holds a time, so two runs that ask the same have the same log. `--requests` keeps the whole requests.

The agent is guessed by the beginning of the system prompt: "You are the NAME:".
"""

import argparse
import hashlib
import json
import re
import signal
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 20  # seconds that a request waits for the others of its `together`


def words(value):
    return value if isinstance(value, list) else [value]


def text_of(message):
    """The text of a message, also of one in parts."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def tokens(text):
    return (len(text.encode()) + 3) // 4


class Request:
    """What a request says, as rules and log see it."""

    def __init__(self, body):
        self.body = body
        self.model = body.get("model")
        self.messages = [m for m in body.get("messages") or [] if isinstance(m, dict)]
        self.system = "\n".join(text_of(m) for m in self.messages if m.get("role") in ("system", "developer"))
        self.user = "\n".join(text_of(m) for m in self.messages if m.get("role") == "user")
        self.last = text_of(self.messages[-1]) if self.messages else ""
        self.tools = [t.get("function", {}).get("name") for t in body.get("tools") or [] if isinstance(t, dict)]
        form = body.get("response_format") or {}
        inner = form.get("json_schema") or {}
        self.schema = inner.get("schema") or form.get("schema")
        name = inner.get("name")
        title = (self.schema or {}).get("title") if isinstance(self.schema, dict) else None
        self.schema_name = title or name
        self.stream = bool(body.get("stream"))
        guess = re.match(r"\s*You are (?:the |an? )?([A-Za-z][A-Za-z0-9 _-]*?)\s*:", self.system)
        self.agent = re.sub(r"[ -]+", "_", guess[1].lower()) if guess else None

    def fits(self, when):
        for key, wanted in when.items():
            wanted = words(wanted)
            if key == "schema":
                good = self.schema_name in wanted
            elif key == "agent":
                good = self.agent in wanted
            elif key == "model":
                good = self.model in wanted
            elif key == "tool":
                good = any(tool in self.tools for tool in wanted)
            elif key in ("system", "user", "last"):
                good = all(text in getattr(self, key) for text in wanted)
            else:
                raise ValueError(f"a rule has the unknown condition `{key}`")
            if not good:
                return False
        return True

    @property
    def digest(self):
        return hashlib.sha256(json.dumps(self.body, sort_keys=True).encode()).hexdigest()


def smallest(schema):
    """The smallest value that fits a schema, as far as the keywords that flow knows go."""
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return smallest(schema[key][0])
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        wanted = schema.get("required", [])
        return {key: smallest(value) for key, value in schema.get("properties", {}).items() if key in wanted}
    if kind == "array":
        return [smallest(schema.get("items", {})) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 0), 0)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return "ok".ljust(schema.get("minLength", 2), ".")


class Rule:
    def __init__(self, data):
        unknown = set(data) - {"when", "reply", "replies", "times", "together", "group", "fault",
                               "fault_times", "delay", "note"}
        if unknown:
            raise ValueError(f"a rule has the unknown key `{sorted(unknown)[0]}`")
        self.when = data.get("when", {})
        self.replies = data["replies"] if "replies" in data else [data["reply"]] if "reply" in data else []
        self.times = data.get("times")
        self.together = data.get("together", 1)
        self.fault = data.get("fault")
        if isinstance(self.fault, str):
            self.fault = {"kind": self.fault}
        self.fault_times = data.get("fault_times")
        self.delay = data.get("delay", 0)
        self.uses = 0
        self.group = data.get("group", id(self))
        self.note = data.get("note")


class Script:
    """The rules, and what has been asked. One lock guards both."""

    def __init__(self, data, log, requests):
        self.rules = [Rule(rule) for rule in data.get("rules", [])]
        self.default = data.get("default")
        self.log, self.requests = log, requests
        self.lock = threading.Lock()
        self.count = 0
        self.lines = []
        self.waiting = {}  # by group: the requests of a `together`, each with its event

    def answer(self, request):
        """(reply, fault, delay) for a request; waits where the rule asks for company."""
        with self.lock:
            rule = next((r for r in self.rules if (r.times is None or r.uses < r.times) and request.fits(r.when)), None)
            if rule is None:
                reply = self.default
                self.note(request, self.name(reply, request, None))
                return reply, None, 0
            if rule.together <= 1:
                return self.use(rule, request)
            seat = {"rule": rule, "request": request, "event": threading.Event(), "given": None}
            waiting = self.waiting.setdefault(rule.group, [])
            waiting.append(seat)
            if len(waiting) == rule.together:
                company = sorted(waiting, key=lambda s: (
                    self.rules.index(s["rule"]), s["request"].agent or "", s["request"].digest))
                waiting.clear()
                for each in company:
                    each["given"] = self.use(each["rule"], each["request"])
                    each["event"].set()
        if not seat["event"].wait(PATIENCE):
            with self.lock:
                if seat["given"] is not None:
                    return seat["given"]
                waiting.remove(seat)
                self.note(request, "alone")
            return None, {"kind": "status", "status": 504, "message": "the other calls of `together` did not come"}, 0
        return seat["given"]

    def use(self, rule, request):
        use = rule.uses
        rule.uses += 1
        reply = rule.replies[min(use, len(rule.replies) - 1)] if rule.replies else self.default
        fault = rule.fault if rule.fault and (rule.fault_times is None or use < rule.fault_times) else None
        self.note(request, self.name(reply, request, fault), rule)
        return reply, fault, rule.delay

    @staticmethod
    def name(reply, request, fault):
        if fault:
            return str(fault.get("status", fault["kind"]))
        if reply and ("tool" in reply or "tools" in reply):
            return "tool"
        if reply and "refusal" in reply:
            return "refusal"
        return "json" if request.schema is not None else "text"

    def note(self, request, answered, rule=None):
        self.count += 1
        line = {"call": self.count, "agent": request.agent, "schema": request.schema_name, "tools": request.tools,
                "messages": len(request.messages), "model": request.model, "answered": answered}
        if rule and rule.together > 1:
            line["together"] = rule.together
        if rule and rule.note:
            line["note"] = rule.note
        text = json.dumps(line, ensure_ascii=False)
        self.lines.append(text)
        if self.log:
            self.log.write(text + "\n")
            self.log.flush()
        if self.requests:
            self.requests.write(json.dumps({"call": self.count, **request.body}, ensure_ascii=False) + "\n")
            self.requests.flush()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.endswith("/models"):
            self.send_json(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
        elif self.path == "/log":
            with self.script.lock:
                text = "".join(line + "\n" for line in self.script.lines)
            self.send_bytes(200, text.encode(), "application/jsonl")
        else:
            self.send_json(404, {"error": {"message": "not here", "type": "not_found"}})

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > 64 << 20:
            return self.send_json(413, {"error": {"message": "too large", "type": "invalid_request_error"}})
        raw = self.rfile.read(length)
        if not self.path.endswith("/chat/completions"):
            return self.send_json(404, {"error": {"message": "not here", "type": "not_found"}})
        try:
            body = json.loads(raw)
            if not isinstance(body, dict):
                raise ValueError("no object")
        except ValueError as error:
            return self.send_json(400, {"error": {"message": str(error), "type": "invalid_request_error"}})
        request = Request(body)
        reply, fault, delay = self.script.answer(request)
        if delay:
            time.sleep(delay)
        if fault:
            return self.fail(fault, request, reply)
        self.send_reply(reply, request)

    # -- answers --

    def message(self, reply, request):
        """(message, finish reason) as the wire has them."""
        if reply is None:
            reply = {"json": smallest(request.schema)} if request.schema is not None else {"text": "ok"}
        calls = reply.get("tools") or ([reply["tool"]] if "tool" in reply else [])
        message = {"role": "assistant", "content": None}
        if "json" in reply:
            message["content"] = json.dumps(reply["json"], ensure_ascii=False)
        elif "text" in reply:
            message["content"] = reply["text"]
        if "refusal" in reply:
            message["refusal"] = reply["refusal"]
        if calls:
            message["tool_calls"] = [
                {"id": f"call_{place + 1}", "type": "function", "function": {
                    "name": call["name"],
                    "arguments": call["arguments"] if isinstance(call.get("arguments"), str)
                    else json.dumps(call.get("arguments", {}), ensure_ascii=False)}}
                for place, call in enumerate(calls)]
        return message, reply.get("finish") or ("tool_calls" if calls else "stop")

    def usage(self, reply, request, message):
        given = (reply or {}).get("usage")
        prompt = given[0] if given else sum(tokens(text_of(m)) + 4 for m in request.messages)
        completion = given[1] if given else tokens(message.get("content") or "") + 16 * len(message.get("tool_calls", []))
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def whole(self, reply, request):
        message, finish = self.message(reply, request)
        return {"id": "chatcmpl-scripted", "object": "chat.completion", "created": 0, "model": "scripted-1",
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": self.usage(reply, request, message)}

    def chunks(self, reply, request):
        """The events of a streamed answer, as bytes."""
        message, finish = self.message(reply, request)

        def event(delta, reason=None):
            return self.event({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0,
                               "model": "scripted-1",
                               "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

        yield event({"role": "assistant", "content": ""})
        text = message.get("content") or ""
        for start in range(0, len(text), 400):
            yield event({"content": text[start:start + 400]})
        if "refusal" in message:
            yield event({"refusal": message["refusal"]})
        for place, call in enumerate(message.get("tool_calls", [])):
            function = call["function"]
            yield event({"tool_calls": [{"index": place, "id": call["id"], "type": "function",
                                         "function": {"name": function["name"], "arguments": ""}}]})
            middle = len(function["arguments"]) // 2
            for part in (function["arguments"][:middle], function["arguments"][middle:]):
                yield event({"tool_calls": [{"index": place, "function": {"arguments": part}}]})
        yield event({}, finish)
        yield self.event({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 0,
                          "model": "scripted-1", "choices": [], "usage": self.usage(reply, request, message)})
        yield b"data: [DONE]\n\n"

    @staticmethod
    def event(data):
        return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"

    def send_reply(self, reply, request):
        if not request.stream:
            return self.send_json(200, self.whole(reply, request))
        self.begin_stream()
        for piece in self.chunks(reply, request):
            self.send_chunk(piece)
        self.send_chunk(b"")

    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send_chunk(self, data):
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def send_json(self, status, value, headers=()):
        self.send_bytes(status, json.dumps(value, ensure_ascii=False).encode(), "application/json", headers)

    def send_bytes(self, status, data, kind, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    # -- faults --

    def fail(self, fault, request, reply):
        kind = fault.get("kind")
        self.close_connection = True
        if kind == "status":
            status = fault.get("status", 500)
            headers = [("Retry-After", str(fault["retry_after"]))] if "retry_after" in fault else []
            names = {429: "rate_limit_error", 401: "authentication_error", 400: "invalid_request_error"}
            error = {"message": fault.get("message", f"scripted status {status}"),
                     "type": names.get(status, "server_error")}
            return self.send_json(status, {"error": error}, headers + [("Connection", "close")])
        if kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return self.connection.close()
        if kind == "silent":
            return self.wait_for_the_client()
        if kind == "malformed":
            if not request.stream:
                return self.send_bytes(200, b'{"choices": [', "application/json")
            self.begin_stream()
            self.send_chunk(b"data: {this is no JSON\n\n")
            return self.send_chunk(b"")
        if kind == "endless":
            self.begin_stream()
            while True:
                self.send_chunk(self.event({"choices": [{"index": 0, "delta": {"content": "and on "},
                                                         "finish_reason": None}]}))
                time.sleep(fault.get("seconds", 0.01))
        whole = b"".join(self.chunks(reply, request)) if request.stream else json.dumps(
            self.whole(reply, request)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream" if request.stream else "application/json")
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        if kind == "half_body":
            return self.wfile.write(whole[: len(whole) // 2])
        if kind == "trickle":
            for byte in whole:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(fault.get("seconds", 0.05))
            return None
        raise ValueError(f"there is no fault `{kind}`")

    def wait_for_the_client(self):
        try:
            while self.connection.recv(4096):
                pass
        except OSError:
            pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        # A client that goes in the middle of an answer is what faults are about.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("script", nargs="?")
    parser.add_argument("--log")
    parser.add_argument("--requests")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    data = {}
    if options.script:
        with open(options.script, encoding="utf-8") as file:
            data = json.load(file)
    log = open(options.log, "w", encoding="utf-8") if options.log else None
    requests = open(options.requests, "w", encoding="utf-8") if options.requests else None
    Handler.script = Script(data, log, requests)
    server = Server(("127.0.0.1", options.port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"scripted_endpoint: {error}")
    except KeyboardInterrupt:
        pass
