# SPDX-License-Identifier: Apache-2.0
"""Ranks the candidates of candidates.sql and takes out those that another candidate explains.

A candidate counts when it is over-represented among the bad tickets (lift), has enough bad tickets, and chance is an
unlikely reason: one-sided Fisher exact test, with the false discovery rate over all tests held at 1 % (Benjamini and
Hochberg). The strongest is taken first; the tickets it covers are then set aside, and a candidate that no longer stands
out among the rest is listed as explained by it. An association is not a proof of a cause: the report says so too.

Input: tickets, candidates (CSV), min_support. Output: causes, explained and the artifact root_causes.csv.
"""

import math

from node import read_input, read_table, write_output, write_table

OUTCOMES = {"sla_missed": "SLA missed", "reopened": "reopened", "long": "long"}
DISCOVERY_RATE = 0.01
LEAST_LIFT = 1.3
LEAST_BAD = 5
COLUMNS = [
    "rank", "status", "attribute", "value", "outcome", "n", "bad", "support", "confidence", "base_rate", "rest_rate",
    "lift", "chi_square", "log10_p", "q_value", "extra_bad", "explained_by", "also",
]


def log_choose(n, k):
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log10_fisher(bad, n, total_bad, total):
    """Log 10 of the chance of at least `bad` bad tickets among `n`, were bad ones spread by chance."""
    whole = log_choose(total, n)
    logs = [
        log_choose(total_bad, k) + log_choose(total - total_bad, n - k) - whole
        for k in range(bad, min(n, total_bad) + 1)
        if n - k <= total - total_bad
    ]
    top = max(logs)
    return min(0.0, (top + math.log(sum(math.exp(value - top) for value in logs))) / math.log(10))


def discovery_rates(logs):
    """Benjamini-Hochberg q values of p values given as log 10."""
    order = sorted(range(len(logs)), key=lambda index: logs[index])
    q_values, least = [0.0] * len(logs), 1.0
    for position in range(len(order) - 1, -1, -1):
        index = order[position]
        least = min(least, 10 ** max(-300.0, logs[index]) * len(logs) / (position + 1))
        q_values[index] = least
    return q_values


def main():
    given = read_input()
    tickets, tests = read_table(given["tickets"]), read_table(given["candidates"])
    support = given["min_support"]
    for test in tests:
        test["log10_p"] = log10_fisher(test["bad"], test["n"], test["total_bad"], test["total"])
    for test, q_value in zip(tests, discovery_rates([test["log10_p"] for test in tests])):
        test["q_value"] = q_value
    good = [
        test for test in tests
        if test["q_value"] <= DISCOVERY_RATE and test["lift"] >= LEAST_LIFT and test["bad"] >= LEAST_BAD
    ]
    good.sort(key=lambda test: (test["log10_p"], -test["lift"], test["attribute"], str(test["value"])))

    causes, explained = [], []
    covered = {outcome: {} for outcome in OUTCOMES}
    for test in good:
        name, outcome = (test["attribute"], test["value"]), test["outcome"]
        earlier = next((cause for cause in causes if (cause["attribute"], cause["value"]) == name), None)
        if earlier:
            earlier["also"].append(f"{OUTCOMES[outcome]} (lift {test['lift']})")
            continue
        pool = [t for t in tickets if outcome != "long" or t["hours"] is not None]
        own = [t for t in pool if t[test["attribute"]] == test["value"]]
        rest = [t for t in pool if t["id"] not in covered[outcome]]
        left = [t for t in own if t["id"] not in covered[outcome]]
        bad, rest_bad = sum(t[outcome] for t in left), sum(t[outcome] for t in rest)
        stands = (
            len(left) >= max(5, support // 2) and rest_bad > 0
            and bad / len(left) >= LEAST_LIFT * rest_bad / len(rest)
            and log10_fisher(bad, len(left), rest_bad, len(rest)) <= -2
        )
        others = test["total"] - test["n"]
        rest_rate = (test["total_bad"] - test["bad"]) / others
        test["rest_rate"] = round(rest_rate, 4)
        test["extra_bad"] = round(test["bad"] - test["n"] * rest_rate, 1)
        test["also"], test["explained_by"] = [], None
        if stands:
            test["status"] = "cause"
            causes.append(test)
            for t in own:
                covered[outcome].setdefault(t["id"], name)
        else:
            test["status"] = "explained"
            owners = [covered[outcome][t["id"]] for t in own if t["id"] in covered[outcome]]
            owner = max(sorted(set(owners), key=str), key=owners.count) if owners else None
            test["explained_by"] = f"{owner[0]} {owner[1]}" if owner else None
            explained.append(test)
    rows = causes + explained
    for rank, row in enumerate(rows, start=1):
        row["rank"] = rank
        row["also"] = "; ".join(row["also"]) or None
        row["log10_p"] = round(row["log10_p"], 1)
        row["q_value"] = float(f"{row['q_value']:.2g}")
    write_table("root_causes.csv", COLUMNS, rows)
    write_output({"tests": len(tests), "causes": len(causes), "explained": len(explained)})


if __name__ == "__main__":
    main()
