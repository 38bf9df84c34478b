# SPDX-License-Identifier: Apache-2.0
"""The analysis that a run falls back to: it looks at a table as it is, knows nothing of the idea, and says so.

Numbers and groups are described; with a column of times it looks for a trend and for a step, by squares and by ranks;
with groups it compares their means; with several numbers it looks at the strongest correlation. A figure or two are
described as Vega-Lite files, which a later node draws. Only the standard library is used.

Input: files, leading (texts whose words decide which facts come first). Output: printed (a fact a line), metrics, files.
"""

import itertools
import json
import re

from node import read_input, read_tables, show, write_output
from statistics_of import (analysis_of_variance, correlation, deviation, line, mann_kendall, mean, median, pettitt,
                           squares, step)

MOST_FACTS = 14
WEIGHTS = (4, 4, 2, 1)  # of the texts under `leading`: focus, guidance, idea, methods
LONGEST_RANKED = 2000
FONT = {"axis": {"labelFontSize": 13, "titleFontSize": 14}, "legend": {"labelFontSize": 12, "titleFontSize": 13}}


def p_text(p):
    return "p below 0.0001" if p < 1e-4 else f"p = {show(p, 2)}"


class Findings:
    """Facts, each with the number of its place, and metrics by name."""

    def __init__(self):
        self.facts, self.metrics, self.figures = [], {}, []

    def fact(self, text, **metrics):
        self.facts.append(text)
        for name, value in metrics.items():
            self.metrics[name] = float(f"{value:.6g}") if isinstance(value, float) else value


def describe(column, found):
    values = [value for value in column.values if value is not None]
    found.fact(
        f"The {column.label} has {len(values)} values with a mean of {show(mean(values))}, a median of "
        f"{show(median(values))} and a standard deviation of {show(deviation(values))}.",
        **{f"{column.name}_mean": mean(values)})


def over_time(time, column, found):
    pairs = [(x, y, cell) for x, y, cell in zip(time.values, column.values, time.cells) if x is not None and y is not None]
    xs, ys, cells = ([pair[place] for pair in pairs] for place in range(3))
    name = column.label
    low, high = min(range(len(ys)), key=ys.__getitem__), max(range(len(ys)), key=ys.__getitem__)
    found.fact(f"The least {name} is {show(ys[low])}, in {cells[low]}; the greatest is {show(ys[high])}, in {cells[high]}.")
    rules = []
    if len(ys) >= 12 and squares(ys) and squares(xs):
        _, slope, error, p = line(xs, ys)
        found.fact(
            f"A straight line by least squares gives the {name} a trend of {show(slope, 3)} per unit of {time.label}, with a "
            f"standard error of {show(error, 2)} ({p_text(p)}).", trend=slope, trend_p=p)
        found_step = step(ys)
        if found_step:
            place, gain = found_step
            before, after = mean(ys[:place]), mean(ys[place:])
            change = 100 * (after - before) / abs(before) if before else 0.0
            word = "better" if gain > 0 else "worse"
            found.fact(
                f"The step that fits the {name} best by least squares is at {cells[place]}: the mean is {show(before)} before "
                f"it and {show(after)} from it on, a change of {show(change, 3)} %, and by the Bayesian information criterion "
                f"two means with this step fit {word} than one: the criterion differs by {show(abs(gain), 3)}.",
                step_at=cells[place], mean_before=before, mean_after=after, step_percent=change, step_bic_gain=gain)
            if gain > 0:
                rules = [(cells[0], cells[place], before), (cells[place], cells[-1], after)]
        if len(ys) <= LONGEST_RANKED:
            tau, p = mann_kendall(ys)
            found.fact(f"By ranks (Mann-Kendall) the trend of the {name} has a tau of {show(tau, 3)} ({p_text(p)}).",
                       rank_tau=tau, rank_trend_p=p)
            place, k, p = pettitt(ys)
            found.fact(f"By ranks (Pettitt) the {name} changes most at {cells[place]}, with K = {show(k)} ({p_text(p)}).",
                       rank_step_at=cells[place], rank_step_p=p)
        r = correlation(ys[:-1], ys[1:])[0]
        found.fact(f"The correlation of the {name} with its value one step before is {show(r, 3)}.", next_correlation=r)
    found.figures.append(time_figure(time, name, cells, ys, rules))
    found.figures.append(departure_figure(time, name, cells, ys))


def quoted(name):
    """A column's name where Vega-Lite reads dots and brackets as paths."""
    return re.sub(r"([.\[\]\\'\"])", r"\\\1", name)


def time_axis(time, cells):
    is_date = any("-" in cell for cell in cells)
    axis = {"field": "at", "type": "temporal" if is_date else "quantitative", "title": time.label}
    return axis if is_date else {**axis, "axis": {"format": "d"}, "scale": {"zero": False, "nice": False}}


def at(cell):
    return cell if "-" in cell else float(cell)


def time_figure(time, name, cells, ys, rules):
    x = time_axis(time, cells)
    y = {"field": "value", "type": "quantitative", "title": name, "scale": {"zero": False}}
    layers = [{
        "data": {"values": [{"at": at(cell), "value": value} for cell, value in zip(cells, ys)]},
        "mark": {"type": "line", "point": {"size": 14}, "strokeWidth": 1.2, "color": "#1f5fa8"},
        "encoding": {"x": x, "y": y}}]
    if rules:
        parts = [{"at": at(a), "to": at(b), "value": value} for a, b, value in rules]
        layers.append({
            "data": {"values": parts}, "mark": {"type": "rule", "strokeWidth": 2.4, "color": "#c62828"},
            "encoding": {"x": x, "x2": {"field": "to"}, "y": y}})
    told = f"The {name} over {time.label}" + (
        f"; the red lines are the means before and after {rules[1][0]}." if rules else ".")
    return {"name": "over_time", "caption": told,
            "spec": {"width": 560, "height": 260, "layer": layers, "config": FONT}}


def departure_figure(time, name, cells, ys):
    middle = mean(ys)
    sums = list(itertools.accumulate(value - middle for value in ys))
    return {
        "name": "departures", "caption": f"The sum of the departures of the {name} from its mean, up to each {time.label}: "
        "where the mean changes, the curve turns.",
        "spec": {
            "width": 560, "height": 220, "config": FONT,
            "data": {"values": [{"at": at(cell), "value": round(value, 6)} for cell, value in zip(cells, sums)]},
            "mark": {"type": "area", "color": "#9dbfe3", "line": {"color": "#1f5fa8"}},
            "encoding": {"x": time_axis(time, cells), "y": {
                "field": "value", "type": "quantitative", "title": "sum of departures"}}}}


def by_group(group, column, found, number=1):
    groups = {}
    for cell, value in zip(group.cells, column.values):
        if cell and value is not None:
            groups.setdefault(cell, []).append(value)
    groups = {cell: values for cell, values in sorted(groups.items()) if len(values) > 1}
    if len(groups) < 2:
        return
    told = [f"{show(mean(values))} for {cell} ({len(values)} rows)" for cell, values in groups.items()]
    text = f"The mean {column.label} by {group.label} is {', '.join(told[:-1])} and {told[-1]}"
    result = analysis_of_variance(list(groups.values()))
    if result:
        f, p, share = result
        found.fact(
            f"{text}; these means differ with F = {show(f, 3)} ({p_text(p)}), and {show(100 * share, 3)} % of the variance "
            f"lies between the {len(groups)} values of {group.label}.", **{f"share_between_{group.name}": share})
    else:
        found.fact(text + ".")
    points = [{"group": cell, "value": value} for cell, values in groups.items() for value in values[:1500]]
    found.figures.append({
        "name": f"by_group_{number}", "caption": f"The {column.label} by {group.label}: each box holds the middle half of the "
        "values, its line the median.",
        "spec": {
            "width": 460, "height": 260, "config": FONT, "data": {"values": points},
            "mark": {"type": "boxplot", "extent": 1.5, "size": 34, "color": "#6f9fd0"},
            "encoding": {"x": {"field": "group", "type": "nominal", "title": group.label, "axis": {"labelAngle": 0}},
                         "y": {"field": "value", "type": "quantitative", "title": column.label, "scale": {"zero": False}}}}})


def together(columns, group, found):
    best = None
    for first, second in itertools.combinations(columns[:8], 2):
        pairs = [(a, b) for a, b in zip(first.values, second.values) if a is not None and b is not None]
        if len(pairs) < 4:
            continue
        r, p = correlation(*zip(*pairs))
        if best is None or abs(r) > abs(best[0]):
            best = (r, p, first, second, len(pairs))
    if not best:
        return
    r, p, first, second, count = best
    found.fact(f"The strongest correlation is that of {first.label} with {second.label}: r = {show(r, 3)} over {count} rows "
               f"({p_text(p)}).", strongest_correlation=r)
    points = [
        {"a": a, "b": b, **({"group": group.cells[place]} if group else {})}
        for place, (a, b) in enumerate(zip(first.values, second.values)) if a is not None and b is not None][:3000]
    encoding = {
        "x": {"field": "a", "type": "quantitative", "title": first.label, "scale": {"zero": False}},
        "y": {"field": "b", "type": "quantitative", "title": second.label, "scale": {"zero": False}}}
    if group:
        encoding["color"] = {"field": "group", "type": "nominal", "title": group.label}
    found.figures.append({
        "name": "together", "caption": f"The {second.label} against the {first.label}, a point a row"
        + (f", in colours by {group.label}." if group else "."),
        "spec": {"width": 460, "height": 280, "config": FONT, "data": {"values": points},
                 "mark": {"type": "point", "filled": True, "size": 32, "opacity": 0.75}, "encoding": encoding}})


def spread(column, found):
    values = [value for value in column.values if value is not None]
    found.figures.append({
        "name": "spread", "caption": f"How often values of the {column.label} come.",
        "spec": {"width": 460, "height": 240, "config": FONT, "data": {"values": [{"value": value} for value in values[:5000]]},
                 "mark": {"type": "bar", "color": "#6f9fd0"},
                 "encoding": {"x": {"field": "value", "bin": {"maxbins": 24}, "type": "quantitative", "title": column.label},
                              "y": {"aggregate": "count", "type": "quantitative", "title": "rows"}}}})


def analyse(table, found):
    times, numbers, groups = table.of("time"), table.of("number"), table.of("group")
    found.fact(f"The table {table.name} has {table.rows} rows.", rows=table.rows)
    for column in numbers[:3]:
        describe(column, found)
    if times and numbers:
        over_time(times[0], numbers[0], found)
    # The group that tells most about the first number first.
    def share(group):
        cells = {}
        for cell, value in zip(group.cells, numbers[0].values):
            if cell and value is not None:
                cells.setdefault(cell, []).append(value)
        lists = [values for values in cells.values() if len(values) > 1]
        result = analysis_of_variance(lists) if len(lists) > 1 else None
        return -(result[2] if result else 0)
    ranked = sorted(groups, key=share) if numbers else []
    for number, group in enumerate(ranked[:2], start=1):
        by_group(group, numbers[0] if not times else numbers[0], found, number)
    if len(numbers) > 1:
        together(numbers, ranked[0] if ranked else None, found)
    if numbers and not found.figures:
        spread(numbers[0], found)


def words(text):
    return {word[:6] for word in re.findall(r"[a-z]{4,}", text.lower())} - {"with", "that", "from", "this", "data", "tables"}


def main():
    given = read_input()
    found = Findings()
    for table in read_tables(given.get("files") or [], most=1):
        analyse(table, found)
    if not found.facts:
        found.fact("No data file is a table that could be analysed, so 0 quantities were computed.")
    # Facts that speak of what a person or the idea asks for come first, behind the number of rows.
    leading = [words(text or "") for text in given.get("leading") or []]
    head, rest = found.facts[:1], found.facts[1:]

    def weight(fact):
        return sum(weight * len(words(fact) & asked) for weight, asked in zip(WEIGHTS, leading))

    order = sorted(range(len(rest)), key=lambda place: (-weight(rest[place]), place))
    facts = head + [rest[place] for place in order]
    made = []
    for number, figure in enumerate(found.figures[:4], start=1):
        name = f"{number}_{re.sub(r'[^a-z0-9_]', '', figure['name'])}.vl.json"
        with open(name, "w", encoding="utf-8") as file:
            json.dump({"description": figure["caption"], **figure["spec"]}, file)
        made.append(name)
    printed = "\n".join(facts[:MOST_FACTS])
    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump(found.metrics, file, indent=1, sort_keys=True)
        file.write("\n")
    print(printed)
    write_output({"printed": printed, "metrics": found.metrics, "files": made + ["metrics.json"]})


main()
