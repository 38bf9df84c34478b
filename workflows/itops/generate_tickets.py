# SPDX-License-Identifier: Apache-2.0
"""Makes a ticket export with known root causes, so that an analysis can be checked against the truth.

    python3 generate_tickets.py [--seed 7] [--tickets 600] [--weeks 26] [--out samples]

Writes tickets.csv and tickets.planted.json. The same seed gives the same bytes on every machine.
"""

import argparse
import csv
import datetime
import json
import os
import random

START = datetime.datetime(2025, 1, 6)
PLANTED = [
    {
        "rank_within": 3, "attribute": "ci", "value": "mail-gw-02", "outcome": "sla_missed",
        "what": "Tickets on the mail gateway mail-gw-02 miss their SLA in 80 of 100 cases; others in 9.",
    },
    {
        "rank_within": 3, "attribute": "location", "value": "Lyon", "outcome": "long",
        "what": "Tickets from Lyon take seven times as long in 75 of 100 cases.",
    },
    {
        "rank_within": 3, "attribute": "group", "value": "Desktop South", "outcome": "reopened",
        "what": "Tickets solved by Desktop South are reopened in 55 of 100 cases; others in 3.",
    },
]
# category: weight, groups, CIs, titles
CATEGORIES = {
    "Email": (20, ["Messaging"], ["mail-gw-01", "mail-gw-02", "mail-gw-03", "exchange-01"],
              ["Mail delivery delayed", "Mailbox full", "Cannot send attachments", "Spam filter blocks sender"]),
    "Network": (16, ["Network Ops"], ["vpn-01", "switch-12", "wifi-hq"],
                ["VPN drops every hour", "No network at desk", "Wi-Fi slow in meeting room"]),
    "Hardware": (20, ["Desktop North", "Desktop South", "Desktop West"], ["laptop", "printer-3f", "dock"],
                 ["Laptop does not start", "Printer jam", "Docking station not recognised", "Screen flickers"]),
    "Software": (22, ["Desktop North", "Desktop South", "Desktop West", "Applications"], ["office", "erp", "crm"],
                 ["Application crashes at start", "License expired", "ERP report fails", "Update breaks add-in"]),
    "Access": (16, ["Identity"], ["sso", "directory"],
               ["Password reset", "Account locked", "No access to shared folder"]),
    "Database": (6, ["Applications", "Data Platform"], ["db-prod-1", "db-prod-2"],
                 ["Query times out", "Nightly load failed"]),
}
LOCATIONS = {"Berlin": 26, "Lyon": 14, "Madrid": 18, "Porto": 14, "Remote": 28}
PRIORITIES = {"1 - Critical": (4, 3), "2 - High": (14, 8), "3 - Moderate": (54, 22), "4 - Low": (28, 40)}
HOURS = [1, 1, 1, 1, 1, 2, 4, 9, 16, 18, 15, 11, 8, 12, 14, 12, 9, 6, 3, 2, 2, 1, 1, 1]
WEEKDAYS = [24, 20, 18, 17, 14, 4, 3]


def pick(random_, weights):
    return random_.choices(list(weights), [w if isinstance(w, int) else w[0] for w in weights.values()])[0]


def ticket(random_, number, weeks):
    # Volume grows by about a third over the whole time.
    week = random_.choices(range(weeks), [30 + 10 * index / weeks for index in range(weeks)])[0]
    day = random_.choices(range(7), WEEKDAYS)[0]
    hour = random_.choices(range(24), HOURS)[0]
    created = START + datetime.timedelta(weeks=week, days=day, hours=hour, minutes=random_.randrange(60))
    category = pick(random_, CATEGORIES)
    _, groups, items, titles = CATEGORIES[category]
    group, item, location = random_.choice(groups), random_.choice(items), pick(random_, LOCATIONS)
    priority = pick(random_, PRIORITIES)
    hours = PRIORITIES[priority][1] * random_.lognormvariate(0, 0.45)
    if location == "Lyon" and random_.random() < 0.75:
        hours *= 7
    missed = random_.random() < (0.80 if item == "mail-gw-02" else 0.09)
    reopened = int(random_.random() < (0.55 if group == "Desktop South" else 0.03))
    passes = random_.choices([0, 1, 2, 3], [62, 24, 10, 4])[0]
    hours *= 1 + 0.25 * passes
    title = random_.choice(titles)
    return {
        "ID": f"T{number:05d}",
        "Title": title,
        "Description": f"{title}, {item}, reported from {location}.",
        "Status": "Closed",
        "Priority": priority,
        "Category": category,
        "Created": created,
        "Resolved": created + datetime.timedelta(minutes=round(hours * 60)),
        "Group": group,
        "Location": location,
        "CI": item,
        "Contact": random_.choices(["Phone", "Self-service", "Email"], [45, 40, 15])[0],
        "Reassignments": passes,
        "Reopened": reopened,
        "SLA_met": "no" if missed else "yes",
    }


def spoil(random_, rows, weeks):
    """Faults that real exports have; returns how many there are of each."""
    end = START + datetime.timedelta(weeks=weeks)
    still_open = 0
    for row in rows:
        if row["Resolved"] >= end:
            row["Resolved"], row["Status"] = "", "Open"
            still_open += 1
    # Only tickets that no planted cause touches, so that the truth stays as written.
    calm = [
        row for row in rows
        if row["Location"] != "Lyon" and row["CI"] != "mail-gw-02" and row["Group"] != "Desktop South" and row["Resolved"]
    ]
    victims = random_.sample(calm, 6)
    for row in victims[:3]:
        row["Created"] = ""
    victims[3]["ID"] = ""
    for row in victims[4:]:
        row["Resolved"] = row["Created"] - datetime.timedelta(hours=2)
    return {"without_created": 3, "without_id": 1, "resolved_before_created": 2, "still_open": still_open}


def main():
    parser = argparse.ArgumentParser(description="Makes a ticket export with known root causes.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tickets", type=int, default=600)
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--out", default="samples")
    options = parser.parse_args()
    random_ = random.Random(options.seed)
    rows = [ticket(random_, 0, options.weeks) for _ in range(options.tickets)]
    rows.sort(key=lambda row: row["Created"])
    for number, row in enumerate(rows, start=1):
        row["ID"] = f"T{number:05d}"
    faults = spoil(random_, rows, options.weeks)
    for row in rows:
        for key in ("Created", "Resolved"):
            if row[key]:
                row[key] = row[key].strftime("%Y-%m-%d %H:%M")
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "tickets.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    truth = {
        "seed": options.seed, "tickets": options.tickets, "weeks": options.weeks, "planted": PLANTED, "faults": faults,
    }
    with open(os.path.join(options.out, "tickets.planted.json"), "w", encoding="utf-8") as file:
        json.dump(truth, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
