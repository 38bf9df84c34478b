#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a plan out of a planner's text, for the case that the formatter cannot put it into JSON.

Reads `$FLOW_INPUT`: text. Writes `$FLOW_OUTPUT`: json, {"sub_tasks": […]} as the formatter would write it. A text without
steps gives a plan without steps.
"""

import json
import os
import re

AGENT = re.compile(r"\b(engineer|researcher|idea_maker|idea_hater|camb_context|classy_context)\b", re.I)
STEP = re.compile(r"^[\s#*]*(?:step\s*)(\d+)\s*[:.)-]*\**\s*(.*)$", re.I)
NUMBER = re.compile(r"^[\s#*]*(\d+)\s*[.):]\**\s+(.*)$")
POINT = re.compile(r"^\s*[-*•]\s+(.*)$")
NAMES = re.compile(r"\b(reads|makes|writes)\s*:\s*([^;\n]*)", re.I)
MOST = 12


def names(text):
    return [name.strip(" .`*") for name in text.split(",") if name.strip(" .`*").lower() not in ("", "nothing", "none", "-")]


def read(text, begin):
    steps = []
    for line in text.splitlines():
        found, declared = begin.match(line), NAMES.findall(line)
        if declared and steps:
            for key, value in declared:
                steps[-1]["reads" if key.lower() == "reads" else "writes"] += names(value)
        elif found and found[2].strip():
            agent = AGENT.search(found[2])
            title = re.sub(r"\(?\s*\bagent\s*:\s*\w+\s*\)?", "", found[2]).strip(" *")
            steps.append({
                "sub_task": title or found[2].strip(), "sub_task_agent": agent[1].lower() if agent else "",
                "bullet_points": [], "reads": [], "writes": []})
        elif steps:
            agent, point = AGENT.search(line), POINT.match(line)
            if "agent" in line.lower() and agent and not steps[-1]["sub_task_agent"]:
                steps[-1]["sub_task_agent"] = agent[1].lower()
            elif point and len(steps[-1]["bullet_points"]) < 6:
                steps[-1]["bullet_points"].append(point[1].strip()[:300])
    for step in steps:
        step["sub_task_agent"] = step["sub_task_agent"] or "engineer"
    return steps[:MOST]


def main():
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        text = json.load(file).get("text") or ""
    steps = read(text, STEP) or read(text, NUMBER)
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump({"json": {"sub_tasks": steps}}, file)
    print(f"{len(steps)} steps were read out of the planner's text")


main()
