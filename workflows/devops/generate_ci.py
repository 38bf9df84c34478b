# SPDX-License-Identifier: Apache-2.0
"""Makes a log of CI jobs and a git log with known faults, so that an analysis can be checked against the truth.

    python3 generate_ci.py [--seed 5] [--commits 180] [--out samples]

Writes ci.csv, git-log.tsv and ci.planted.json. The same seed gives the same bytes on every machine.
"""

import argparse
import csv
import datetime
import hashlib
import json
import os
import random

START = datetime.datetime(2025, 3, 3, 8, 0)
AUTHORS = ["Ana Ruiz", "Bo Larsen", "Chloe Petit", "Deniz Kaya"]
SUBJECTS = [
    "Add a filter to the order list", "Fix rounding of totals", "Speed up the search", "Update the dependencies",
    "Repair the export of invoices", "Show the delivery date", "Rename the customer table", "Document the API",
    "Fix a crash on empty baskets", "Let users change their mail address",
]
# job: minutes, share of commits that break it, share of runs that fail by chance, messages
JOBS = {
    "lint": (2, 0.03, 0.0, ["style: line {} is too long"]),
    "unit tests": (6, 0.06, 0.01, ["AssertionError: expected {} but got {}"]),
    "integration tests": (18, 0.05, 0.18, ["TimeoutError: no answer from service after {} s", "connection refused by 10.0.0.{}:5432"]),
    "build image": (9, 0.02, 0.01, ["no space left on device (run {})"]),
}


def main():
    parser = argparse.ArgumentParser(description="Makes a CI log with known faults.")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--commits", type=int, default=180)
    parser.add_argument("--out", default="samples")
    options = parser.parse_args()
    chance = random.Random(f"{options.seed}/ci")
    rows, commits, leads = [], [], []
    truth = {"flaky": {}, "failed": {}, "deployments": 0, "deployments_failed": 0}
    time, waiting, run = START, [], 1000
    for number in range(options.commits):
        time += datetime.timedelta(minutes=chance.randrange(60, 900))
        while time.weekday() > 4 or not 7 <= time.hour < 19:
            time += datetime.timedelta(hours=1)
        commit = hashlib.sha1(f"{options.seed}/{number}".encode()).hexdigest()
        subject = chance.choice(SUBJECTS)
        if number and chance.random() < 0.03:
            subject = f"Revert \"{chance.choice(SUBJECTS)}\""
        commits.append((commit, time, chance.choice(AUTHORS), subject))
        passed, moment = True, time + datetime.timedelta(minutes=3)
        for job, (minutes, broken_share, chance_share, messages) in JOBS.items():
            broken = chance.random() < broken_share
            results = []
            for attempt in range(1, 4):
                run += 1
                failed = broken or chance.random() < chance_share
                length = minutes * chance.uniform(0.8, 1.3)
                message = ""
                if failed:
                    message = chance.choice(messages)
                    while "{}" in message:
                        message = message.replace("{}", str(chance.randrange(2, 250)), 1)
                rows.append([run, job, "main", commit, "failure" if failed else "success", moment,
                             moment + datetime.timedelta(minutes=length), attempt, message])
                truth["failed"][job] = truth["failed"].get(job, 0) + failed
                results.append(failed)
                moment += datetime.timedelta(minutes=length + 1)
                # Somebody starts it again, to see whether it was chance.
                if not failed or chance.random() < 0.4:
                    break
            if any(results) and not all(results):
                truth["flaky"][job] = truth["flaky"].get(job, 0) + 1
            passed = passed and not results[-1]
        if not passed:
            continue
        waiting.append((commit, time))
        if chance.random() < 0.35:
            # A deployment of the newest commit; one in eight fails and is made again an hour and a half later.
            moment += datetime.timedelta(minutes=chance.randrange(20, 240))
            for attempt in (1, 2):
                run += 1
                failed = attempt == 1 and chance.random() < 0.125
                end = moment + datetime.timedelta(minutes=7)
                rows.append([run, "deploy production", "main", commit, "failure" if failed else "success", moment, end, attempt,
                             "health check failed after 60 s" if failed else ""])
                truth["deployments"] += 1
                truth["deployments_failed"] += failed
                if not failed:
                    leads.append((end - time).total_seconds() / 3600)
                    break
                moment = end + datetime.timedelta(minutes=90)
            waiting = []
    rows.sort(key=lambda row: (row[5], row[0]))
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "ci.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run_id", "job", "branch", "commit", "status", "started_at", "finished_at", "attempt", "message"])
        for row in rows:
            writer.writerow(row[:5] + [row[5].strftime("%Y-%m-%dT%H:%M:%SZ"), row[6].strftime("%Y-%m-%dT%H:%M:%SZ")] + row[7:])
    with open(os.path.join(options.out, "git-log.tsv"), "w", encoding="utf-8") as file:
        for commit, moment, author, subject in reversed(commits):
            when = moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
            file.write(f"{commit}\t{when}\t{when}\t{author}\t{subject}\n")
    leads.sort()
    middle = len(leads) // 2
    truth["runs"], truth["commits"] = len(rows), len(commits)
    truth["median_lead_hours"] = round(leads[middle] if len(leads) % 2 else (leads[middle - 1] + leads[middle]) / 2, 1)
    truth["reverts"] = sum(subject.startswith("Revert") for _, _, _, subject in commits)
    with open(os.path.join(options.out, "ci.planted.json"), "w", encoding="utf-8") as file:
        json.dump(truth, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
