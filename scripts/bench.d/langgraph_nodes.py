# SPDX-License-Identifier: Apache-2.0
"""Runs a job with langgraph, its checkpoints in SQLite; prints the seconds from the first node to the last.

usage: langgraph_nodes.py run|resume JOB    in the folder that keeps the state

`durability` of the job: `sync` keeps a step before the next begins, `async` while the next runs.
"""

import json
import operator
import sqlite3
import subprocess
import sys
import time
from typing import Annotated, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph


class Tally(TypedDict):
    ended: Annotated[int, operator.add]


def body(node, job):
    if not job["command"]:
        return lambda tally: {"ended": 1}
    words = [word.replace("NODE", str(node)) for word in job["command"]]

    def run(tally):
        subprocess.run(words, check=True)
        return {"ended": 1}
    return run


def main():
    with open(sys.argv[2]) as file:
        job = json.load(file)
    needs = job["needs"]
    graph = StateGraph(Tally)
    for node in range(len(needs)):
        graph.add_node(f"n{node}", body(node, job))
    for node, others in enumerate(needs):
        if len(others) > 1:
            graph.add_edge([f"n{other}" for other in others], f"n{node}")
        else:
            graph.add_edge(f"n{others[0]}" if others else START, f"n{node}")
    for node in set(range(len(needs))).difference(*needs):
        graph.add_edge(f"n{node}", END)
    saver = SqliteSaver(sqlite3.connect("langgraph.db", check_same_thread=False))
    program = graph.compile(checkpointer=saver)
    options = {"configurable": {"thread_id": "bench"}, "recursion_limit": len(needs) + 100,
               "max_concurrency": job["slots"]}
    began = time.monotonic()
    ended = program.invoke({"ended": 0} if sys.argv[1] == "run" else None, options, durability=job["durability"])["ended"]
    print(json.dumps({"seconds": time.monotonic() - began, "ended": ended}))


main()
