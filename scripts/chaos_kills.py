#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills flow with SIGKILL in many ways, and looks at what the world has seen of it.

usage: scripts/chaos_kills.py FLOW random|calls|history|hostile|owners|all [--kills N] [--jobs N] [--seed N] [--minutes N]
                                                                 [--calls 'a,b;c'] [--step N] [--rounds N]

random    kills a run of 16 nodes at random instants, one or two times, resumes, compares
calls     kills a run of 12 nodes before its n-th write, fsync, rename, unlink, fork..., for every n
history   kills branch, replay, promote, conclude, delete, gc, export and import before their n-th call
hostile   children that do all they can to survive: the engine is killed, the run is cancelled, the node is over
owners    twenty engines on one store at once

Nodes are programs that write into a ledger outside of the store, each line with fdatasync. See docs/reliability.md.
Ends with 0 when no promise was broken. The C compiler of the system is used; Linux only.
"""

import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "chaos.d"))

import modes  # noqa: E402
import workplace  # noqa: E402


def main():
    options = argparse.ArgumentParser()
    options.add_argument("flow")
    options.add_argument("mode", choices=["random", "calls", "history", "hostile", "owners", "all"])
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--calls", default="", help="groups, separated by semicolons")
    options.add_argument("--rounds", type=int, default=1, help="of hostile and owners")
    options.add_argument("--step", type=int, default=1, help="every how many-th call")
    given = options.parse_args()
    given.flow = os.path.abspath(given.flow)
    with tempfile.TemporaryDirectory(prefix="flow-kills-tools-") as tools:
        workplace.compile_tools(tools)
        names = ["random", "calls", "history", "hostile", "owners"] if given.mode == "all" else [given.mode]
        broken = sum(modes.run(name, given, tools) for name in names)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
