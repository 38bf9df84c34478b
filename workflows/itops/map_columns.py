# SPDX-License-Identifier: Apache-2.0
"""Brings any ticket export to one set of columns: names, dates as ISO 8601, priority as 1 to 4, SLA as 0 or 1.

Input: table (CSV), mapping (a preset's name, or an object with `columns`, `dates`, `nulls`, or `preset` and changes).
Output: rows, kept, problems and the artifact events.csv. A row without an id or a start date is dropped and counted.
"""

import csv
import datetime
import json
import os
import re

from node import read_input, stop, write_output, write_table

COLUMNS = [
    "row_no", "id", "title", "description", "status", "priority", "category", "subcategory", "symptom", "ci", "location", "contact",
    "team", "assignee", "created", "resolved", "updated", "reassignments", "reopened", "sla_missed",
]
REQUIRED = ["id", "priority", "created"]
PRIORITY_WORDS = [("critical", 1), ("urgent", 1), ("high", 2), ("moderate", 3), ("medium", 3), ("normal", 3), ("low", 4)]
TRUE, FALSE = {"true", "yes", "y", "1", "met"}, {"false", "no", "n", "0", "missed", "breached"}


def choose(mapping, header):
    """The mapping to use and its name."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "mappings.json"), encoding="utf-8") as file:
        presets = json.load(file)
    preset = mapping.get("preset", "auto")
    if preset == "auto":
        fits = [name for name, entry in presets.items() if set(entry["recognised_by"]) <= set(header)]
        if not fits and "columns" not in mapping:
            wanted = "; ".join(f"{name}: {', '.join(entry['recognised_by'])}" for name, entry in presets.items())
            stop(f"the header fits no known layout ({wanted}). It is: {', '.join(header)}. Give the input `mapping`.")
        preset = fits[0] if fits else None
    if preset is not None and preset not in presets:
        stop(f'mapping preset "{preset}" is unknown; there are auto, {", ".join(presets)}')
    chosen = dict(presets.get(preset) or {"nulls": ["", "?"], "dates": presets["plain"]["dates"]})
    chosen["columns"] = {**chosen.get("columns", {}), **mapping.get("columns", {})}
    for key in ("nulls", "dates"):
        if key in mapping:
            chosen[key] = mapping[key]
    named = mapping.get("columns", {})
    for target, sources in named.items():
        if target not in COLUMNS + ["sla_met"]:
            stop(f'mapping names "{target}"; the columns are {", ".join(COLUMNS[1:-1])}, sla_met')
        for source in sources if isinstance(sources, list) else [sources]:
            if source not in header:
                stop(f'mapping of "{target}": the file has no column "{source}". It has: {", ".join(header)}')
    for target in REQUIRED:
        if chosen["columns"].get(target) not in header:
            stop(f'no column for "{target}": the file has {", ".join(header)}. Give the input `mapping`.')
    return chosen, preset or "custom"


def date(text, formats):
    if not text:
        return None
    for form in formats:
        try:
            return datetime.datetime.strptime(text, form).strftime("%Y-%m-%dT%H:%M:%S")
        except ValueError:
            continue
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo:
        found = found.astimezone(datetime.timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%S")


def priority(text):
    number = re.match(r"\s*[pP]?([1-4])\b", text or "")
    if number:
        return int(number[1])
    return next((value for word, value in PRIORITY_WORDS if word in (text or "").lower()), None)


def count(text):
    word = (text or "").lower()
    if word in TRUE | FALSE and not word.isdigit():
        return int(word in TRUE)
    return int(float(text)) if re.fullmatch(r"\d{1,9}(\.0+)?", text or "") else None


def missed(text):
    word = (text or "").lower()
    return 0 if word in TRUE else 1 if word in FALSE else None


def main():
    given = read_input()
    mapping = given.get("mapping") or {}
    mapping = {"preset": mapping} if isinstance(mapping, str) else mapping
    csv.field_size_limit(16 * 1024 * 1024)
    problems = {
        "without_id": 0, "without_created": 0, "unreadable_created": 0, "unreadable_resolved": 0, "unknown_priority": 0,
    }
    events = []
    with open(given["table"], newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        chosen, name = choose(mapping, reader.fieldnames or [])
        columns, nulls, dates = chosen["columns"], set(chosen["nulls"]), chosen["dates"]
        has_sla = columns.get("sla_met") in reader.fieldnames

        def value(row, target):
            sources = columns.get(target)
            parts = [(row.get(source) or "").strip() for source in (sources if isinstance(sources, list) else [sources])]
            return " / ".join(part for part in parts if part not in nulls) or None

        number = 0
        for number, row in enumerate(reader, start=1):
            event = {target: value(row, target) for target in COLUMNS if target not in ("row_no", "sla_missed")}
            event["row_no"] = number
            if not event["id"]:
                problems["without_id"] += 1
                continue
            if not event["created"]:
                problems["without_created"] += 1
                continue
            created, resolved = date(event["created"], dates), date(event["resolved"], dates)
            if created is None:
                problems["unreadable_created"] += 1
                continue
            problems["unreadable_resolved"] += int(resolved is None and event["resolved"] is not None)
            event["created"], event["resolved"] = created, resolved
            event["updated"] = date(event["updated"], dates)
            event["priority"] = priority(event["priority"])
            problems["unknown_priority"] += int(event["priority"] is None)
            event["reassignments"], event["reopened"] = count(event["reassignments"]), count(event["reopened"])
            event["sla_missed"] = missed(value(row, "sla_met"))
            events.append(event)
    if not events:
        stop(f"none of the {number} rows has an id and a date that can be read: {problems}")
    write_table("events.csv", COLUMNS, events)
    dropped = problems["without_id"] + problems["without_created"] + problems["unreadable_created"]
    write_output({
        "mapping": name, "rows": number, "kept": len(events), "dropped": dropped, "problems": problems,
        "sla_source": "the file" if has_sla else "targets by priority",
    })


if __name__ == "__main__":
    main()
