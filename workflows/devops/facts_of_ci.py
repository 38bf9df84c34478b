# SPDX-License-Identifier: Apache-2.0
"""Facts for the writer, the text without one, and the chapters of the report. Every number comes from a query."""

import re

from node import read_input, read_table, write_output


def plain(value):
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)


def escape(value):
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@!&])", r"\\\1", plain(value)).replace("\n", " ")


def name(value):
    return "`" + plain(value).replace("`", "'") + "`"


def table(rows, columns, caption):
    if not rows:
        return ""
    right = [all(isinstance(row[key], (int, float, type(None))) for row in rows) for key, _ in columns]
    lines = ["| " + " | ".join(heading for _, heading in columns) + " |"]
    lines.append("|" + "|".join("---:" if flag else ":---" for flag in right) + "|")
    lines += ["| " + " | ".join(escape(row[key]) for key, _ in columns) + " |" for row in rows]
    return "\n".join(lines) + f"\n\n: {caption}\n"


def sentence(fact):
    return f"{fact[0].upper()}{fact[1:]}."


def hours(value):
    """Hours, or days where there are many."""
    return f"{plain(value)} hours" if value is None or value < 72 else f"{plain(round(value / 24, 1))} days"


def main():
    given = read_input()
    top = given["top_n"]
    jobs, flaky, reasons = (read_table(given[key]) for key in ("jobs", "flaky", "reasons"))
    weeks, deliveries, commits = (read_table(given[key]) for key in ("weeks", "deliveries", "commits"))
    whole, log = deliveries[0], commits[0]
    facts, chapters = [], []
    if whole["runs"]:
        facts.append(
            f"there are {whole['runs']} job runs of {whole['jobs']} jobs from {whole['first_day']} to {whole['last_day']}")
        facts.append(f"{whole['failed']} job runs failed ({plain(whole['failed_percent'])} %)")
        worst = [row for row in jobs if row["enough"] and row["failed"]]
        for row in worst[:2]:
            facts.append(f"{row['failed']} of {row['runs']} runs of job {name(row['job'])} failed ({plain(row['failed_percent'])} %)")
        for row in flaky[:2]:
            facts.append(
                f"job {name(row['job'])} is flaky on {row['flaky_commits']} of {row['commits']} commits "
                f"({plain(row['flaky_percent'])} %)")
        if not flaky:
            facts.append("no job failed and passed on the same commit")
        for row in reasons[:1]:
            facts.append(
                f"the most frequent reason of failures is {name(row['reason'])} in job {name(row['job'])} with {row['failures']} "
                f"failures ({plain(row['share_percent'])} %)")
        slow = max((row for row in jobs if row["enough"] and row["median_minutes"]), key=lambda row: (row["hours"], row["job"]), default=None)
        if slow:
            facts.append(
                f"job {name(slow['job'])} takes the most time: {plain(slow['hours'])} hours in all, with a median of "
                f"{plain(slow['median_minutes'])} minutes")
        if whole["deployments"]:
            facts.append(
                f"there are {plain(whole['deployments_a_week'])} deployments a week that passed, and "
                f"{plain(whole['change_failure_percent'])} % of {whole['deployments']} deployments failed")
        if whole["median_restore_hours"] is not None:
            facts.append(
                f"the median time from a failed deployment to one that passed is {plain(whole['median_restore_hours'])} hours, "
                f"over {whole['restores']} cases")
        if whole["median_lead_hours"] is not None:
            facts.append(
                f"the median lead time from commit to deployment is {plain(whole['median_lead_hours'])} hours, over "
                f"{whole['commits_deployed']} commits")
        chapters.append("## Jobs\n\n" + table(jobs[:top], [
            ("job", "Job"), ("runs", "Runs"), ("failed", "Failed"), ("failed_percent", "Failed %"),
            ("median_minutes", "Median min"), ("p95_minutes", "95 % min"), ("hours", "Hours"), ("hours_failed", "Of them failed"),
            ("failed_last_four_weeks", "Failed in 4 weeks"), ("last_failure", "Last failure"),
        ], f"Jobs, those that fail most first; below {given['min_runs']} runs last (jobs.sql)"))
        chapters.append("## Flaky jobs\n\n" + (table(flaky[:top], [
            ("job", "Job"), ("commits", "Commits"), ("flaky_commits", "Flaky on"), ("flaky_percent", "Flaky %"),
            ("failures_by_chance", "Failures by chance"), ("failures", "All failures"),
            ("commits_that_always_failed", "Always failed on"),
        ], "Jobs that failed and passed on the same commit (flaky.sql)") or "No job failed and passed on the same commit."))
        if reasons:
            chapters.append("## Reasons\n\n" + table(reasons[:top], [
                ("job", "Job"), ("reason", "Reason"), ("failures", "Failures"), ("share_percent", "Share %"),
                ("commits", "Commits"), ("first_day", "First"), ("last_day", "Last"),
            ], "Messages of failures, without numbers, hashes and paths (reasons.sql)"))
        if whole["deployments"]:
            rows = [
                {"what": "Deployments that passed, a week", "value": whole["deployments_a_week"]},
                {"what": "Deployments that failed, %", "value": whole["change_failure_percent"]},
                {"what": "Time to restore, median", "value": hours(whole["median_restore_hours"])},
                {"what": "Lead time, median", "value": hours(whole["median_lead_hours"])},
                {"what": "Commits deployed", "value": whole["commits_deployed"]},
            ]
            chapters.append("## Deployments\n\n" + table(
                [{"what": row["what"], "value": plain(row["value"])} for row in rows], [("what", "What"), ("value", "Value")],
                "The four measures of delivery (deliveries.sql)"))
    if log["commits"]:
        facts.append(
            f"the git log has {log['commits']} commits by {log['authors']} authors from {log['first_day']} to {log['last_day']}")
        facts.append(
            f"{log['reverts']} commits are reverts and {log['fixes']} commits are fixes by their subject "
            f"({plain(log['fix_percent'])} %)")
        facts.append(f"the busiest week began on {log['busiest_week']} with {log['busiest_commits']} commits")
        chapters.append("## Commits\n\n" + table([{
            **log, "span": f"{log['first_day']} to {log['last_day']}",
        }], [
            ("commits", "Commits"), ("authors", "Authors"), ("span", "Time"), ("days", "Days with commits"),
            ("fixes", "Fixes"), ("fix_percent", "Fix %"), ("reverts", "Reverts"), ("busiest_week", "Busiest week"),
            ("busiest_commits", "Commits in it"),
        ], "The git log; fixes and reverts by their subject (commits.sql)"))
    chapters.append("## Week by week\n\n" + table(weeks[-26:], [
        ("week", "Week of"), ("runs", "Jobs"), ("failed", "Failed"), ("failed_percent", "Failed %"),
        ("deployments", "Deployments"), ("commits", "Commits"),
    ], "The last half year at most (weeks.sql)"))
    dropped = [f"{number} {key.replace('_', ' ')}" for key, number in given["problems"].items() if number]
    chapters.append("## About the data\n\n" + (
        f"Rows that were left out or mended: {', '.join(dropped)}." if dropped else "Every row could be read."))
    write_output({
        "facts": "\n".join(map(sentence, facts)),
        "plain": " ".join(escape(sentence(fact).replace("`", "")) for fact in facts),
        "page": "\n\n".join(chapters),
        "metrics": {**whole, "reverts": log["reverts"], "fixes": log["fixes"], "authors": log["authors"],
                    "flaky": [{key: row[key] for key in ("job", "flaky_commits", "commits")} for row in flaky[:20]],
                    "reasons": [{key: row[key] for key in ("job", "reason", "failures")} for row in reasons[:20]]},
    })


if __name__ == "__main__":
    main()
