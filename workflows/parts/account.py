#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the report of a run: the summary, the plots, and who has made what: which agent with which model, or no model.

Reads `$FLOW_INPUT`: task, summary, results ([{step, agent, text, model, note}]), steps, files, standard (summary and files of
the standard program where it has drawn the plot), planning ([{part, agent, model}]), source and notes of the plan. Writes
`$FLOW_OUTPUT`: report, plots, summary, made_by, stand_ins.
"""

import json
import os

PLOTS = (".png", ".svg", ".pdf", ".jpg", ".jpeg", ".webp", ".gif")
NO_MODEL = "no model"


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")[:200]


def main():
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        given = json.load(file)
    results, steps = given.get("results") or [], given.get("steps") or []
    standard = given.get("standard") or {}
    made, stand_ins = [], list(given.get("notes") or [])
    for row in given.get("planning") or []:
        if row.get("model") is not None:
            made.append({"part": row["part"], "agent": row["agent"], "model": row["model"] or NO_MODEL, "note": ""})
    if given.get("source") == "default":
        made.append({"part": "the plan that was carried out", "agent": "the default plan", "model": NO_MODEL, "note": ""})
    for row in results:
        step = steps[row["step"] - 1]["sub_task"] if row["step"] <= len(steps) else ""
        note, model = row.get("note") or "", row.get("model") or NO_MODEL
        made.append({"part": f"step {row['step']}: {step}", "agent": row["agent"], "model": model, "note": note})
        if model == NO_MODEL:
            stand_ins.append(f"step {row['step']}: {note}")
    if standard.get("files"):
        made.append({
            "part": "the plot", "agent": "the standard program", "model": NO_MODEL, "note": "no step has left a plot"})
        stand_ins.append("no step has left a plot: the standard program has drawn one")
    files = (given.get("files") or []) + (standard.get("files") or [])
    plots = [path for path in files if path.lower().endswith(PLOTS)]
    texts = [row["text"].strip() for row in results if (row.get("text") or "").strip()]
    summary = (given.get("summary") or "").strip() or (texts[-1] if texts else "")
    if not summary:
        summary = (standard.get("summary") or "").strip() or "No step has put out any text."
        stand_ins.append("no step has put out any text")
    lines = [f"# {cell(given.get('task') or 'Report')}", "", summary, ""]
    for path in plots:
        lines += [f"![{os.path.basename(path)}]({path})", ""]
    if stand_ins:
        lines += ["## What was mended or replaced by programs", ""] + [f"- {cell(text)}" for text in stand_ins] + [""]
    lines += ["## Who has made what", "", "| part | by | model | |", "|---|---|---|---|"]
    lines += [f"| {cell(row['part'])} | {cell(row['agent'])} | {cell(row['model'])} | {cell(row['note'])} |" for row in made]
    with open("report.md", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    result = {"report": "report.md", "plots": plots, "summary": summary, "made_by": made, "stand_ins": stand_ins}
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    print("\n".join(stand_ins) or "all parts were made by models")


main()
