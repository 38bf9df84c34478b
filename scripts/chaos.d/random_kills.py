# SPDX-License-Identifier: Apache-2.0
"""Kills at random instants: `flow run`, kill -9, wait until all is gone, `flow resume`, perhaps another kill, compare."""

import random
import time

import workload
from story import Reference, Story
from workplace import Engine, Place


def reference(flow, tools, text=workload.MIXED):
    """An undisturbed run, and how long it took."""
    with Place(flow, tools) as place:
        file = workload.write(place, text)
        began = time.monotonic()
        engine = Engine(place, ["run", file])
        code = engine.finish()
        took = time.monotonic() - began
        if code != 0:
            raise SystemExit(f"the undisturbed run ended with {code}: {engine.said}")
        return Reference(engine, place), took


def one_story(flow, tools, seed, expected, duration):
    """One run with one to three kills. Gives the story."""
    chance = random.Random(seed)
    with Place(flow, tools) as place:
        file = workload.write(place, workload.MIXED)
        story = Story(place)
        wanted = chance.choice((1, 1, 2, 2))
        words = ["run", file]
        left = duration * 1.05
        while True:
            engine = Engine(place, words)
            if story.kills == wanted:
                story.finish(engine, engine.finish(), expected)
                return story
            # Half of the kills hit the beginning, where stores are made and opened.
            instant = chance.uniform(0, left if chance.random() < 0.7 else left / 6)
            began = time.monotonic()
            try:
                engine.process.wait(instant)
            except Exception:
                engine.process.kill()
            code = engine.finish()
            if code != -9:
                # It was quicker.
                story.finish(engine, code, expected)
                return story
            left = max(0.05, left - (time.monotonic() - began))
            story.after_kill(engine)
            words = next_words(place, story, file)
            if words is None:
                return story


def next_words(place, story, file):
    """How to go on after a kill: resume the run, or start it when it had not come to be."""
    if story.run is None:
        # It may exist although nobody was told.
        runs = [run for run, row in place.runs().items() if row["workflow"] != "part"]
        if not runs:
            return ["run", file]
        story.run = runs[0]
    if story.run not in place.runs():
        story.problems.append(f"run {story.run} was announced and is not in the store")
        return None
    return ["resume", story.run]
