#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests scripts/scripted_endpoint.py over real connections."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest

ENDPOINT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripted_endpoint.py")
SCHEMA = {"title": "Answer", "type": "object", "required": ["n", "kind", "words"], "properties": {
    "n": {"type": "integer", "minimum": 3}, "kind": {"enum": ["b", "a"]},
    "words": {"type": "array", "items": {"type": "string"}, "minItems": 1}}}


class Endpoint:
    def __init__(self, rules, default=None):
        self.folder = tempfile.TemporaryDirectory()
        script = os.path.join(self.folder.name, "script.json")
        with open(script, "w", encoding="utf-8") as file:
            json.dump({"rules": rules, "default": default}, file)
        self.log_file = os.path.join(self.folder.name, "log")
        self.process = subprocess.Popen(
            [sys.executable, ENDPOINT, script, "--log", self.log_file], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split(":")[2].split("/")[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def post(self, body):
        connection = self.connect()
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def ask(self, text="hello", system="You are the planner: plan.", **more):
        body = {"model": "m", "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}]}
        answer, data = self.post({**body, **more})
        assert answer.status == 200, data
        return json.loads(data)

    def text(self, *words, **more):
        return self.ask(*words, **more)["choices"][0]["message"]["content"]

    @property
    def log(self):
        with open(self.log_file, encoding="utf-8") as file:
            return [json.loads(line) for line in file]


def form(schema):
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


class Rules(unittest.TestCase):
    def test_order_uses_and_conditions(self):
        rules = [
            {"when": {"agent": "planner", "last": ["x", "y"]}, "reply": {"text": "both"}},
            {"when": {"system": "plan."}, "replies": [{"text": "first"}, {"text": "second"}], "times": 3}]
        with Endpoint(rules, {"text": "rest"}) as endpoint:
            self.assertEqual(endpoint.text("x and y"), "both")
            self.assertEqual([endpoint.text("x") for _ in range(4)], ["first", "second", "second", "rest"])
            self.assertEqual([line["agent"] for line in endpoint.log], ["planner"] * 5)

    def test_schema_by_title_and_the_smallest_value(self):
        with Endpoint([{"when": {"schema": "Other"}, "reply": {"json": 1}}]) as endpoint:
            value = json.loads(endpoint.text(response_format=form(SCHEMA)))
            self.assertEqual(value, {"n": 3, "kind": "b", "words": ["ok"]})
            self.assertEqual(endpoint.text(response_format=form({"title": "Other"})), "1")
            self.assertEqual([line["schema"] for line in endpoint.log], ["Answer", "Other"])

    def test_tools(self):
        rules = [{"when": {"tool": "record"}, "reply": {"tool": {"name": "record", "arguments": {"n": 1}}}}]
        with Endpoint(rules) as endpoint:
            tools = [{"type": "function", "function": {"name": "record", "parameters": {"type": "object"}}}]
            choice = endpoint.ask(tools=tools)["choices"][0]
            self.assertEqual(choice["finish_reason"], "tool_calls")
            self.assertEqual(choice["message"]["tool_calls"][0]["function"], {"name": "record", "arguments": '{"n": 1}'})
            self.assertEqual(endpoint.log[0]["tools"], ["record"])

    def test_stream(self):
        with Endpoint([{"reply": {"text": "é" * 900, "usage": [7, 5]}}]) as endpoint:
            answer, data = endpoint.post({"model": "m", "stream": True, "messages": []})
            self.assertTrue(answer.getheader("Content-Type").startswith("text/event-stream"))
            events = [line[6:] for line in data.decode().split("\n") if line.startswith("data: ")]
            self.assertEqual(events[-1], "[DONE]")
            chunks = [json.loads(event) for event in events[:-1]]
            text = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"])
            self.assertEqual(text, "é" * 900)
            self.assertEqual(chunks[-1]["usage"], {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12})

    def test_together(self):
        rules = [{"when": {"last": word}, "together": 2, "group": "g", "reply": {"text": word}} for word in ("a", "b")]
        logs = []
        for order in ("ab", "ba"):
            with Endpoint(rules) as endpoint:
                found = {}
                threads = [threading.Thread(target=lambda w=w: found.update({w: endpoint.text(w)})) for w in order]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual(found, {"a": "a", "b": "b"})
                logs.append(endpoint.log)
        self.assertEqual(logs[0], logs[1])
        self.assertEqual(logs[0][0]["together"], 2)


class Faults(unittest.TestCase):
    def fault(self, fault, **body):
        with Endpoint([{"fault": fault, "fault_times": 1, "reply": {"text": "x" * 200}}]) as endpoint:
            body = {"model": "m", "messages": [{"role": "user", "content": "a"}], **body}
            try:
                answer, data = endpoint.post(body)
                found = (answer.status, dict(answer.getheaders()), data)
            except (http.client.HTTPException, OSError) as error:
                found = error
            self.assertEqual(endpoint.text("again"), "x" * 200)
            return found

    def test_status(self):
        status, headers, data = self.fault({"kind": "status", "status": 429, "retry_after": 2})
        self.assertEqual((status, headers["Retry-After"]), (429, "2"))
        self.assertEqual(json.loads(data)["error"]["type"], "rate_limit_error")
        self.assertEqual(self.fault({"kind": "status", "status": 500})[0], 500)

    def test_reset(self):
        self.assertIsInstance(self.fault("reset"), OSError)

    def test_half_body(self):
        self.assertIsInstance(self.fault("half_body"), http.client.IncompleteRead)

    def test_malformed(self):
        with self.assertRaises(ValueError):
            json.loads(self.fault("malformed")[2])
        self.assertIn(b"this is no JSON", self.fault("malformed", stream=True)[2])

    def test_trickle(self):
        data = self.fault({"kind": "trickle", "seconds": 0})[2]
        self.assertEqual(json.loads(data)["choices"][0]["message"]["content"], "x" * 200)

    def test_silent_and_endless_end_with_the_client(self):
        for fault in ("silent", "endless"):
            with Endpoint([{"fault": fault, "fault_times": 1}]) as endpoint:
                connection = endpoint.connect()
                body = json.dumps({"model": "m", "stream": True, "messages": []})
                connection.request("POST", "/v1/chat/completions", body)
                if fault == "endless":
                    self.assertIn(b"and on", connection.getresponse().read(2000))
                connection.close()
                self.assertEqual(endpoint.text(), "ok")

    def test_bad_requests(self):
        with Endpoint([]) as endpoint:
            connection = endpoint.connect()
            connection.request("POST", "/v1/chat/completions", "{")
            self.assertEqual(connection.getresponse().status, 400)
            connection.close()

    def test_a_script_with_a_fault_is_refused(self):
        done = subprocess.run(
            [sys.executable, ENDPOINT, "/dev/stdin"], input='{"rules": [{"wenn": {}}]}', capture_output=True, text=True,
            timeout=30)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("unknown key `wenn`", done.stderr)


if __name__ == "__main__":
    unittest.main()
