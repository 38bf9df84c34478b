# SPDX-License-Identifier: Apache-2.0
"""Profiles tables: types, quality, distributions, correlations, differences between groups.

Input: tables (CSV paths), names (how people know them), top_n, question. Output: facts (what a writer may say), plain (the
text without one), three pages, the number of problems, and the artifacts columns.csv, pairs.csv, groups.csv, bins.csv (of
the histograms) and grid.csv (of the heat map).
"""

import csv
import datetime
import math
import re

import statistics_of as stats
from node import read_input, stop, write_output, write_table

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?", re.ASCII)
# A number that somebody typed for people: 1,234.50 or 12 %.
TYPED = re.compile(r"[+-]?[\d.,  ]*\d\s?(?:%|€|\$|£)?", re.ASCII)
MISSING_WORDS = {"na", "n/a", "nan", "null", "none", "-", "?", "unknown", "missing"}
MOST_ROWS, MOST_COLUMNS, MOST_GROUPS = 200_000, 60, 12
LEAST_ROWS = 8
DISCOVERY_RATE = 0.01
PROFILE = [
    "table", "column", "type", "rows", "missing", "missing_percent", "distinct", "min", "q1", "median", "mean", "q3", "max",
    "deviation", "skewness", "outliers", "top", "top_rows",
]
PAIRS = ["table", "a", "b", "rows", "pearson_r", "spearman_rho", "p", "q"]
GROUPS = ["table", "by", "of", "groups", "rows", "f", "p", "q", "eta_squared", "highest", "highest_mean", "lowest", "lowest_mean"]


def short(value, digits=4):
    """A number for people: at most so many digits that count."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "infinite"
    if value == 0:
        return "0"
    if abs(value) >= 10**digits:
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    if "e" in text:
        return text
    return text.rstrip("0").rstrip(".") if "." in text else text


def kept(value, digits=8):
    """A number for a file."""
    return None if value is None else float(f"{value:.{digits}g}")


def escape(text):
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@!&])", r"\\\1", str(text)).replace("\n", " ")


def name(text):
    return "`" + str(text).replace("`", "'").replace("\n", " ") + "`"


def table(rows, columns, caption):
    if not rows:
        return ""
    lines = ["| " + " | ".join(heading for _, heading in columns) + " |"]
    right = [all(isinstance(row[key], (int, float, type(None))) for row in rows) for key, _ in columns]
    lines.append("|" + "|".join("---:" if flag else ":---" for flag in right) + "|")
    for row in rows:
        cells = [short(row[key]) if isinstance(row[key], (int, float, type(None))) else escape(row[key]) for key, _ in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + f"\n\n: {caption}\n"


def read(path):
    """Columns with their cells; an empty cell is None."""
    csv.field_size_limit(16 * 1024 * 1024)
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        rows = []
        for row in reader:
            rows.append(tuple(row[index] if index < len(row) and row[index] != "" else None for index in range(len(header))))
            if len(rows) > MOST_ROWS:
                stop(f"the table has more than {MOST_ROWS} rows; take a part of it")
    if not header:
        stop("a table has no columns")
    if len(header) > MOST_COLUMNS:
        stop(f"a table has {len(header)} columns; at most {MOST_COLUMNS} are profiled")
    return header, rows


class Column:
    """A column with its type: number, date, category, text or empty."""

    def __init__(self, title, cells):
        self.title, self.cells = title, cells
        self.there = [cell for cell in cells if cell is not None]
        self.distinct = len(set(self.there))
        self.numbers = [
            float(cell) if cell is not None and NUMBER.fullmatch(cell.strip()) else None for cell in cells
        ]
        self.numeric = sum(value is not None for value in self.numbers)
        dates = sum(bool(DATE.fullmatch(cell.strip())) for cell in self.there)
        count = len(self.there)
        if not count:
            self.type = "empty"
        elif self.numeric >= 0.95 * count:
            self.type = "number"
        elif dates >= 0.95 * count:
            self.type = "date"
        elif self.distinct <= max(MOST_GROUPS, 0.05 * count) and self.distinct < count:
            self.type = "category"
        else:
            self.type = "text"
        whole = all(value is None or value == int(value) for value in self.numbers if value is None or math.isfinite(value))
        # Numbers that only name things: no statistics of them.
        self.is_key = (
            self.distinct == count == len(cells) and count >= LEAST_ROWS and (
                self.type == "text" or (self.type == "number" and whole and is_run(self.numbers))))

    @property
    def values(self):
        return [value for value in self.numbers if value is not None]

    def describe(self, of):
        row = dict.fromkeys(PROFILE)
        row.update(
            table=of, column=self.title, type=self.type + (", key" if self.is_key else ""), rows=len(self.there),
            missing=len(self.cells) - len(self.there), distinct=self.distinct,
            missing_percent=kept(100 * (len(self.cells) - len(self.there)) / max(1, len(self.cells)), 4))
        if self.type == "number":
            ordered = sorted(self.values)
            q1, q3 = stats.quantile(ordered, 0.25), stats.quantile(ordered, 0.75)
            reach = 1.5 * (q3 - q1)
            row.update(
                min=kept(ordered[0]), q1=kept(q1), median=kept(stats.quantile(ordered, 0.5)), mean=kept(stats.mean(ordered)),
                q3=kept(q3), max=kept(ordered[-1]), deviation=kept(stats.deviation(ordered)),
                skewness=kept(stats.skewness(ordered), 4),
                outliers=sum(value < q1 - reach or value > q3 + reach for value in ordered))
        elif self.type == "date":
            row.update(min=min(self.there), max=max(self.there))
        elif self.there and self.type == "category":
            counted = {}
            for cell in self.there:
                counted[cell] = counted.get(cell, 0) + 1
            top = min(counted, key=lambda cell: (-counted[cell], cell))
            row.update(top=top, top_rows=counted[top])
        return row


def is_run(values):
    """Whether numbers only count the rows: a column of years tells more."""
    found = [value for value in values if value is not None]
    return all(b - a == 1 for a, b in zip(found, found[1:])) and found[:1] in ([0], [1])


def quality(of, header, rows, columns):
    """What is wrong with a table, a sentence each."""
    found = []
    doubles = len(rows) - len(set(rows))
    if doubles:
        found.append(f"{doubles} rows are the same as an earlier row")
    titles = [title.strip().lower() for title in header]
    if len(set(titles)) < len(titles):
        found.append("two columns have the same name")
    for column in columns:
        title = name(column.title)
        count = len(column.there)
        if not count:
            found.append(f"column {title} is empty")
            continue
        if column.distinct == 1 and count > 1:
            found.append(f"column {title} has the same value in all of its {count} rows")
        missing = len(column.cells) - count
        if missing:
            found.append(f"column {title} has no value in {missing} of {len(column.cells)} rows ({short(100 * missing / len(column.cells), 3)} %)")
        words = sum(cell.strip().lower() in MISSING_WORDS for cell in column.there)
        if words:
            found.append(f"column {title} has {words} cells with a word for a missing value")
        edges = sum(cell != cell.strip() for cell in column.there)
        if edges:
            found.append(f"column {title} has {edges} cells with spaces at their ends")
        if column.type == "number" and column.numeric < count:
            found.append(f"column {title} has {count - column.numeric} cells that are no numbers")
        if column.type in ("text", "category"):
            typed = sum(bool(TYPED.fullmatch(cell.strip())) for cell in column.there)
            if typed >= 0.8 * count:
                found.append(f"column {title} holds numbers that are written for people, such as {name(column.there[0])}")
            lower = {}
            for cell in set(column.there):
                lower.setdefault(" ".join(cell.lower().split()), set()).add(cell)
            alike = sum(len(cells) > 1 for cells in lower.values())
            if alike:
                found.append(f"column {title} has {alike} values that differ only in letter case or spaces")
        if column.type == "number" and not column.is_key:
            infinite = sum(not math.isfinite(value) for value in column.values)
            if infinite:
                found.append(f"column {title} has {infinite} values that are not finite")
        if column.type == "date":
            wrong = sum(not DATE.fullmatch(cell.strip()) or not is_day(cell.strip()[:10]) for cell in column.there)
            if wrong:
                found.append(f"column {title} has {wrong} cells that are no dates")
    return found


def is_day(text):
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def relations(of, columns):
    """Correlations of numbers, and differences of numbers between categories, with q values over all of both."""
    numbers = [column for column in columns if column.type == "number" and not column.is_key and column.distinct > 1]
    pairs, groups = [], []
    for place, a in enumerate(numbers):
        for b in numbers[place + 1:]:
            both = [(x, y) for x, y in zip(a.numbers, b.numbers) if x is not None and y is not None]
            if len(both) < LEAST_ROWS:
                continue
            xs, ys = [x for x, _ in both], [y for _, y in both]
            r = stats.pearson(xs, ys)
            if r is None:
                continue
            rho = stats.pearson(stats.ranks(xs), stats.ranks(ys))
            pairs.append({
                "table": of, "a": a.title, "b": b.title, "rows": len(both), "pearson_r": kept(r, 6),
                "spearman_rho": kept(rho, 6), "p": stats.p_of_correlation(r, len(both)),
            })
    for by in columns:
        if by.type != "category" or not 2 <= by.distinct <= MOST_GROUPS:
            continue
        for of_ in numbers:
            members = {}
            for cell, value in zip(by.cells, of_.numbers):
                if cell is not None and value is not None:
                    members.setdefault(cell, []).append(value)
            members = {cell: values for cell, values in sorted(members.items()) if len(values) >= 3}
            found = stats.anova(list(members.values()))
            if found is None:
                continue
            means = {cell: stats.mean(values) for cell, values in members.items()}
            high, low = max(means, key=lambda cell: (means[cell], cell)), min(means, key=lambda cell: (means[cell], cell))
            groups.append({
                "table": of, "by": by.title, "of": of_.title, "groups": len(members),
                "rows": sum(map(len, members.values())), "f": kept(found[0], 6), "p": found[1],
                "eta_squared": kept(found[2], 4), "highest": high, "highest_mean": kept(means[high], 6), "lowest": low,
                "lowest_mean": kept(means[low], 6),
            })
    for row, q in zip(pairs + groups, stats.discovery_rates([row["p"] for row in pairs + groups])):
        row["p"], row["q"] = kept(row["p"], 3), kept(q, 3)
    return numbers, pairs, groups


def bins_of(column, place, of, several):
    """A histogram: as many bins as Freedman and Diaconis (1981) say, from 5 to 30."""
    ordered = sorted(value for value in column.values if math.isfinite(value))
    low, high = ordered[0], ordered[-1]
    if low == high:
        return []
    spread = stats.quantile(ordered, 0.75) - stats.quantile(ordered, 0.25)
    width = 2 * spread / len(ordered) ** (1 / 3)
    count = min(30, max(5, math.ceil((high - low) / width))) if width > 0 else 10
    counts = [0] * count
    for value in ordered:
        counts[min(count - 1, int((value - low) / (high - low) * count))] += 1
    title = f"{of}: {column.title}" if several else column.title
    edge = [kept(low + (high - low) * index / count) for index in range(count + 1)]
    return [
        {"place": place, "column": title, "from": edge[index], "to": edge[index + 1], "rows": number}
        for index, number in enumerate(counts)
    ]


def small(q):
    return "below 1e-12" if q < 1e-12 else f"{q:.1g}"


def main():
    given = read_input()
    several = len(given["names"]) > 1
    profile, problems, all_pairs, all_groups, bins, grid, facts, plain = [], {}, [], [], [], [], [], []
    pages = []
    for path, title in zip(given["tables"], given["names"]):
        header, rows = read(path)
        columns = [Column(text, [row[index] for row in rows]) for index, text in enumerate(header)]
        if not rows:
            stop(f"{title} has a header and no row")
        described = [column.describe(title) for column in columns]
        profile += described
        problems[title] = quality(title, header, rows, columns)
        numbers, pairs, groups = relations(title, columns)
        all_pairs += pairs
        all_groups += groups
        for column in numbers:
            if len({row["place"] for row in bins}) < 12:
                bins += bins_of(column, len(bins), title, several)
        if len(numbers) > 1 and not grid:
            known = {}
            for row in pairs:
                known[row["a"], row["b"]] = known[row["b"], row["a"]] = row["pearson_r"]
            for i, a in enumerate(numbers[:12]):
                for j, b in enumerate(numbers[:12]):
                    r = 1.0 if i == j else known.get((a.title, b.title))
                    if r is not None:
                        grid.append({"a": a.title, "place_a": i, "b": b.title, "place_b": j, "r": r})
        kinds = {kind: sum(column.type == kind for column in columns) for kind in ("number", "date", "category", "text")}
        facts.append(
            f"table {name(title)} has {len(rows)} rows and {len(columns)} columns, of which {kinds['number']} hold numbers")
        plain.append(
            f"{escape(title)} has {len(rows)} rows and {len(columns)} columns ("
            + ", ".join(f"{number} {kind}" for kind, number in kinds.items() if number) + "). "
            + (f"{len(problems[title])} things about its quality are worth a look." if problems[title]
               else "Nothing about its quality stands out."))
        for row in described:
            if row["mean"] is not None and "key" not in row["type"]:
                facts.append(
                    f"column {name(row['column'])} of {name(title)} has a mean of {short(row['mean'])} and a median of "
                    f"{short(row['median'])}, from {short(row['min'])} to {short(row['max'])}")
        wide = [row for row in described if row["type"].startswith("number")]
        parts = [f"**{escape(title)}**: {len(rows)} rows, {len(columns)} columns.", table(
            described[:40], [("column", "Column"), ("type", "Type"), ("rows", "Values"), ("missing", "Missing"), ("distinct", "Distinct"),
                        ("top", "Most frequent"), ("top_rows", "Rows")], f"Columns of {escape(title)}"),
            table(wide[:40], [("column", "Column"), ("min", "Least"), ("q1", "Quartile 1"), ("median", "Median"),
                        ("mean", "Mean"), ("q3", "Quartile 3"), ("max", "Greatest"), ("deviation", "Deviation"),
                        ("skewness", "Skewness"), ("outliers", "Outliers")], f"Numbers of {escape(title)}")]
        pages.append("\n\n".join(part for part in parts if part))
    all_pairs.sort(key=lambda row: (-abs(row["pearson_r"]), row["table"], row["a"], row["b"]))
    all_groups.sort(key=lambda row: (-row["eta_squared"], row["table"], row["by"], row["of"]))
    firm_pairs = [row for row in all_pairs if row["q"] <= DISCOVERY_RATE]
    firm_groups = [row for row in all_groups if row["q"] <= DISCOVERY_RATE]
    for row in firm_pairs[:2]:
        facts.append(
            f"{name(row['a'])} and {name(row['b'])} have a correlation of {short(row['pearson_r'], 3)} over {row['rows']} rows")
        plain.append(
            f"{escape(row['a'])} and {escape(row['b'])} go together: r = {short(row['pearson_r'], 3)} over {row['rows']} rows "
            f"(q {small(row['q'])}).")
    for row in firm_groups[:2]:
        facts.append(
            f"the mean of {name(row['of'])} is {short(row['highest_mean'])} for {name(row['highest'])} and "
            f"{short(row['lowest_mean'])} for {name(row['lowest'])} of {name(row['by'])}")
        plain.append(
            f"The mean of {escape(row['of'])} differs by {escape(row['by'])}, from {short(row['lowest_mean'])} "
            f"({escape(row['lowest'])}) to {short(row['highest_mean'])} ({escape(row['highest'])}); the groups account for "
            f"{short(100 * row['eta_squared'], 3)} % of its variance.")
    if not firm_pairs and not firm_groups:
        plain.append("Nothing goes with anything else beyond what chance explains.")
    top = given["top_n"]
    for row in all_pairs + all_groups:
        row["q_text"] = small(row["q"])
    for row in all_groups:
        row["high"], row["low"] = (f"{row[key]}: {short(row[key + '_mean'])}" for key in ("highest", "lowest"))
    relations_page = "\n\n".join(part for part in (
        table(all_pairs[:top], [("a", "A"), ("b", "B"), ("rows", "Rows"), ("pearson_r", "r"), ("spearman_rho", "rho"),
                                ("q_text", "q")], "Correlations, the strongest first"),
        table(all_groups[:top], [("of", "Number"), ("by", "By"), ("groups", "Groups"), ("rows", "Rows"), ("f", "F"),
                                 ("q_text", "q"), ("eta_squared", "eta²"), ("high", "Highest mean"), ("low", "Lowest mean")],
              "Differences between groups, the strongest first"),
    ) if part) or "There are no two columns of numbers, and no categories, with enough rows to compare."
    lines = [f"- {escape(title)}: {sentence_of(fault)}" for title, faults in problems.items() for fault in faults]
    write_table("columns.csv", PROFILE, profile)
    write_table("pairs.csv", PAIRS, all_pairs)
    write_table("groups.csv", GROUPS, all_groups)
    write_table("bins.csv", ["place", "column", "from", "to", "rows"], bins)
    write_table("grid.csv", ["a", "place_a", "b", "place_b", "r"], grid)
    faults = sum(map(len, problems.values()))
    facts.append(f"there are {faults} remarks on the quality of the data")
    write_output({
        "facts": "\n".join(f"{fact[0].upper()}{fact[1:]}." if fact[0] != "`" else fact + "." for fact in facts[:14]),
        "plain": " ".join(plain), "profile_page": "\n\n".join(pages),
        "quality_page": "\n".join(lines) or "Nothing stands out: no duplicates, no gaps, no mixed types.",
        "relations_page": relations_page, "problems": faults,
    })


def sentence_of(fault):
    return re.sub(r"`([^`]*)`", lambda found: "**" + escape(found[1]) + "**", fault) + "."


if __name__ == "__main__":
    main()
