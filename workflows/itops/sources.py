# SPDX-License-Identifier: Apache-2.0
"""Which query or program each number of the report comes from, and the list of all of them.

Each has a number that is the same in every report, so that a claim can carry it: [Q4]. Run as a program it writes the list:
Input: tables (name of a source to the file with its rows, empty where it did not run), parameters. Output: page (the list),
queries (the list with the text of each query), and the artifact queries.md.
"""

import hashlib
import os

from node import read_input, write_output

# name: file, what it says
SOURCES = {
    "counts": ("counts.sql", "counts of the file and of the scope"),
    "by_priority": ("by_priority.sql", "incidents, events and SLA by priority"),
    "patterns": ("patterns.sql", "what recurs: category with symptom"),
    "volume": ("volume.sql", "opened and resolved by day, week and month"),
    "rhythm": ("rhythm.sql", "tickets by weekday and hour"),
    "reassignment": ("reassignment.sql", "what hand-overs go with"),
    "sla_by_team": ("sla_by_team.sql", "SLA by team"),
    "team_load": ("team_load.sql", "load by team"),
    "candidates": ("candidates.sql", "every value of every attribute against every bad outcome"),
    "causes": ("root_causes.py", "ranks the candidates of candidates.sql: Fisher test, false discovery rate"),
    "themes": ("themes.sql", "the themes of the free text in numbers"),
    "clusters": ("themes.py", "which ticket belongs to which theme: TF-IDF and spherical k-means"),
    "pairs": ("cause_pairs.sql", "pairs of values against bad outcomes"),
    "bursts": ("bursts.sql", "days and weeks far above the mean of their kind"),
    "forecast": ("forecast.py", "forecast of new tickets from volume.sql, with back-test and interval"),
    "backlog": ("forecast.py", "forecast of open tickets from volume.sql, with back-test and interval"),
    "team_depth": ("team_depth.sql", "how teams hand tickets on"),
    "sla_depth": ("sla_depth.sql", "where the SLA is lost"),
    "cost": ("cost.sql", "hours and cost"),
    "map": ("map_columns.py", "rows that were read, kept and dropped"),
}
NUMBERS = {name: f"Q{number}" for number, name in enumerate(SOURCES, start=1)}
# What all queries read.
STEPS = ["map_columns.py", "clean.sql", "scope.sql"]


def mark(*names):
    """The numbers of sources, for a caption or behind a claim."""
    return "[" + ", ".join(NUMBERS[name] for name in names) + "]" if names else ""


def read(name):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), encoding="utf-8") as file:
        return file.read()


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def main():
    given = read_input()
    ran = given["ran"]
    lines = ["| Query | Program | What it says | SHA-256 |", "|:---|:---|:---|:---|"]
    parts = ["# Queries", "", "What each number of the report comes from. Parameters of this run:", ""]
    parts += [f"- `{name}`: `{value}`" for name, value in given["parameters"].items()]
    parts += ["", "All of them read the tickets that these have prepared:", ""]
    parts += [f"- `itops/{name}`, SHA-256 `{digest(read(name))}`" for name in STEPS]
    for name, (file, says) in SOURCES.items():
        if not ran.get(name, True):
            continue
        text = read(file)
        lines.append(f"| {NUMBERS[name]} | itops/{file} | {says} | `{digest(text)}` |")
        parts += ["", f"## {NUMBERS[name]}: {says}", "", f"`itops/{file}`, SHA-256 `{digest(text)}`", ""]
        if file.endswith(".sql"):
            parts += ["```sql", text.rstrip("\n"), "```"]
    page = "\n".join(lines) + "\n\n: Where the numbers come from. The first twelve digits of each file's SHA-256\n"
    whole = "\n".join(parts) + "\n"
    with open("queries.md", "w", encoding="utf-8") as file:
        file.write(whole)
    write_output({"page": page, "queries": whole})


if __name__ == "__main__":
    main()
