# SPDX-License-Identifier: Apache-2.0
"""Forecasts new tickets, and the tickets that are open (the backlog), each with the method that did best in a back-test.

Whole weeks are counted when there are at least eight, else days when there are at least fourteen, else it says that
there is too little history. Methods: last value, mean of the last four, same day a week ago (days only), straight line,
Holt with a damped trend. Each forecasts from every origin of the last part of the series, knowing only what came before;
the one with the least mean absolute error wins. The interval is the 10 % and 90 % point of its own back-test errors at
the same distance, or at any distance where there are fewer than five.

The backlog at the end of a period is what was opened less what was resolved until then, of the tickets in scope. It is a
stock, not a count: the same methods are tried on it, and its interval comes from their errors on it.

Input: volume (CSV). Output: method, grain, enough, error, note, the same of the backlog, and the artifacts forecast.csv
and backlog.csv.
"""

import datetime
import math

from node import read_input, read_table, write_output, write_table

AHEAD = {"week": 4, "day": 7}
LEAST = {"week": 8, "day": 14}
COLUMNS = ["kind", "period", "opened", "low", "high"]
BACKLOG_COLUMNS = ["kind", "period", "backlog", "low", "high"]


def last(series, ahead):
    return [series[-1]] * ahead


def mean_of_four(series, ahead):
    return [sum(series[-4:]) / len(series[-4:])] * ahead


def same_day(series, ahead):
    return [series[len(series) - 7 + step % 7] for step in range(ahead)]


def line(series, ahead):
    n = len(series)
    middle, mean = (n - 1) / 2, sum(series) / n
    spread = sum((x - middle) ** 2 for x in range(n))
    slope = sum((x - middle) * (y - mean) for x, y in enumerate(series)) / spread
    return [max(0.0, mean + slope * (n + step - middle)) for step in range(ahead)]


def holt(series, ahead, level_share=0.4, trend_share=0.1, damping=0.85):
    level, trend = series[0], series[1] - series[0]
    for value in series[1:]:
        before = level
        level = level_share * value + (1 - level_share) * (level + damping * trend)
        trend = trend_share * (level - before) + (1 - trend_share) * damping * trend
    result, step = [], 0.0
    for power in range(1, ahead + 1):
        step += damping**power
        result.append(max(0.0, level + step * trend))
    return result


def methods(grain):
    table = {
        "last value": last, "mean of the last four": mean_of_four, "straight line": line, "Holt with damped trend": holt,
    }
    if grain == "day":
        table["same day a week ago"] = same_day
    return table


def whole_periods(rows, grain):
    """Periods that the data covers from end to end, without a gap: a period without tickets counts as 0."""
    days = sorted(row["period"] for row in rows if row["grain"] == "day" and row["opened"])
    if not days:
        return []
    first, end = datetime.date.fromisoformat(days[0]), datetime.date.fromisoformat(days[-1])
    length = datetime.timedelta(days=7 if grain == "week" else 1)
    counts = {row["period"]: row["opened"] for row in rows if row["grain"] == grain}
    start = first - datetime.timedelta(days=first.weekday()) if grain == "week" else first
    periods = []
    while start + length - datetime.timedelta(days=1) <= end:
        # A week that the export begins in the middle of would look like a quiet one; a weekend at its start may be.
        if start >= first or first.weekday() == 0:
            periods.append((start, counts.get(start.isoformat(), 0)))
        start += length
    return periods


def point(values, share):
    """The value below which `share` of the values lie, between neighbours in a straight line."""
    values = sorted(values)
    place = share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def back_test(method, series, ahead, least):
    """Errors (real minus forecast) by distance."""
    errors = {step: [] for step in range(ahead)}
    for origin in range(max(least, len(series) // 2), len(series)):
        reach = min(ahead, len(series) - origin)
        for step, value in enumerate(method(series[:origin], reach)):
            errors[step].append(series[origin + step] - value)
    return errors


def backlog_of(rows, grain, periods):
    """How many tickets are open at the end of each of the periods."""
    counts = {row["period"]: (row["opened"], row["resolved"]) for row in rows if row["grain"] == grain}
    first = periods[0][0].isoformat()
    # What came and went in the piece of a week before the first whole one counts too.
    level = sum(opened - resolved for period, (opened, resolved) in counts.items() if period < first)
    levels = []
    for start, _ in periods:
        opened, resolved = counts.get(start.isoformat(), (0, 0))
        level += opened - resolved
        levels.append(float(max(0, level)))
    return levels


def foresee(series, grain):
    """The best method with its mean absolute error, all that were tried, and (value, low, high) for each step ahead."""
    ahead = AHEAD[grain]
    tried = []
    for name, method in methods(grain).items():
        errors = back_test(method, series, ahead, LEAST[grain] // 2 + 3)
        every = [error for values in errors.values() for error in values]
        tried.append((sum(map(abs, every)) / len(every), name, errors, every))
    tried.sort(key=lambda entry: (round(entry[0], 9), entry[1]))
    error, name, errors, every = tried[0]
    steps = []
    for step, value in enumerate(methods(grain)[name](series, ahead)):
        sample = errors[step] if len(errors[step]) >= 5 else every
        steps.append(tuple(
            round(max(0.0, value + shift), 1) for shift in (0.0, point(sample, 0.1), point(sample, 0.9))))
    return name, error, [{"method": entry[1], "mean_absolute_error": round(entry[0], 2)} for entry in tried], steps


def table_of(periods, series, steps, grain, key):
    length = datetime.timedelta(days=7 if grain == "week" else 1)
    table = [{"kind": "seen", "period": start.isoformat(), key: int(count)} for (start, _), count in zip(periods, series)]
    for step, (value, low, high) in enumerate(steps, start=1):
        table.append({
            "kind": "forecast", "period": (periods[-1][0] + length * step).isoformat(), key: value, "low": low,
            "high": high,
        })
    return table


def main():
    rows = read_table(read_input()["volume"])
    grain = next((g for g in ("week", "day") if len(whole_periods(rows, g)) >= LEAST[g]), None)
    if grain is None:
        found = len(whole_periods(rows, "day"))
        write_table("forecast.csv", COLUMNS, [])
        write_table("backlog.csv", BACKLOG_COLUMNS, [])
        write_output({
            "enough": False, "method": "none", "grain": "none", "error": 0, "tried": [], "backlog_method": "none",
            "backlog_error": 0, "backlog_tried": [], "backlog_note": "",
            "note": f"No forecast: it needs {LEAST['week']} whole weeks or {LEAST['day']} days, and there are {found} days.",
        })
        return
    periods = whole_periods(rows, grain)
    series = [float(count) for _, count in periods]
    name, error, tried, steps = foresee(series, grain)
    write_table("forecast.csv", COLUMNS, table_of(periods, series, steps, grain, "opened"))
    levels = backlog_of(rows, grain, periods)
    stock_name, stock_error, stock_tried, stock_steps = foresee(levels, grain)
    write_table("backlog.csv", BACKLOG_COLUMNS, table_of(periods, levels, stock_steps, grain, "backlog"))
    write_output({
        "enough": True, "method": name, "grain": grain, "error": round(error, 2), "tried": tried,
        "note": f"Method: {name}, the best of {len(tried)} in a back-test over {len(periods)} {grain}s, with a mean "
                f"absolute error of {error:.2f} tickets a {grain}. The interval holds 80 % of the back-test errors.",
        "backlog_method": stock_name, "backlog_error": round(stock_error, 2), "backlog_tried": stock_tried,
        "backlog_note": f"Backlog: tickets of the scope that are open at the end of a {grain}. Method: {stock_name}, with a "
                        f"mean absolute error of {stock_error:.2f} tickets. The interval holds 80 % of the back-test errors.",
    })


if __name__ == "__main__":
    main()
