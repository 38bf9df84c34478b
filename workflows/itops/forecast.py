# SPDX-License-Identifier: Apache-2.0
"""Forecasts the number of new tickets with the simplest method that did best in a back-test.

Whole weeks are counted when there are at least eight, else days when there are at least fourteen, else it says that
there is too little history. Methods: last value, mean of the last four, same day a week ago (days only), straight line,
Holt with a damped trend. Each forecasts from every origin of the last part of the series, knowing only what came before;
the one with the least mean absolute error wins. The interval is the 10 % and 90 % point of its own back-test errors at
the same distance, or at any distance where there are fewer than five.

Input: volume (CSV). Output: method, grain, enough, error, note and the artifact forecast.csv.
"""

import datetime
import math

from node import read_input, read_table, write_output, write_table

AHEAD = {"week": 4, "day": 7}
LEAST = {"week": 8, "day": 14}
COLUMNS = ["kind", "period", "opened", "low", "high"]


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


def main():
    rows = read_table(read_input()["volume"])
    grain = next((g for g in ("week", "day") if len(whole_periods(rows, g)) >= LEAST[g]), None)
    if grain is None:
        found = len(whole_periods(rows, "day"))
        write_table("forecast.csv", COLUMNS, [])
        write_output({
            "enough": False, "method": "none", "grain": "none", "error": 0, "tried": [],
            "note": f"No forecast: it needs {LEAST['week']} whole weeks or {LEAST['day']} days, and there are {found} days.",
        })
        return
    periods = whole_periods(rows, grain)
    series, ahead = [float(count) for _, count in periods], AHEAD[grain]
    tried = []
    for name, method in methods(grain).items():
        errors = back_test(method, series, ahead, LEAST[grain] // 2 + 3)
        every = [error for values in errors.values() for error in values]
        tried.append((sum(map(abs, every)) / len(every), name, errors, every))
    tried.sort(key=lambda entry: (round(entry[0], 9), entry[1]))
    error, name, errors, every = tried[0]
    length = datetime.timedelta(days=7 if grain == "week" else 1)
    table = [{"kind": "seen", "period": start.isoformat(), "opened": int(count)} for start, count in periods]
    for step, value in enumerate(methods(grain)[name](series, ahead)):
        sample = errors[step] if len(errors[step]) >= 5 else every
        table.append({
            "kind": "forecast", "period": (periods[-1][0] + length * (step + 1)).isoformat(), "opened": round(value, 1),
            "low": round(max(0.0, value + point(sample, 0.1)), 1), "high": round(max(0.0, value + point(sample, 0.9)), 1),
        })
    write_table("forecast.csv", COLUMNS, table)
    write_output({
        "enough": True, "method": name, "grain": grain, "error": round(error, 2),
        "tried": [{"method": entry[1], "mean_absolute_error": round(entry[0], 2)} for entry in tried],
        "note": f"Method: {name}, the best of {len(tried)} in a back-test over {len(periods)} {grain}s, with a mean "
                f"absolute error of {error:.2f} tickets a {grain}. The interval holds 80 % of the back-test errors.",
    })


if __name__ == "__main__":
    main()
