# SPDX-License-Identifier: Apache-2.0
"""Children that do all they can to survive, and the ways in which they have to go."""

import time

from workplace import DEATH_LIMIT, Engine, Place

# Modes of probe.c that stay until they are ended.
STAYING = [
    "deaf", "undying", "twice", "naked", "stays_stopped", "self", "hops", "hops_naked", "many", "flood",
]
# Modes that end and leave somebody behind.
LEAVING = ["left", "left_naked", "holds"]
# Modes that write what nobody wants to read: mode, number, bytes expected in the log at most.
WRITING = [("line", 1024), ("bytes", 64), ("silent", 100)]
# How the engine or the node ends.
ENDINGS = ["kill", "cancel", "signal", "timeout"]

ONE = """\
flow: 1
name: hostile
env: {CHAOS_LEDGER: "@LEDGER@"}
nodes:
  neighbour: {run: ["@PROBE@", "@TOKEN@-n", work, "30000"], outputs: {value: integer}, grace: 300ms}
  hostile: {run: ["@PROBE@", "@TOKEN@", MODE, "NUMBER"], grace: 300ms, TIMEOUT}
"""


def workflow(place, mode, number=0, timeout=None, neighbour=True):
    text = ONE.replace("MODE", mode).replace("NUMBER", str(number))
    text = text.replace(", TIMEOUT", f", timeout: {timeout}" if timeout else "")
    if not neighbour:
        text = "\n".join(line for line in text.split("\n") if "neighbour" not in line)
    return place.write("work.yaml", text)


def is_done(node):
    return lambda line: line.get("node") == node and line.get("type") in ("node_succeeded", "node_failed")


def survivors(place, token, limit):
    """The processes with a word in their command line that are left after a time, and how long the last lived."""
    began = time.monotonic()
    while True:
        left = [pid for pid in place.alive() if place.has_word(pid, token)]
        took = time.monotonic() - began
        if not left or took > limit:
            return took, left
        time.sleep(0.01)


def staying(flow, tools, mode, ending):
    """A hostile node beside a peaceful one. Gives problems and the time until all were gone."""
    problems = []
    with Place(flow, tools) as place:
        file = workflow(place, mode, timeout="500ms" if ending == "timeout" else None)
        engine = Engine(place, ["run", file])
        ready = lambda: sum(line.what == "start" for line in place.ledger()) == 2  # noqa: E731
        deadline = time.monotonic() + 20
        while not ready():
            if time.monotonic() > deadline:
                return ["the nodes did not start: " + engine.said], 0
            time.sleep(0.01)
        # It has had the time to do what it does, or has not.
        time.sleep(0.3 if hash((mode, ending)) % 2 else 0.02)
        if ending == "timeout":
            # Only the hostile one goes; its neighbour stays.
            engine.wait_for(is_done("hostile"), 15)
            took, left = survivors(place, place.token, DEATH_LIMIT)
            if left:
                problems.append(f"{len(left)} left {took:.1f} s after the end of the node")
            if not any(place.has_word(pid, place.token + "-n") for pid in place.alive()):
                problems.append("the neighbour was killed too")
            engine.process.terminate()
            engine.finish()
        else:
            {
                "kill": engine.process.kill,
                "signal": engine.process.terminate,
                "cancel": lambda: place.run("cancel", engine.run or "@latest"),
            }[ending]()
            began = time.monotonic()
            code = engine.finish()
            # The grace of the node is part of a stop in good order, not of the time that the rest may take.
            if (stopped := time.monotonic() - began) > 10:
                problems.append(f"it took {stopped:.1f} s until the engine had ended")
            if code != {"kill": -9, "signal": 143, "cancel": 2}[ending]:
                problems.append(f"the engine ended with {code}: {engine.said}")
        took, left = place.wait_until_gone(DEATH_LIMIT + 1)
        if left or took > DEATH_LIMIT:
            problems.append(f"{len(left)} processes left after {took:.1f} s")
    return problems, took


def leaving(flow, tools, mode, _):
    """A node that ends well and leaves somebody behind, while a neighbour runs."""
    problems = []
    with Place(flow, tools) as place:
        engine = Engine(place, ["run", workflow(place, mode)])
        line = engine.wait_for(is_done("hostile"), 20)
        took, left = survivors(place, place.token, DEATH_LIMIT)
        if not line or line["type"] != "node_succeeded":
            problems.append(f"the node ended with {line} {engine.said}")
        if left:
            problems.append(f"{len(left)} left after the end of the node")
        if not any(place.has_word(pid, place.token + "-n") for pid in place.alive()):
            problems.append("the neighbour was killed too")
        engine.process.kill()
        engine.finish()
        took, left = place.wait_until_gone(DEATH_LIMIT + 1)
        if left or took > DEATH_LIMIT:
            problems.append(f"{len(left)} processes left after {took:.1f} s")
    return problems, took


def writing(flow, tools, mode, number):
    """A node whose output is a trial: the run succeeds, memory and the log stay small."""
    problems = []
    with Place(flow, tools) as place:
        engine = Engine(place, ["run", workflow(place, mode, number, neighbour=False)])
        most = 0
        while engine.process.poll() is None:
            most = max(most, place.resident(engine.process.pid))
            time.sleep(0.02)
        code = engine.finish()
        if code != 0:
            problems.append(f"ended with {code}: {engine.said}")
        if most > 200 << 20:
            problems.append(f"the engine used {most >> 20} MiB")
        took, left = place.wait_until_gone(1)
        if left:
            problems.append(f"{len(left)} left")
        if (size := place.size()) > 64 << 20:
            problems.append(f"the store has {size >> 20} MiB")
    return problems, took
