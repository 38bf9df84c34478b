# SPDX-License-Identifier: Apache-2.0
"""Twenty engines on one store at once: one owns it, the others name its process and end with 75."""

import re
import signal

import workload
from workplace import Engine, Place

ENGINES = 20


def one_round(flow, tools, number):
    """Starts them all at once; in each second round the store was left by an engine that was killed."""
    problems = []
    with Place(flow, tools) as place:
        file = workload.write(place, workload.MIXED)
        if number % 2:
            first = Engine(place, ["run", file])
            first.wait_for(lambda line: line.get("type") == "node_started")
            first.process.kill()
            first.finish()
            place.wait_until_gone()
        # The engine that wins works until all others have been refused.
        slow = place.write(
            "slow.yaml", "flow: 1\nname: slow\nnodes: {a: {run: ['@PROBE@', '@TOKEN@', sleeper]}}\n")
        engines = [Engine(place, ["run", slow]) for _ in range(ENGINES)]
        owners, refused = [], []
        for engine in engines:
            started = engine.wait_for(lambda line: line.get("type") == "node_started", 60)
            (owners if started else refused).append(engine)
        if len(owners) != 1:
            problems.append(f"{len(owners)} owners: {[engine.process.pid for engine in owners]}")
        for engine in refused:
            code, said = engine.finish(), engine.said
            named = re.findall(r"pid (\d+)", said)
            if code != 75:
                problems.append(f"one ended with {code}: {said}")
            elif not owners or named != [str(owners[0].process.pid)]:
                problems.append(f"the owner is {owners and owners[0].process.pid}, one said: {said}")
        for engine in owners:
            engine.process.send_signal(signal.SIGKILL)
            engine.finish()
        _, left = place.wait_until_gone()
        if left:
            problems.append(f"{len(left)} processes left")
        started = [run for run in place.runs().values() if run["workflow"] == "slow"]
        if len(started) != 1:
            problems.append(f"{len(started)} runs were made")
    return problems
