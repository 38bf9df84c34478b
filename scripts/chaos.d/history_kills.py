# SPDX-License-Identifier: Apache-2.0
"""Kills what works on the history of runs: branch, replay, promote, conclude, delete, gc, export, import.

Each is killed before its n-th write, fsync, rename, ... Afterwards the store must be as before or as when it is done, `flow db
check` must find nothing, and the same command once more must lead to the same end.
"""

import hashlib
import json
import os
import shutil

import call_kills
from workplace import Engine, Place

WORKFLOW = """\
flow: 1
name: history
inputs: {n: {type: integer, default: 2}}
nodes:
  a: {set: {x: 20}}
  b:
    needs: [a]
    with: {n: "${{ inputs.n }}"}
    run: 'echo "$FLOW_WITH_N" > kept.txt; head -c 50000 /dev/zero | tr "\\0" x >> kept.txt; echo "y=$FLOW_WITH_N" >> "$FLOW_OUTPUT"'
    outputs: {y: integer}
    artifacts: {kept: kept.txt}
  c: {needs: [b], set: {z: "${{ nodes.b.outputs.y + nodes.a.outputs.x }}"}}
outputs: {z: {value: "${{ nodes.c.outputs.z }}"}}
"""

GROUPS = [
    "write", "pwrite64,pwritev", "fsync,fdatasync", "rename,renameat,renameat2", "link,linkat,symlink",
    "unlink,unlinkat,rmdir", "mkdir,mkdirat", "ftruncate,fallocate", "openat",
]


class Template:
    """A store with a run and two branches of it, one of them the head; a bundle of one of them; a run that is old."""

    def __init__(self, flow, tools):
        self.place = Place(flow, tools)
        place = self.place
        self.file = place.write("history.yaml", WORKFLOW)
        done = place.run("run", self.file, "--quiet")
        assert done.returncode == 0, done.stderr
        self.other = self.latest()
        assert place.run("run", self.file, "--quiet", "-i", "n=3").returncode == 0
        self.root = self.latest()
        for name, number in (("one", 4), ("two", 5)):
            done = place.run("branch", self.root, "--name", name, "--hypothesis", f"{number} is better",
                             "--set", f"inputs.n={number}", "--quiet")
            assert done.returncode == 0, done.stderr
        assert place.run("branch", "promote", "one").returncode == 0
        self.bundle = os.path.join(place.folder, "two.flowbundle")
        done = place.run("export", "two", "--bundle", self.bundle)
        assert done.returncode == 0, done.stderr

    def latest(self):
        return json.loads(self.place.run("show", "@latest", "--json").stdout.splitlines()[0])["id"]

    def copy(self, flow, tools, is_empty):
        place = Place(flow, tools)
        if not is_empty:
            shutil.copytree(self.place.store, place.store)
        shutil.copy(self.bundle, os.path.join(place.folder, "two.flowbundle"))
        return place

    def operations(self):
        """Each with its words, and whether it makes a run that goes on by itself."""
        return {
            "branch": (["branch", self.root, "--name", "new", "--hypothesis", "six", "--set", "inputs.n=6", "--quiet"], True),
            "replay": (["replay", self.root, "--from", "b", "--quiet"], True),
            "promote": (["branch", "promote", "two"], False),
            "conclude": (["branch", "conclude", "two", "refuted", "-m", "it is not"], False),
            "delete": (["branch", "delete", "two"], False),
            "gc": (["gc", "--keep", "1"], False),
            "export": (["export", "one", "--bundle", "one.flowbundle"], False),
            "import": (["import", "two.flowbundle"], False),
        }


def state(place):
    """All that is said of the runs of a store: by id, status, events and place in the tree."""
    if not os.path.exists(os.path.join(place.store, "flow.db")):
        return {}
    listed = place.run("list", "--limit", "1000", "--json")
    if "nothing has run there yet" in listed.stderr:
        return {}
    assert listed.returncode == 0, listed.stderr
    runs = {}
    for line in listed.stdout.splitlines():
        value = json.loads(line)
        for run in value.get("runs", [value]):
            if "id" in run:
                events = place.run("events", run["id"], "--json").stdout
                runs[run["id"]] = {"status": run["status"], "events": hashlib.sha256(events.encode()).hexdigest()}
    for branch in json.loads(place.run("branch", "list", "--json").stdout)["branches"]:
        branch.pop("status", None)
        runs[branch["run"]]["branch"] = branch
    return runs


def files(place):
    """The files of a store but for those of the database, and what lies beside it."""
    found = set()
    for folder, _, names in os.walk(place.folder):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), place.folder)
            if not name.startswith(("flow.db", "owner.lock", "copy.lock", "head", "reserve", "report", "ledger", "errors-")):
                found.add(path)
    return found


def results(place, run):
    """What the nodes of a run have put out, taken over or not."""
    shown = json.loads(place.run("show", run, "--json").stdout.splitlines()[0])
    return {
        node["node"]: node.get("result") for node in shown["nodes"]}, shown["outputs"], shown["status"]


class Reference:
    """An operation without a kill."""

    def __init__(self, template, flow, tools, name):
        self.words, self.makes_run = template.operations()[name]
        with template.copy(flow, tools, name == "import") as place:
            self.before = state(place)
            done = place.run(*self.words)
            assert done.returncode == 0, f"{name}: {done.stderr}"
            self.after = state(place)
            self.files = files(place)
            if self.makes_run:
                self.results = results(place, new_runs(self.before, self.after)[0])


def new_runs(before, after):
    return [run for run in after if run not in before]


def one_kill(template, reference, flow, tools, name, group, number):
    """Kills an operation before a call. Gives whether the call came, what it was about, and what is wrong then."""
    with template.copy(flow, tools, name == "import") as place:
        report = os.path.join(place.folder, "report")
        engine = Engine(place, reference.words, [place.before_call, report, group, str(number)])
        engine.finish()
        killed, what = call_kills.was_killed(report)
        problems = []
        place.wait_until_gone()
        now = state(place)
        if reference.makes_run:
            problems += check_new_run(place, reference, now)
        elif now not in (reference.before, reference.after):
            problems.append(f"neither as before nor done: {json.dumps(now)[:800]}")
        problems += check_store(place, "after the kill", name)
        # Once more. A deletion that was done finds no branch, a branch that was made has its name.
        again = place.run(*reference.words)
        is_done = not reference.makes_run and now == reference.after
        if again.returncode != 0 and not (is_done and name == "delete") and not (name == "branch" and new_runs(reference.before, now)):
            problems.append(f"once more: {again.returncode}: {again.stderr[-400:]}")
        if not reference.makes_run:
            if state(place) != reference.after:
                problems.append("once more it comes to another end")
            if name in ("import", "gc", "delete"):
                collected = place.run("gc", "--older-than", "1000d")
                if collected.returncode != 0:
                    problems.append(f"gc: {collected.stderr[-400:]}")
                if files(place) != reference.files:
                    problems.append(f"other files: {sorted(files(place) ^ reference.files)[:5]}")
            elif name == "export" and (left := files(place) - reference.files - set_aside(place)):
                problems.append(f"files are left: {sorted(left)[:5]}")
        problems += check_store(place, "in the end", name)
        where = call_kills.read_where(report, place) if killed else ""
        return killed, f"{name}: {what} {where}" if killed else f"{name}: through {call_kills.read_code(report)}", problems


def set_aside(place):
    """What a killed export leaves beside its file, under a name of its own."""
    return {name for name in os.listdir(place.folder) if name.startswith(".one.flowbundle.")}


def check_store(place, when, name):
    if name == "import" and not os.path.exists(os.path.join(place.store, "flow.db")):
        return []
    checked = place.run("db", "check")
    # A store that was not finished being made has nothing in it.
    if checked.returncode != 0 and "nothing has run there yet" not in checked.stderr:
        return [f"{when}: db check: {checked.stdout[-600:]}{checked.stderr[-200:]}"]
    return []


def check_new_run(place, reference, now):
    """The new run is there whole or not at all, and goes on to the same end; nothing else has changed."""
    problems = []
    made = new_runs(reference.before, now)
    if {run: now[run] for run in now if run not in made} != reference.before:
        problems.append("another run has changed")
    if len(made) > 1:
        problems.append(f"{len(made)} new runs")
    for run in made:
        if "branch" not in now[run]:
            problems.append(f"run {run} has no place in the tree")
        if now[run]["status"] != "succeeded":
            resumed = place.run("resume", run, "--quiet")
            if resumed.returncode != 0:
                problems.append(f"resume: {resumed.returncode}: {resumed.stderr[-400:]}")
        if results(place, run) != reference.results:
            problems.append(f"other results: {results(place, run)}")
    return problems
