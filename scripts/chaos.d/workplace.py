# SPDX-License-Identifier: Apache-2.0
"""What the kill tests work with: the program, processes and who is alive, the ledger, the workloads."""

import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# How long descendants of a dead engine may live.
DEATH_LIMIT = 2.0


def compile_tools(folder):
    """Compiles the C programs of this folder with the system's compiler."""
    for name in ("probe", "before_call"):
        subprocess.run(
            ["cc", "-O1", "-Wall", "-Wextra", "-o", os.path.join(folder, name), os.path.join(HERE, name + ".c")],
            check=True)


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def state_of(pid):
    """The letter of a process's state; empty if there is none."""
    return read(f"/proc/{pid}/stat").rpartition(b") ")[2][:1].decode()


class Bystander:
    """Processes that look like those of a run and are none: same user, program, name of a variable; other values."""

    def __init__(self, probe):
        marker = {f"FLOW_STORE_{secrets.token_hex(8)}": "1-1", f"FLOW_STORE_{secrets.token_hex(8)}_CHILD": "1-1-1"}
        token = "bystander-" + secrets.token_hex(8)
        self.processes = [
            subprocess.Popen([probe, token, "sleeper"], env=marker, start_new_session=True),
            subprocess.Popen([probe, token, "sleeper"], env={}),
        ]

    def dead(self):
        return sum(process.poll() is not None for process in self.processes)

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


class Place:
    """A folder with a store, a ledger and the workload of one test."""

    def __init__(self, flow, tools):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="flow-kills-"))
        self.store = os.path.join(self.folder, "store")
        self.ledger_path = os.path.join(self.folder, "ledger")
        self.probe = os.path.join(tools, "probe")
        self.before_call = os.path.join(tools, "before_call")
        self.flow = flow
        self.token = "probe-" + secrets.token_hex(8)
        self.marker = "FLOW_STORE_" + hashlib.sha256(self.store.encode()).hexdigest()[:16]
        open(self.ledger_path, "w").close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in self.alive():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        text = text.replace("@PROBE@", self.probe).replace("@TOKEN@", self.token).replace("@LEDGER@", self.ledger_path)
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def alive(self):
        """The processes of this place: by the store's variable, or by the token in the command line."""
        found = []
        wanted = (self.marker.encode(), self.token.encode())
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == os.getpid():
                continue
            if not any(mark in read(f"/proc/{name}/{file}") for file in ("cmdline", "environ") for mark in wanted):
                continue
            if state_of(name) not in ("", "Z", "X"):
                found.append(int(name))
        return found

    @staticmethod
    def has_word(pid, word):
        """Whether a word stands in the command line of a process."""
        return word.encode() in read(f"/proc/{pid}/cmdline").split(b"\0")

    @staticmethod
    def resident(pid):
        """The memory of a process in bytes."""
        fields = read(f"/proc/{pid}/statm").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if fields else 0

    def size(self):
        """The bytes in the store."""
        return sum(
            os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.store) for name in names)

    def wait_until_gone(self, limit=DEATH_LIMIT + 1):
        """Waits until no process is left. Gives the seconds that took, and the processes left at the limit."""
        began = time.monotonic()
        while True:
            left = self.alive()
            took = time.monotonic() - began
            if not left or took > limit:
                return took, left
            time.sleep(0.01)

    def ledger(self):
        lines = read(self.ledger_path).decode().splitlines()
        return [LedgerLine(*line.split("\t")) for line in lines]

    def run(self, *words, timeout=120):
        return subprocess.run(
            [self.flow, *words, "--store", self.store], capture_output=True, text=True, timeout=timeout,
            cwd=self.folder, stdin=subprocess.DEVNULL)

    def events(self, run):
        text = self.run("events", run, "--json").stdout
        return [json.loads(line) for line in text.splitlines()]

    def runs(self):
        """The runs of the store by their ids; none if there is no store yet."""
        done = self.run("list", "--json")
        if done.returncode != 0:
            return {}
        return {run["id"]: run for run in json.loads(done.stdout)["runs"]}


class LedgerLine:
    def __init__(self, what, run, node, attempt, key, pid):
        self.what, self.run, self.node, self.attempt, self.key, self.pid = what, run, node, attempt, key, pid

    def __repr__(self):
        return f"{self.what} {self.key} ({self.pid})"


class Engine:
    """A `flow` that runs, and what it has said so far on its standard output (`--json`)."""

    def __init__(self, place, words, wrapper=()):
        self.place = place
        self.errors = os.path.join(place.folder, f"errors-{secrets.token_hex(4)}")
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [*wrapper, place.flow, *words, "--json", "--store", place.store], stdout=subprocess.PIPE,
                stderr=errors, stdin=subprocess.DEVNULL, cwd=place.folder)
        self.lines = []
        self.has_ended = False
        self.new_line = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            if not line.endswith(b"\n"):
                continue
            with self.new_line:
                self.lines.append(json.loads(line))
                self.new_line.notify_all()
        with self.new_line:
            self.has_ended = True
            self.new_line.notify_all()

    def wait_for(self, holds, timeout=30):
        """Waits for a line of which something holds; none if the program ends first."""
        with self.new_line:
            self.new_line.wait_for(
                lambda: any(map(holds, self.lines)) or self.has_ended, timeout)
            return next(filter(holds, self.lines), None)

    def finish(self, timeout=120):
        code = self.process.wait(timeout)
        self.reader.join(timeout)
        self.process.stdout.close()
        return code

    @property
    def run(self):
        return next((line["run"] for line in self.lines if "run" in line), None)

    @property
    def events(self):
        """The events of the run, without those of runs that are part of it and without the closing line."""
        return [line for line in self.lines if line.get("run") == self.run and line.get("type") != "result"]

    @property
    def result(self):
        return next((line for line in self.lines if line.get("type") == "result"), None)

    @property
    def said(self):
        return read(self.errors).decode(errors="replace")[-600:]
