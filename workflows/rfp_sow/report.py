# SPDX-License-Identifier: Apache-2.0
"""The report of the run: what was checked, who wrote what, which model answered, how many tokens that took.

Input: run, workflow, title, provider, requirements (number), quotes (page of quotes.py), checks (name to its outputs),
records (of the stages), transcripts (paths), estimate, source (form, words, …), narrative. Output: page (Markdown),
checks (list), failed (number), models (list).
"""

import json

from node import read_input, write_output, write_text
from text import escape, money, short, table
from decimal import Decimal

TITLES = {
    "quotes": "Each requirement quotes the source", "placeholders": "No placeholder is left", "currency": "One currency",
    "annual": "Annual is 12 times monthly, and items add up", "comparisons": "Tools and clouds are compared in tables",
    "glossary": "There is a glossary", "numbers": "Numbers of agents are in their facts",
    "trace": "Each requirement is in the compliance matrix",
}


def models(paths):
    """What each agent used: model, calls, tokens."""
    found = {}
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                transcript = json.load(file)
        except (OSError, ValueError):
            continue
        usage = transcript.get("usage") or {}
        key = (transcript.get("agent") or "", transcript.get("model") or "none")
        entry = found.setdefault(key, {"agent": key[0], "model": key[1], "calls": 0, "prompt": 0, "completion": 0})
        entry["calls"] += 1
        entry["prompt"] += usage.get("prompt_tokens") or 0
        entry["completion"] += usage.get("completion_tokens") or 0
    return [found[key] for key in sorted(found)]


def main():
    given = read_input()
    checks = [
        {"check": name, "title": TITLES[name], "ok": found["ok"], "checked": found["checked"], "faults": found["faults"]}
        for name, found in given["checks"].items()]
    failed = [entry for entry in checks if not entry["ok"]]
    used = models(given["transcripts"])
    source = given["source"]
    written = []
    for record in given["records"]:
        for part in record["parts"]:
            written.append([record["stage"], escape(part["part"]), escape(part["by"])])
    refused = [[record["stage"], escape(item["agent"]), escape(item["why"]), escape(short(item["text"], 120))]
               for record in given["records"] for item in record["refused"]]
    problems = [f"{record['stage']}: {problem}" for record in given["records"] for problem in record.get("problems") or []]
    estimate = given["estimate"]
    facts = [
        ["Document", f"{escape(given['title'])} ({source['form']}, {source['words']} words, {source['paragraph_count']} paragraphs)"],
        ["Requirements", str(given["requirements"])],
        ["Cloud provider", escape(given["provider"])],
        ["Cloud cost", f"{money(Decimal(str(estimate['least']['monthly'])), estimate['currency'])} a month at "
         f"{estimate['least']['provider']}, prices of {estimate['prices_date']}"],
        ["Run", f"`{given['run']}` of {escape(given['workflow'])}"],
        ["Words by", "agents and programs" if given["narrative"] == "agent" else "programs only; no model was asked"],
    ]
    parts = [
        "## The run\n\n" + table(["What", "Value"], facts),
        "## Review checklist\n\n" + table(["Check", "Result", "Looked at"], [
            [entry["title"], "passed" if entry["ok"] else "**failed**", str(entry["checked"])] for entry in checks], (2,)),
    ]
    if failed:
        parts.append("### What failed\n\n" + "\n".join(
            f"- {entry['title']}: {escape(fault)}" for entry in failed for fault in entry["faults"]))
    parts.append("## Quotes\n\n" + given["quotes"])
    parts.append("## Who wrote what\n\n" + table(["Stage", "Part", "By"], written))
    if refused:
        parts.append("## What agents wrote and programs refused\n\n" + table(["Stage", "Agent", "Why", "Text"], refused))
    if problems:
        parts.append("## Agents that gave no answer\n\n" + "\n".join("- " + escape(problem) for problem in problems))
    if used:
        rows = [[entry["agent"], escape(entry["model"]), str(entry["calls"]), str(entry["prompt"]), str(entry["completion"])]
                for entry in used]
        rows.append(["**Total**", "", *(f"**{sum(entry[key] for entry in used)}**" for key in ("calls", "prompt", "completion"))])
        parts.append("## Models\n\n" + table(["Agent", "Model", "Calls", "Prompt tokens", "Completion tokens"], [
            [escape(row[0]) if not row[0].startswith("**") else row[0], *row[1:]] for row in rows], (2, 3, 4)))
    parts.append(
        "## More\n\n`flow cost RUN` has what the calls cost, `flow show RUN` the provider and each node, `flow tree` the branch "
        "that this run is, `flow compare` what another branch has otherwise.")
    page = "\n\n".join(parts)
    write_text("report.md", "# Report of the run\n\n" + page)
    write_output({
        "page": page, "checks": checks, "failed": len(failed),
        "models": sorted({entry["model"] for entry in used}), "tokens": sum(entry["prompt"] + entry["completion"] for entry in used),
    })


if __name__ == "__main__":
    main()
