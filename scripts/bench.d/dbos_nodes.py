# SPDX-License-Identifier: Apache-2.0
"""Runs a job with DBOS and SQLite; prints the seconds from the first node to the last.

usage: dbos_nodes.py run|resume JOB    in the folder that keeps the state

A job is one workflow, a node one of its steps. Steps are known by their order, which must be the same when the workflow
is recovered: they run one after the other, in an order that keeps the needs.
"""

import json
import subprocess
import sys
import time

from dbos import DBOS, SetWorkflowID

with open(sys.argv[2]) as file:
    job = json.load(file)
DBOS(config={
    "name": "bench", "system_database_url": "sqlite:///dbos.db", "log_level": "ERROR", "run_admin_server": False,
    "application_version": "bench", "executor_id": "bench",
})


@DBOS.step()
def run_node(node):
    if job["command"]:
        subprocess.run([word.replace("NODE", str(node)) for word in job["command"]], check=True)
    return node


@DBOS.workflow()
def run_job():
    return sum(1 for node in range(len(job["needs"])) if run_node(node) == node)


began = time.monotonic()
# A workflow that was under way is taken up again by this.
DBOS.launch()
if sys.argv[1] == "run":
    began = time.monotonic()
    with SetWorkflowID("bench"):
        ended = run_job()
else:
    ended = DBOS.retrieve_workflow("bench").get_result()
print(json.dumps({"seconds": time.monotonic() - began, "ended": ended}), flush=True)
DBOS.destroy()
