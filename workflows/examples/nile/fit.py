# SPDX-License-Identifier: Apache-2.0
"""Fits a mean to the flow of the Nile, or two means with a step between, and puts out how well they fit.

The step stands at the beginning of a year: 0 for none, -1 for the year with the least squared error.
"""
import csv
import json
import math
import os


def squared_error(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)


def fit(flow, years, step):
    """The means before and after the step, and their squared error."""
    if step == 0:
        return sum(flow) / len(flow), sum(flow) / len(flow), squared_error(flow)
    at = years.index(step)
    before, after = flow[:at], flow[at:]
    return sum(before) / len(before), sum(after) / len(after), squared_error(before) + squared_error(after)


def main():
    with open(os.path.join(os.environ["FLOW_WORKFLOW_DIR"], "nile", "nile.csv")) as file:
        rows = list(csv.DictReader(file))
    years = [int(row["year"]) for row in rows]
    flow = [float(row["flow"]) for row in rows]
    step = int(os.environ["STEP"])
    searched = step < 0
    inner = years[5:-5]
    if searched:
        step = min(inner, key=lambda year: fit(flow, years, year)[2])
    elif step and step not in inner:
        raise SystemExit(f"the step must be from {inner[0]} to {inner[-1]}: each side needs five years")
    before, after, error = fit(flow, years, step)
    count = len(flow)
    # Means, and the year where it was looked for (Bayesian information criterion, Schwarz 1978).
    parameters = 1 if step == 0 else 3 if searched else 2
    bic = count * math.log(error / count) + parameters * math.log(count)
    with open(os.environ["FLOW_OUTPUT"], "w") as file:
        json.dump({"step": step, "before": round(before, 1), "after": round(after, 1),
                   "squared_error": round(error), "bic": round(bic, 2)}, file)


main()
