#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what history costs: a branch that changes one leaf of a large run, why, compare and tree, and what many branches
take of the disk.

usage: scripts/bench.d/history.py FLOW [NODES] [BRANCHES]      100000 and 1000
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time


def layered(i):
    return [] if i < 100 else [i - 100, i - 99 if i % 100 != 99 else i - 199]


class History:
    def __init__(self, flow, folder, row):
        self.flow, self.folder, self.row = flow, folder, row
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("FLOW_")}
        self.environment["FLOW_HOME"] = os.path.join(folder, "home")

    def call(self, *words):
        """What is printed, seconds, and seconds of processors."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run([self.flow, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True)
        seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(f"flow {' '.join(words)} ended with {done.returncode}: {done.stderr[-400:]}")
        return done.stdout, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def best(self, *words, times=3):
        found = [self.call(*words)[1:] for _ in range(times)]
        return min(found)

    def told(self, name, goal, *words, times=3):
        seconds, busy = self.best(*words, times=times)
        self.row(name, seconds * 1000, "ms", goal, f"{busy * 1000:.0f} ms of processors")

    def write(self, name, count):
        """Nodes with a parameter each, of which two of the layer before are needed."""
        with open(os.path.join(self.folder, name), "w") as file:
            file.write("flow: 1\nname: bench\nnodes:\n")
            for i in range(count):
                needs = f", needs: [{', '.join(f'n{j}' for j in layered(i))}]" if layered(i) else ""
                file.write(f"  n{i}: {{set: {{v: {i}}}{needs}}}\n")

    def size(self):
        total = 0
        for base, _, files in os.walk(os.path.join(self.folder, ".flow")):
            total += sum(os.lstat(os.path.join(base, name)).st_blocks * 512 for name in files if name != "reserve")
        return total

    def begun(self, run):
        """Milliseconds from the creation of a run to the start of its first node, by its log."""
        lines = [json.loads(line) for line in self.call("events", run, "--json")[0].splitlines()]
        return lines

    def large(self, nodes):
        """A branch that changes one leaf of a large run."""
        self.write("large.yaml", nodes)
        self.call("run", "large.yaml", "--quiet")
        run = json.loads(self.call("show", "@latest", "--json")[0])["id"]
        leaf = f"n{nodes - 1}"
        change = ["--set", f"nodes.{leaf}.set.v=-1"]
        before = self.size()
        self.told(f"plan of a branch of {nodes:,} nodes that changes a leaf", 300, "plan", run, *change, "--json")
        begun = []
        for number in range(3):
            started = time.time()
            out = self.call("branch", run, "--name", f"leaf{number}", "--hypothesis", "less", *change, "--json", "--quiet")
            del out
            events = self.begun(f"leaf{number}")
            first = next(event for event in events if event["type"] == "node_started")
            begun.append(moment(first["at"]) - started)
        self.row("  of the branch: command to its first node", min(begun) * 1000, "ms", 300)
        self.row("  what it adds to the store", (self.size() - before) / 3 / 1024, "KiB", 64)
        self.told("why of the leaf", 100, "why", "leaf0", leaf)
        self.told("compare of the two", 500, "compare", run, "leaf0")

    def many(self, nodes, branches):
        """Many branches of one run, of a node each."""
        shutil.rmtree(os.path.join(self.folder, ".flow"))
        self.write("small.yaml", nodes)
        self.call("run", "small.yaml", "--quiet")
        run = json.loads(self.call("show", "@latest", "--json")[0])["id"]
        before, began = self.size(), time.monotonic()
        for number in range(branches):
            self.call("branch", run, "--name", f"b{number}", "--hypothesis", f"number {number}", "--quiet", "--set",
                      f"nodes.n{nodes - 1 - number % nodes}.set.v={-1 - number}", *(["--only", f"n{nodes - 1 - number % nodes}"]))
        seconds = time.monotonic() - began
        self.row(f"{branches:,} branches of {nodes:,} nodes, one node each: growth", (self.size() - before) / (1 << 20), "MiB",
                 20 * branches / 1000, f"{seconds / branches * 1000:.0f} ms each")
        self.told("tree with them", 100, "tree", run)
        self.told("why in one of them", 100, "why", f"b{branches - 1}", f"n{nodes - 1 - (branches - 1) % nodes}")


def moment(text):
    """Seconds since 1970 of a time as logs have it."""
    import datetime
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def measure(bench, quick):
    history(bench.flow, bench.row, 100_000, 100 if quick else 1_000)


def history(flow, row, nodes, branches):
    with tempfile.TemporaryDirectory(prefix="flow-history-", dir=os.environ.get("BENCH_DIR")) as folder:
        of = History(os.path.abspath(flow), folder, row)
        of.large(nodes)
        of.many(1_000, branches)


def main():
    def row(name, figure, unit, target=None, note=""):
        verdict = "" if target is None else ("ok" if figure <= target else "MISSED")
        print(f"{name:66} {figure:10.4g} {unit:5} {'' if target is None else f'≤ {target:.4g}':8} {verdict:7} {note}", flush=True)

    numbers = [int(word) for word in sys.argv[2:]]
    history(sys.argv[1] if len(sys.argv) > 1 else ".build/release/flow", row, *(numbers + [100_000, 1_000][len(numbers):]))


if __name__ == "__main__":
    main()
