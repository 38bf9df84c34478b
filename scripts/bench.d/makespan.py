# SPDX-License-Identifier: Apache-2.0
"""Makespans: six recorded workflows, with sleeps in place of their programs, against ninja and a list schedule.

A graph keeps all its nodes and needs. Its recorded times are scaled by one factor, so that the best list schedule takes
some seconds, or with `--length` several times as long. Every body is a real child process, `sleep`, the same for flow
and for ninja.
"""

import glob
import heapq
import json
import os
import subprocess


class Graph:
    """The tasks of a WfFormat file in its order: their needs as numbers, and their seconds."""

    def __init__(self, path):
        with open(path) as file:
            workflow = json.load(file)["workflow"]
        tasks = workflow["specification"]["tasks"]
        numbers = {task["id"]: number for number, task in enumerate(tasks)}
        recorded = {task["id"]: task.get("runtimeInSeconds", 0) for task in workflow["execution"]["tasks"]}
        self.name = os.path.basename(path).removesuffix(".json").removesuffix("-001")
        self.path = path
        self.seconds = [recorded.get(task["id"], 0) for task in tasks]
        self.needs = [set() for _ in tasks]
        for task in tasks:
            here = numbers[task["id"]]
            self.needs[here].update(numbers[parent] for parent in task.get("parents", []))
            for child in task.get("children", []):
                self.needs[numbers[child]].add(here)
        self.followers = [[] for _ in tasks]
        for node, needs in enumerate(self.needs):
            for other in needs:
                self.followers[other].append(node)

    def chains(self, seconds):
        """For each node the time of the longest chain that begins with it."""
        open_ends = [len(followers) for followers in self.followers]
        behind = [0] * len(seconds)
        chains = [0] * len(seconds)
        ready = [node for node, count in enumerate(open_ends) if count == 0]
        while ready:
            node = ready.pop()
            chains[node] = behind[node] + seconds[node]
            for other in self.needs[node]:
                behind[other] = max(behind[other], chains[node])
                open_ends[other] -= 1
                if open_ends[other] == 0:
                    ready.append(other)
        return chains

    def schedule(self, seconds, slots, urgency):
        """The makespan when a free slot takes the most urgent node that is ready, then the first of the file."""
        open_needs = [len(needs) for needs in self.needs]
        ready = [(-urgency[node], node) for node, count in enumerate(open_needs) if count == 0]
        heapq.heapify(ready)
        running, now = [], 0.0
        while ready or running:
            while ready and len(running) < slots:
                _, node = heapq.heappop(ready)
                heapq.heappush(running, (now + seconds[node], node))
            now, node = heapq.heappop(running)
            for other in self.followers[node]:
                open_needs[other] -= 1
                if open_needs[other] == 0:
                    heapq.heappush(ready, (-urgency[other], other))
        return now

    def ideal(self, seconds, slots):
        """The best of the list schedules: the longest chain first by time, or by number of nodes; or in file order."""
        ways = [self.chains(seconds), self.chains([1] * len(seconds)), [0] * len(seconds)]
        return min(self.schedule(seconds, slots, urgency) for urgency in ways)

    def bound(self, seconds, slots):
        """No schedule is shorter."""
        return max(max(self.chains(seconds)), sum(seconds) / slots)


def priorities(chains):
    """The order of the chains as flow's priorities, -1000 to 1000."""
    ranks = {chain: rank for rank, chain in enumerate(sorted(set(chains)))}
    most = max(1, len(ranks) - 1)
    return [ranks[chain] * 2000 // most - 1000 for chain in chains]


def write_flow(imported, path, seconds, slots, priority=None):
    """What `flow import` made of the recording, with a `sleep` for each stand-in."""
    node, standing_in, names = -1, False, []
    with open(imported) as source, open(path, "w") as file:
        for line in source:
            if line == "mode:\n":
                # The recorded times, which come last: scaled as the bodies are.
                break
            if line.startswith("  ") and line[2] not in " #":
                names.append(line.strip().rstrip(":"))
            if standing_in and (line.startswith("      ") or not line.strip()):
                continue
            standing_in = line.startswith("    set:")
            if line == "nodes:\n":
                file.write(f"concurrency: {{max_parallel: {slots}}}\n")
            if standing_in:
                node += 1
                file.write(f"    run: [sleep, '{seconds[node]:.6f}']\n")
                if priority:
                    file.write(f"    priority: {priority[node]}\n")
            else:
                file.write(line)
        if not priority:
            file.write("mode:\n  estimate:\n    nodes:\n")
            for name, time in zip(names[-node - 1:], seconds):
                file.write(f"      {name}: {max(1, round(time * 1000))}ms\n")
    return node + 1


def write_ninja(graph, folder, seconds):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "build.ninja"), "w") as file:
        # exec: no shell that waits.
        file.write("rule r\n  command = exec sleep $seconds\n")
        for node, needs in enumerate(graph.needs):
            file.write(f"build n{node}: r {' '.join(f'n{other}' for other in sorted(needs))}\n")
            file.write(f"  seconds = {seconds[node]:.6f}\n")


def write_schedule(graph, path, seconds, urgency):
    """The graph for schedule.c."""
    with open(path, "w") as file:
        for node, followers in enumerate(graph.followers):
            file.write(f"{seconds[node]:.6f} {urgency[node]:.9f} {len(graph.needs[node])} "
                       f"{' '.join(map(str, followers))} -1\n")


def measure(bench, quick):
    paths = sorted(glob.glob(os.path.join(bench.recordings, "*.json")), key=os.path.getsize)
    if not paths:
        return print(f"makespan: no recorded workflows in {bench.recordings}: left out", flush=True)
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedule.c")
    subprocess.run(["cc", "-O2", "-o", bench.path("schedule"), source], check=True)
    for path in paths:
        graph = Graph(path)
        for slots in bench.slots:
            measure_one(bench, graph, slots, quick)


def measure_one(bench, graph, slots, quick):
    count = len(graph.seconds)
    wanted = min(15, max(5, count / 100)) / (2 if quick else 1) * bench.length
    scale = wanted / graph.ideal(graph.seconds, slots)
    seconds = [time * scale for time in graph.seconds]
    chains = graph.chains(seconds)
    ideal, bound = graph.ideal(seconds, slots), graph.bound(seconds, slots)
    by_count = graph.schedule(seconds, slots, graph.chains([1] * count))

    imported, plain, ranked = (bench.path(f"wf-{kind}.yaml") for kind in ("imported", "plain", "ranked"))
    bench.once([bench.flow, "import", graph.path, "-o", imported, "--report", "none"])
    written = write_flow(imported, plain, seconds, slots)
    write_flow(imported, ranked, seconds, slots, priorities(chains))
    plan = json.loads(subprocess.run([bench.flow, "plan", plain, "--json"], env=bench.environment, capture_output=True,
                                     check=True).stdout)
    wanted_counts = (count, sum(map(len, graph.needs)))
    if written != count or (plan["nodeCount"], plan["needCount"]) != wanted_counts:
        raise SystemExit(f"{graph.path}: flow reads another graph: {plan['nodeCount']}, {plan['needCount']}, "
                         f"and not {wanted_counts}")
    ninja = bench.path("wf.ninja.d")
    write_ninja(graph, ninja, seconds)
    write_schedule(graph, bench.path("wf.schedule"), seconds, chains)

    def run_ninja():
        for name in (".ninja_log", ".ninja_deps"):
            if os.path.exists(os.path.join(ninja, name)):
                os.remove(os.path.join(ninja, name))
        return bench.once([bench.ninja, "--quiet", f"-j{slots}", "-C", ninja])[0]

    def run_floor():
        done = subprocess.run([bench.path("schedule"), str(slots), bench.path("wf.schedule")], capture_output=True,
                              text=True, check=True)
        return float(done.stdout)

    ways = {"flow": lambda: bench.run_once(plain), "ninja": run_ninja}
    if bench.length == 1:
        ways |= {"ranked": lambda: bench.run_once(ranked), "floor": run_floor}
    best = bench.in_turns(ways, 1 if quick else min(2, bench.repeat))
    least = min(ideal, best["ninja"])
    tiny = sum(time < 0.005 for time in seconds)
    bench.row(f"{graph.name}, {slots} at once", best["flow"], "s", None,
              f"{count:,} nodes, {tiny:,} of under 5 ms; no schedule under {bound:.2f} s")
    bench.row("  of the better of ninja and the list schedule", best["flow"] / least, "×", 1.03,
              f"ninja {best['ninja']:.2f} s, schedule {ideal:.2f} s")
    if bench.length != 1:
        return
    bench.row("  with priorities from the recorded times", best["ranked"] / least, "×", None,
              f"without them a schedule is {by_count / ideal:.3f} × at best")
    bench.row("  of that schedule with real programs", best["flow"] / best["floor"], "×", None,
              f"{best['floor']:.2f} s; ninja {best['ninja'] / best['floor']:.3f} ×, "
              f"flow with priorities {best['ranked'] / best['floor']:.3f} ×")
