# SPDX-License-Identifier: Apache-2.0
"""Durable engines that keep their state in SQLite, as flow does: what a node takes, and what a kill costs.

Each is installed from PyPI into an environment of its own. Their times are those of the run alone, without the start of
the interpreter and its imports; flow's are those of the whole program, from start to end.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = {
    "langgraph": ["langgraph==1.2.22", "langgraph-checkpoint-sqlite==3.1.2"],
    "dbos": ["dbos==3.4.0"],
}
# Ways of running: name, engine, durability.
WAYS = [("langgraph, sync", "langgraph", "sync"), ("langgraph, async", "langgraph", "async"), ("dbos", "dbos", "")]
# Times faster than the best of them a node is to be.
GOAL = 50


def install(home):
    """The interpreter of each engine that could be installed."""
    found = {}
    for engine, packages in PACKAGES.items():
        folder = os.path.join(home, engine)
        python, mark = os.path.join(folder, "bin", "python"), os.path.join(folder, "installed")
        wanted = "\n".join(packages)
        if not os.path.exists(mark) or open(mark).read() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            try:
                subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=sys.stderr)
                subprocess.run([os.path.join(folder, "bin", "pip"), "install", "--quiet",
                                "--disable-pip-version-check", *packages], check=True, stdout=sys.stderr, timeout=900)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"peers: {engine} cannot be installed, left out: {error}", flush=True)
                continue
            with open(mark, "w") as file:
                file.write(wanted)
        found[engine] = python
    return found


class Peer:
    """One job of one engine, in a folder of its own."""

    def __init__(self, bench, python, engine, job):
        self.folder = tempfile.mkdtemp(dir=bench.folder, prefix=engine + "-")
        self.words = [python, os.path.join(HERE, engine + "_nodes.py")]
        self.job = os.path.join(self.folder, "job.json")
        self.environment = {**bench.environment, "DO_NOT_TRACK": "1", "PYTHONDONTWRITEBYTECODE": ""}
        self.count = len(job["needs"])
        with open(self.job, "w") as file:
            json.dump(job, file)

    def start(self, mode):
        return subprocess.Popen([*self.words, mode, self.job], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, mode="run"):
        """Seconds of the run alone."""
        child = self.start(mode)
        out, error = child.communicate()
        told = json.loads(out.strip().rsplit("\n", 1)[-1]) if child.returncode == 0 else {}
        if told.get("ended") != self.count:
            raise SystemExit(f"{' '.join(self.words)} ended with {child.returncode}, {told}: {error[-600:]}")
        return told["seconds"]

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(bench, quick):
    pythons = install(bench.peers_home)
    ways = [way for way in WAYS if way[1] in pythons]
    if not ways:
        return print("peers: none is there: left out", flush=True)
    shapes = {
        "chain": lambda node: [node - 1] if node else [],
        # 100 a layer, each with two needs in the layer before.
        "layered": lambda node: [] if node < 100 else [node - 100, node - 99 if node % 100 != 99 else node - 199],
    }
    reached = {name: [no_ops(bench, pythons, ways, name, needs, 1_000)] for name, needs in shapes.items()}
    if not quick:
        reached["layered"].append(no_ops(bench, pythons, ways, "layered", shapes["layered"], 10_000))
    most(bench, shapes["layered"], reached["layered"][-1], 1_000 if quick else 10_000)
    kills(bench, pythons, ways, shapes["layered"], 200 if quick else 1_000)


def most(bench, needs, best, size):
    """flow's 100,000 nodes, start-up and new store included, against the best of the others in as many as they are given."""
    count = 100_000
    path = bench.write("peers", count, needs, "set: {}")
    own = min(bench.run_once(path) for _ in range(bench.repeat)) / count
    bench.row(f"{count:,} durable no-ops, layered: flow", own * 1000, "ms/node", None, f"{own * count:.2f} s")
    bench.row(f"  of the best of them with {size:,}", own / best, "×", 1 / GOAL,
              f"{best / own:.0f} × as fast; it takes {best * 1000:.2f} ms/node")


def no_ops(bench, pythons, ways, shape, needs, count):
    """Gives the seconds a node takes with the best of the others."""
    path = bench.write("peers", count, needs, "set: {}")
    one = bench.write("one", 1, lambda node: [], "set: {}")
    graph = [needs(node) for node in range(count)]

    def way_of(engine, durability):
        def once():
            peer = Peer(bench, pythons[engine], engine,
                        {"needs": graph, "command": None, "slots": 2, "durability": durability})
            seconds = peer.run()
            peer.close()
            return seconds
        return once
    best = bench.in_turns({"flow": lambda: bench.run_once(path), "one node": lambda: bench.run_once(one)}
                          | {name: way_of(engine, durability) for name, engine, durability in ways},
                          bench.repeat if count <= 1_000 else 1)
    start = best.pop("one node")
    for name, seconds in best.items():
        bench.row(f"{count:,} durable no-ops, {shape}: {name}", seconds / count * 1000, "ms/node", None,
                  f"{seconds:.3f} s" + (f", {start:.3f} s of it start-up" if name == "flow" else ""))
    others = {name: seconds for name, seconds in best.items() if name != "flow"}
    first = min(others, key=others.get)
    bench.row("  flow of the best of them", best["flow"] / others[first], "×", 1 / GOAL,
              f"{others[first] / best['flow']:.0f} × as fast as {first}")
    # What the figure of the others is: no start-up.
    alone = best["flow"] - start
    if alone > best["flow"] / 10:
        bench.row("  the same, flow without start-up as well", alone / others[first], "×", None,
                  f"{others[first] / alone:.0f} × as fast")
    else:
        print("  the same, flow without start-up as well: too little is left to be told from noise", flush=True)
    return others[first] / count


def lines(log):
    try:
        with open(log) as file:
            return file.read().split()
    except FileNotFoundError:
        return []


def wait_and_kill(child, log, count):
    """Kills the engine when a number of nodes have run."""
    while len(lines(log)) < count:
        if child.poll() is not None:
            raise SystemExit(f"ended with {child.returncode} before it could be killed")
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    # Bodies that outlive their engine: to the end of the longest.
    time.sleep(0.1)
    return len(lines(log))


def kills(bench, pythons, ways, needs, count):
    """Nodes of 10 ms that count themselves; the engine killed half-way, and resumed."""
    graph = [needs(node) for node in range(count)]

    def tell(name, before, log, seconds):
        after = lines(log)
        missing, left = count - len(set(after)), count - before
        if missing:
            raise SystemExit(f"{name}: {missing} nodes never ran")
        bench.row(f"{count:,} programs of 10 ms, killed half-way: {name}", seconds / left * 1000, "ms/left", None,
                  f"resume {seconds:.2f} s for {left}; {len(after) - count} run again")
        return seconds / left

    log = bench.path("runs-flow.log")
    command = ["sh", "-c", f"echo NODE >> {log}; sleep 0.01"]
    path = bench.path("kills.yaml")
    with open(path, "w") as file:
        file.write("flow: 1\nname: bench\nconcurrency: {max_parallel: 2}\nnodes:\n")
        for node, others in enumerate(graph):
            body = json.dumps([word.replace("NODE", str(node)) for word in command])
            file.write(f"  n{node}: {{run: {body}, needs: [{', '.join(f'n{other}' for other in others)}]}}\n")
    store = bench.store()
    child = subprocess.Popen([bench.flow, "run", path, "--quiet", "--store", store], env=bench.environment,
                             cwd=bench.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    before = wait_and_kill(child, log, count // 2)
    seconds, _ = bench.once([bench.flow, "resume", "@latest", "--quiet", "--store", store])
    own = tell("flow", before, log, seconds)

    others = []
    for name, engine, durability in ways:
        if durability == "async":
            continue
        log = bench.path(f"runs-{engine}.log")
        job = {"needs": graph, "command": ["sh", "-c", f"echo NODE >> {log}; sleep 0.01"], "slots": 2,
               "durability": durability}
        peer = Peer(bench, pythons[engine], engine, job)
        before = wait_and_kill(peer.start("run"), log, count // 2)
        others.append(tell(name, before, log, peer.run("resume")))
        peer.close()
    if others:
        bench.row("  flow of the best of them", own / min(others), "×")
