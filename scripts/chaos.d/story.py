# SPDX-License-Identifier: Apache-2.0
"""One run that is killed, resumed, and judged by the ledger that its nodes wrote."""

from workplace import DEATH_LIMIT


def stable(events):
    """The results of nodes by their names, without what differs from run to run."""
    return {event["node"]: event["result"] for event in events if event["type"] == "node_succeeded"}


class Reference:
    """What an undisturbed run gives."""

    def __init__(self, engine, place):
        self.outputs = engine.result["outputs"]
        self.results = stable(place.events(engine.run))
        self.keys = {}
        for line in place.ledger():
            if line.what == "start":
                name = self.name(line, engine.run)
                self.keys.setdefault(name, []).append(line.key.removeprefix(line.run))
        self.kept = sorted(artifact["sha256"] for artifact in engine.result["artifacts"] if "sha256" in artifact)

    @staticmethod
    def name(line, run):
        """A node of the run, or of a run within it."""
        return line.node if line.run == run else "inner/" + line.node


class Story:
    """Follows a run from engine to engine, and writes down each promise that is broken."""

    def __init__(self, place):
        self.place = place
        self.run = None
        self.kills = 0
        self.problems = []
        self.slowest_death = 0.0
        # What the run was seen to have done: key of the log, by sequence.
        self.seen = {}
        # Parts of the ledger, one per engine.
        self.chapters = []
        # The events that each engine had said, with those of the engines before it.
        self.said = []

    def after_kill(self, engine):
        """The engine was killed: waits for its descendants, and takes down what it had said."""
        self.kills += 1
        took, left = self.place.wait_until_gone()
        self.slowest_death = max(self.slowest_death, took)
        if left or took > DEATH_LIMIT:
            self.problems.append(f"{len(left)} processes left after {took:.1f} s: {left}")
        engine.reader.join(10)
        self._note(engine)

    def _note(self, engine):
        self.run = self.run or engine.run
        for event in engine.events:
            known = self.seen.setdefault(event["sequence"], event)
            if known != event:
                self.problems.append(f"event {event['sequence']} was {known}, then {event}")
        done = sum(len(chapter) for chapter in self.chapters)
        chapter = self.place.ledger()[done:]
        self.chapters.append(chapter)
        self.said.append(list(self.seen.values()))
        starts = {}
        for line in chapter:
            if line.what == "start":
                starts[line.key] = starts.get(line.key, 0) + 1
        for key, count in starts.items():
            if count > 1:
                self.problems.append(f"{key} started {count} times by one engine")

    def finish(self, engine, code, reference):
        """The last engine has come to its end: compares everything."""
        self._note(engine)
        problems = self.problems
        if code != 0:
            problems.append(f"ended with {code}: {engine.said}")
            return
        run = self.run
        log = {event["sequence"]: event for event in self.place.events(run)}
        for sequence, event in self.seen.items():
            if log.get(sequence) != event:
                problems.append(f"event {sequence} was said, but the log has {log.get(sequence)}")
        if sorted(log) != list(range(1, len(log) + 1)):
            problems.append("the log has holes")
        events = [log[sequence] for sequence in sorted(log)]
        self._judge_log(events)
        self._judge_ledger(run, reference)
        if engine.result is None or engine.result["outputs"] != reference.outputs:
            problems.append(f"other outputs: {engine.result and engine.result['outputs']}")
        if stable(events) != reference.results:
            problems.append("other results of nodes")
        if engine.result:
            kept = sorted(artifact["sha256"] for artifact in engine.result["artifacts"] if "sha256" in artifact)
            if kept != reference.kept:
                problems.append("other files kept")
        took, left = self.place.wait_until_gone()
        if left:
            problems.append(f"{len(left)} processes left after the end: {left}")

    def _judge_log(self, events):
        over = set()
        for event in events:
            node = event.get("node")
            if node in over and event["type"] in ("node_started", "node_succeeded", "node_failed"):
                self.problems.append(f"{event['type']} of {node} after its end")
            if event["type"] == "node_succeeded":
                over.add(node)
        if events[-1]["type"] != "run_ended" or events[-1]["status"] != "succeeded":
            self.problems.append(f"the log ends with {events[-1]}")

    def _judge_ledger(self, run, reference):
        problems = self.problems
        keys, starts = {}, {}
        # What an engine had reported before it died must not start under a later one.
        reported = set()
        for number, chapter in enumerate(self.chapters):
            for line in chapter:
                if line.what == "start":
                    if line.key in reported or line.key.removeprefix(line.run) in reported:
                        problems.append(f"{line.key} ran again after its end was reported")
                    name = Reference.name(line, run)
                    of_node = keys.setdefault(name, [])
                    key = line.key.removeprefix(line.run)
                    if key not in of_node:
                        of_node.append(key)
                    elif of_node[-1] != key:
                        problems.append(f"{line.key} came back after {of_node[-1]}")
                    starts[line.key] = starts.get(line.key, 0) + 1
            reported = self._reported(self.said[number], run, reference)
        for key, count in starts.items():
            if count > 1 + self.kills:
                problems.append(f"{key} started {count} times with {self.kills} kills")
        if keys != reference.keys:
            different = {k: (keys.get(k), v) for k, v in reference.keys.items() if keys.get(k) != v}
            problems.append(f"other attempts: {different or keys.keys() - reference.keys.keys()}")
        ended = {line.key for chapter in self.chapters for line in chapter if line.what in ("end", "fail")}
        if missing := starts.keys() - ended:
            problems.append(f"never ended: {missing}")

    @staticmethod
    def _reported(events, run, reference):
        """The keys of attempts that events say have ended: the first of a node's keys, as many as ends were said."""
        ends = {}
        for event in events:
            if event["type"] in ("node_succeeded", "node_failed", "node_repeated"):
                ends[event["node"]] = ends.get(event["node"], 0) + 1
        keys = {run + key for node, count in ends.items() for key in reference.keys.get(node, [])[:count]}
        if "part" in ends:
            keys |= {key for node, inner in reference.keys.items() if node.startswith("inner/") for key in inner}
        return keys
