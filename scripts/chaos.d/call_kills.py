# SPDX-License-Identifier: Apache-2.0
"""Kills before system calls: the n-th of each kind, for n = 1, 2, ... until a run goes through."""

import os
import random

import workload
from random_kills import next_words
from story import Story
from workplace import Engine, Place

# Kinds that are counted together, since which of them is used is up to the C library and the database.
GROUPS = [
    "write", "pwrite64,pwritev", "fsync,fdatasync", "rename,renameat,renameat2", "link,linkat,symlink",
    "unlink,unlinkat,rmdir", "mkdir,mkdirat", "ftruncate,fallocate", "fork,vfork,clone,clone3", "flock,fchmod",
    "wait4,pidfd_open",
]


def was_killed(report):
    """Whether the traced program was killed, and before what."""
    with open(report) as file:
        words = file.read().split(maxsplit=2)
    return words[0] == "killed", words[1]


def one_story(flow, tools, group, number, expected, in_resume):
    """A run that is killed before a call, then resumed. With `in_resume` the run is killed at some call of its second
    half first, and the resume before the call in question.

    Gives the story, whether the call came at all, and a word on what it was about.
    """
    with Place(flow, tools) as place:
        file = workload.write(place, workload.SMALL)
        story = Story(place)
        report = os.path.join(place.folder, "report")
        words = ["run", file]
        if in_resume:
            chance = random.Random(f"{group} {number}")
            engine = Engine(place, words, [place.before_call, report, "fsync,fdatasync", str(chance.randint(4, 16))])
            engine.finish()
            if not was_killed(report)[0]:
                story.finish(engine, 0, expected)
                return story, True, "too quick"
            story.after_kill(engine)
            words = next_words(place, story, file)
            if words is None:
                return story, True, "lost"
        engine = Engine(place, words, [place.before_call, report, group, str(number)])
        engine.finish()
        killed, what = was_killed(report)
        if not killed:
            story.finish(engine, read_code(report), expected)
            return story, False, "through"
        where = read_where(report, place)
        story.after_kill(engine)
        words = next_words(place, story, file)
        if words is not None:
            engine = Engine(place, words)
            story.finish(engine, engine.finish(), expected)
        return story, True, f"{what} {where}"


def read_code(report):
    with open(report) as file:
        return int(file.read().split()[2])


def read_where(report, place):
    """What the call was about, without what differs from run to run."""
    with open(report) as file:
        where = file.read().split(maxsplit=2)[2].strip()
    where = where.replace(place.folder, "").removesuffix(" (deleted)")
    if where.startswith(("anon_inode:", "pipe:", "socket:", "/memfd:")):
        return where.split("[")[0].rstrip(":")
    if where == "/store":
        return "folder of the store"
    if where.startswith("/store/"):
        name = os.path.basename(where)
        return name if name.startswith(("flow.db", "owner")) else "file in the store"
    return "elsewhere" if where != "-" else ""
