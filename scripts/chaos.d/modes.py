# SPDX-License-Identifier: Apache-2.0
"""The kinds of tests: each runs its cases in parallel and counts."""

import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import call_kills
import history_kills
import hostile
import owners
import random_kills
import workload
from workplace import Bystander


class Count:
    """What has been done so far."""

    def __init__(self, name):
        self.name = name
        self.began = time.monotonic()
        self.cases = self.kills = self.violations = 0
        self.slowest = 0.0
        self.notes = {}

    def add(self, label, kills, problems, slowest):
        self.cases += 1
        self.kills += kills
        self.slowest = max(self.slowest, slowest)
        if problems:
            self.violations += len(problems)
            for problem in problems:
                print(f"VIOLATION {self.name} {label}: {problem}")
        if self.cases % 50 == 0 or problems:
            self.show()

    def note(self, text):
        self.notes[text] = self.notes.get(text, 0) + 1

    def show(self):
        print(
            f"{self.name}: {self.cases} cases, {self.kills} kills, {self.violations} violations, slowest end of all"
            f" processes {self.slowest:.2f} s, {time.monotonic() - self.began:.0f} s")
        sys.stdout.flush()


def in_parallel(jobs, work, cases, done, enough=lambda: False):
    """Calls `work` for each case, `jobs` at a time, and `done` with what it gives, until there is enough."""
    with ThreadPoolExecutor(jobs) as pool:
        running, cases = set(), iter(cases)
        while True:
            while len(running) < jobs and not enough():
                case = next(cases, None)
                if case is None:
                    break
                running.add(pool.submit(work, case))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done(future.result())


def random_mode(given, tools, count):
    expected, duration = random_kills.reference(given.flow, tools)
    print(f"undisturbed: {len(expected.results)} results, {sum(map(len, expected.keys.values()))} attempts,"
          f" {duration:.2f} s, outputs {expected.outputs}")

    def work(seed):
        return seed, random_kills.one_story(given.flow, tools, seed, expected, duration)

    def done(result):
        seed, story = result
        count.add(f"seed {seed}", story.kills, story.problems, story.slowest_death)

    deadline = time.monotonic() + given.minutes * 60
    seeds = range(given.seed * 1_000_000, given.seed * 1_000_000 + 1_000_000)
    in_parallel(given.jobs, work, seeds, done, lambda: count.kills >= given.kills or time.monotonic() > deadline)


def calls_mode(given, tools, count):
    expected, _ = random_kills.reference(given.flow, tools, workload.SMALL)
    groups = given.calls.split(";") if given.calls else call_kills.GROUPS
    deadline = time.monotonic() + given.minutes * 60
    for in_resume in (False, True):
        for group in groups:
            ended = []

            def work(number, group=group, in_resume=in_resume):
                return number, *call_kills.one_story(given.flow, tools, group, number, expected, in_resume)

            def done(result, group=group, in_resume=in_resume, ended=ended):
                number, story, came, what = result
                label = f"{group} {number}" + (" of the resume" if in_resume else "")
                count.add(label, story.kills, story.problems, story.slowest_death)
                if came:
                    count.note(("resume: " if in_resume else "run: ") + what)
                else:
                    ended.append(number)

            # Several threads make calls, so how many there are differs a little from run to run: two runs must have
            # gone through.
            in_parallel(
                given.jobs, work, range(1, 10_000, given.step), done,
                lambda ended=ended: len(ended) >= 2 or time.monotonic() > deadline)
            print(f"calls: {group}: until {min(ended, default='the time was over')}"
                  + (" of the resume" if in_resume else ""))


def hostile_mode(given, tools, count):
    cases = [(hostile.staying, mode, ending) for mode in hostile.STAYING for ending in hostile.ENDINGS]
    cases += [(hostile.leaving, mode, None) for mode in hostile.LEAVING]
    cases += [(hostile.writing, mode, number) for mode, number in hostile.WRITING]

    def work(case):
        return case, case[0](given.flow, tools, *case[1:])

    def done(result):
        (kind, mode, ending), (problems, took) = result
        count.add(f"{kind.__name__} {mode} {ending}", int(ending == "kill"), problems, took)

    in_parallel(given.jobs, work, cases * given.rounds, done)


def owners_mode(given, tools, count):
    for number in range(given.rounds * 5):
        count.add(f"round {number}", 1, owners.one_round(given.flow, tools, number), 0)


def history_mode(given, tools, count):
    template = history_kills.Template(given.flow, tools)
    groups = given.calls.split(";") if given.calls else history_kills.GROUPS
    deadline = time.monotonic() + given.minutes * 60
    with template.place:
        for name in template.operations():
            reference = history_kills.Reference(template, given.flow, tools, name)
            for group in groups:
                ended = []

                def work(number, name=name, group=group, reference=reference):
                    return number, *history_kills.one_kill(
                        template, reference, given.flow, tools, name, group, number)

                def done(result, name=name, group=group, ended=ended):
                    number, killed, what, problems = result
                    count.add(f"{name} {group} {number}", int(killed), problems, 0)
                    count.note(what)
                    if not killed:
                        ended.append(number)

                in_parallel(
                    given.jobs, work, range(1 + given.seed % given.step, 10_000, given.step), done,
                    lambda ended=ended: len(ended) >= 1 or time.monotonic() > deadline)


MODES = {
    "random": random_mode, "calls": calls_mode, "history": history_mode, "hostile": hostile_mode, "owners": owners_mode,
}


def run(name, given, tools):
    """Runs one mode. Gives how many promises were broken."""
    bystander = Bystander(os.path.join(tools, "probe"))
    count = Count(name)
    try:
        MODES[name](given, tools, count)
        if dead := bystander.dead():
            count.add("bystanders", 0, [f"{dead} of 2 were killed"], 0)
    finally:
        bystander.close()
    for note, number in sorted(count.notes.items()):
        print(f"  {number:5} {note}")
    count.show()
    return count.violations
