# SPDX-License-Identifier: Apache-2.0
"""Brings a log of CI jobs and a git log to one set of columns each.

Input: runs (CSV, or empty), git (a file, or empty), mapping, deploy_pattern. Output: runs, commits, dropped, problems, and the
artifacts runs.csv and commits.csv.
"""

import csv
import datetime
import re

from node import read_input, stop, write_output, write_table

RUN_COLUMNS = [
    "row_no", "run", "job", "branch", "commit_hash", "status", "failed", "is_deploy", "started", "finished", "day", "week",
    "minutes", "attempt", "message", "reason",
]
COMMIT_COLUMNS = ["row_no", "commit_hash", "authored", "committed", "day", "week", "author", "subject", "is_revert", "is_fix"]
# Our names: the names that logs use, the first that is there counts.
KNOWN = {
    "run": ["run", "run_id", "databaseid", "id", "pipeline_id", "build", "build_id"],
    "job": ["job", "job_name", "name", "workflowname", "workflow", "stage", "task", "pipeline"],
    "branch": ["branch", "headbranch", "ref", "git_branch"],
    "commit_hash": ["commit", "headsha", "sha", "commit_sha", "commit_hash", "revision"],
    "status": ["conclusion", "status", "result", "outcome", "state"],
    "started": ["started", "startedat", "started_at", "start", "start_time", "createdat", "created_at", "created"],
    "finished": ["finished", "finishedat", "finished_at", "completed_at", "completedat", "updatedat", "end", "end_time", "ended"],
    "attempt": ["attempt", "run_attempt", "retry"],
    "message": ["message", "error", "reason", "failure", "log"],
}
PASSED = {"success", "succeeded", "passed", "pass", "ok", "green", "completed", "true"}
FAILED = {"failure", "failed", "fail", "error", "errored", "red", "timed_out", "timeout", "broken", "false"}


def moment(text):
    if not text:
        return None
    text = text.strip().replace("Z", "+00:00")
    for form in (None, "%d.%m.%Y %H:%M", "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M", "%Y/%m/%d %H:%M:%S"):
        try:
            found = datetime.datetime.fromisoformat(text) if form is None else datetime.datetime.strptime(text, form)
        except ValueError:
            continue
        return found.astimezone(datetime.timezone.utc).replace(tzinfo=None) if found.tzinfo else found
    return None


def iso(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S") if time else None


def week_of(time):
    return (time.date() - datetime.timedelta(days=time.weekday())).isoformat() if time else None


def reason_of(message):
    """A message without what is another one each time: numbers, hashes, paths, quoted words."""
    text = (message or "").strip().splitlines()[0] if (message or "").strip() else ""
    text = re.sub(r"\b[0-9a-f]{7,40}\b", "…", text)
    text = re.sub(r"(?:/[\w.@-]+)+", "PATH", text)
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", text)
    text = re.sub(r"\d+(?:\.\d+)*", "N", text)
    return " ".join(text.split())[:120]


def columns_of(header, mapping):
    lower = {title.strip().lower(): title for title in header}
    chosen = {}
    for target, names in KNOWN.items():
        if target in mapping:
            if mapping[target] not in header:
                stop(f'mapping of "{target}": the file has no column "{mapping[target]}". It has: {", ".join(header)}')
            chosen[target] = mapping[target]
        else:
            chosen[target] = next((lower[name] for name in names if name in lower), None)
    wrong = set(mapping) - set(KNOWN)
    if wrong:
        stop(f"mapping names {', '.join(sorted(wrong))}; there are {', '.join(KNOWN)}")
    missing = [target for target in ("job", "status", "started") if chosen[target] is None]
    if missing:
        stop(f"no column for {', '.join(missing)}: the file has {', '.join(header)}. Give the input `mapping`.")
    return chosen


def read_runs(path, mapping, pattern):
    csv.field_size_limit(16 * 1024 * 1024)
    rows, problems = [], {"without_time": 0, "without_job": 0, "neither_passed_nor_failed": 0, "end_before_start": 0}
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        chosen = columns_of(reader.fieldnames or [], mapping)

        def value(row, target):
            return (row.get(chosen[target]) or "").strip() if chosen[target] else ""

        for number, row in enumerate(reader, start=1):
            job, status = value(row, "job"), value(row, "status").lower()
            started, finished = moment(value(row, "started")), moment(value(row, "finished"))
            if not job:
                problems["without_job"] += 1
                continue
            if started is None:
                problems["without_time"] += 1
                continue
            if status not in PASSED | FAILED:
                # Cancelled, skipped, running: it says nothing of the job.
                problems["neither_passed_nor_failed"] += 1
                continue
            if finished is not None and finished < started:
                problems["end_before_start"] += 1
                finished = None
            attempt = value(row, "attempt")
            rows.append({
                "row_no": number, "run": value(row, "run") or str(number), "job": job, "branch": value(row, "branch"),
                "commit_hash": value(row, "commit_hash"), "status": "failed" if status in FAILED else "passed",
                "failed": int(status in FAILED), "is_deploy": int(pattern.lower() in job.lower()), "started": iso(started),
                "finished": iso(finished), "day": started.date().isoformat(), "week": week_of(started),
                "minutes": round((finished - started).total_seconds() / 60, 3) if finished else None,
                "attempt": int(attempt) if attempt.isdigit() else None, "message": value(row, "message")[:400],
                "reason": reason_of(value(row, "message")) if status in FAILED else None,
            })
    return rows, problems


def read_commits(path):
    rows, unreadable = [], 0
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            parts = line.rstrip("\n").split("\t")
            authored = moment(parts[1]) if len(parts) >= 5 else None
            if authored is None or not re.fullmatch(r"[0-9a-f]{7,64}", parts[0]):
                unreadable += 1
                continue
            subject = "\t".join(parts[4:])
            rows.append({
                "row_no": number, "commit_hash": parts[0], "authored": iso(authored), "committed": iso(moment(parts[2])),
                "day": authored.date().isoformat(), "week": week_of(authored), "author": parts[3], "subject": subject[:200],
                "is_revert": int(bool(re.match(r"revert\b", subject, re.I))),
                "is_fix": int(bool(re.search(r"\b(?:fix|fixes|fixed|bug|repair|mend|hotfix)\b", subject, re.I))),
            })
    if not rows:
        stop("no line of the git log can be read; make it with git log --date=iso-strict "
             "--pretty=format:'%H%x09%aI%x09%cI%x09%an%x09%s'")
    return rows, unreadable


def main():
    given = read_input()
    runs, problems, commits = [], {}, []
    if given.get("runs"):
        runs, problems = read_runs(given["runs"], given.get("mapping") or {}, given["deploy_pattern"])
        if not runs:
            stop(f"no row of the CI log has a job, a time and a result that can be read: {problems}")
    if given.get("git"):
        commits, unreadable = read_commits(given["git"])
        problems["unreadable_commits"] = unreadable
    write_table("runs.csv", RUN_COLUMNS, runs)
    write_table("commits.csv", COMMIT_COLUMNS, commits)
    write_output({
        "runs": len(runs), "commits": len(commits), "problems": problems,
        "dropped": sum(problems.get(key, 0) for key in ("without_time", "without_job", "neither_passed_nor_failed")),
    })


if __name__ == "__main__":
    main()
