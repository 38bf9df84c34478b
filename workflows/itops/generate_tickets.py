# SPDX-License-Identifier: Apache-2.0
"""Makes a ticket export with known root causes, so that an analysis can be checked against the truth.

    python3 generate_tickets.py [--seed 7] [--tickets 600] [--weeks 26] [--out samples] [--free-text]

Writes tickets.csv and tickets.planted.json. With --free-text: tickets_text.csv and tickets_text.planted.json, whose titles
and descriptions people could have typed, about planted themes that no column names. The same seed gives the same bytes
on every machine.
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


# What free text is about: the words that tell it, titles and descriptions. {} is a detail.
THEMES = {
    "vpn": (["vpn", "tunnel"], 15, [
        "VPN keeps dropping", "vpn connection lost again", "Cannot stay connected to VPN", "VPN tunnel disconnects",
        "VPN client hangs at connecting", "no vpn from home office",
    ], [
        "The VPN tunnel drops after {} minutes and I have to reconnect.",
        "Working from home, the vpn disconnects during calls. Client version {}.",
        "VPN client shows a timeout while connecting, about {} times today.",
        "Tunnel is up but after {} minutes the vpn connection is lost.",
    ]),
    "password": (["password", "account", "locked", "login"], 16, [
        "Password expired", "Locked out of my account", "account locked after vacation", "Need a password reset",
        "Cannot log in, password not accepted", "Login blocked",
    ], [
        "After {} wrong attempts my account is locked, please unlock it.",
        "I changed the password {} days ago and now the login refuses it.",
        "Account locked, password reset link does not arrive.",
        "My login says the password has expired and I cannot set a new password.",
    ]),
    "printer": (["printer", "paper", "toner", "print"], 13, [
        "Printer jam on floor {}", "printer out of toner", "Cannot print invoices", "Paper jam again",
        "Print queue stuck", "Printer prints blank pages",
    ], [
        "The printer on floor {} jams every few pages, paper tray checked.",
        "Toner is empty and the printer blinks since {} hours.",
        "Print jobs stay in the queue, the printer shows paper jam.",
        "Everything I print comes out blank, toner was replaced {} days ago.",
    ]),
    "mailbox": (["mailbox", "mail", "attachment", "outlook"], 14, [
        "Mailbox full", "Outlook cannot send mail", "Attachment too large", "mail with attachment bounces",
        "Mailbox quota exceeded", "Outlook search finds no mail",
    ], [
        "My mailbox has {} GB and Outlook refuses to send any mail.",
        "Mail with an attachment of {} MB comes back undelivered.",
        "Outlook says the mailbox quota is exceeded, archive does not run.",
        "A customer did not get the attachment, the mail bounced {} times.",
    ]),
    "invoice": (["invoice", "erp", "posting", "booking"], 14, [
        "ERP invoice posting fails", "Invoice booking error", "Cannot post invoice in ERP", "posting run stopped",
        "ERP error when booking an invoice", "Wrong tax code on invoice posting",
    ], [
        "Posting the invoice stops with ERP error {}.",
        "The ERP posting run ended with {} invoices not booked.",
        "Booking of supplier invoice fails, ERP says period closed.",
        "Invoice cannot be posted: tax code {} is refused by the ERP.",
    ]),
    "battery": (["laptop", "battery", "dock", "charging"], 12, [
        "Laptop battery does not charge", "Laptop dies without power supply", "battery swollen",
        "Docking station does not charge laptop", "Laptop battery empty after {} minutes", "Dock and laptop: no charging",
    ], [
        "The laptop battery goes from full to empty in {} minutes.",
        "Laptop is not charging in the dock, the battery stays at {} percent.",
        "Battery of the laptop is hot and charging stops.",
        "With the dock the laptop shows charging but the battery gets lower.",
    ]),
    "backup": (["backup", "disk", "space", "server"], 9, [
        "Backup failed on server", "Disk space low on file server", "nightly backup did not finish", "Backup disk full",
        "Server disk almost full", "Backup job aborted",
    ], [
        "The nightly backup of the server aborted, the disk has {} GB left.",
        "Disk space on the server is below {} percent, backup will fail.",
        "Backup job ended with a write error, target disk is full.",
        "Server backup is {} hours late and disk space is low.",
    ]),
}
NOISE = [
    "Chair squeaks", "Where is the canteen menu", "Request for a second monitor", "Name plate is wrong",
    "Question on travel expenses", "New colleague starts Monday", "Projector bulb burnt out", "Please rename my team site",
    "Headset microphone too quiet", "Elevator badge reader beeps",
]


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


def typo(random_, text):
    """Two letters changed for each other, as happens to those who type fast."""
    place = random_.randrange(1, max(2, len(text) - 2))
    return text[:place] + text[place + 1:place + 2] + text[place] + text[place + 2:]


def written(random_, number, weeks):
    """A ticket that somebody typed, and the theme it is about (None: about nothing that recurs)."""
    theme = random_.choices([*THEMES, None], [entry[1] for entry in THEMES.values()] + [7])[0]
    row = ticket(random_, number, weeks)
    detail = str(random_.choice([2, 3, 4, 5, 7, 10, 12, 15, 20, 30, 45]))
    if theme is None:
        title, text = random_.choice(NOISE), random_.choice(["", "Thanks!", "See title."])
    else:
        _, _, titles, texts = THEMES[theme]
        title, text = random_.choice(titles).replace("{}", detail), random_.choice(texts).replace("{}", detail)
    if theme == "vpn" and random_.random() < 0.6:
        # It grows: six of ten come in the last four weeks.
        row["Created"] = START + datetime.timedelta(
            weeks=weeks - 1 - random_.randrange(4), days=random_.randrange(5), hours=random_.choices(range(24), HOURS)[0])
    row["SLA_met"] = "no" if random_.random() < (0.75 if theme == "invoice" else 0.08) else "yes"
    hours = PRIORITIES[row["Priority"]][1] * random_.lognormvariate(0, 0.45)
    row["Resolved"] = row["Created"] + datetime.timedelta(minutes=round(hours * 60))
    row["Reopened"] = int(random_.random() < 0.04)
    shape = random_.random()
    if shape < 0.1:
        title = title.upper()
    elif shape < 0.25:
        title = random_.choice(["URGENT: ", "Re: ", "FW: ", "Please help - "]) + title
    if random_.random() < 0.08:
        title = typo(random_, title)
    if random_.random() < 0.3:
        text += f" Regards, {random_.choice(['Ana', 'Bo', 'Chloe', 'Deniz', 'Emeka'])}"
    row["Title"], row["Description"], row["Category"] = title, text.strip(), random_.choice(["Incident", "Request"])
    for column in ("CI", "Group"):
        row[column] = ""
    return row, theme


def free_text(options):
    random_ = random.Random(f"{options.seed}/text")
    found = [written(random_, 0, options.weeks) for _ in range(options.tickets)]
    found.sort(key=lambda entry: entry[0]["Created"])
    end = START + datetime.timedelta(weeks=options.weeks)
    rows, about = [], {theme: [] for theme in [*THEMES, "none"]}
    for number, (row, theme) in enumerate(found, start=1):
        row["ID"] = f"W{number:05d}"
        about[theme or "none"].append(row["ID"])
        if row["Resolved"] >= end:
            row["Resolved"], row["Status"] = "", "Open"
        for key in ("Created", "Resolved"):
            if row[key]:
                row[key] = row[key].strftime("%Y-%m-%d %H:%M")
        rows.append(row)
    truth = {
        "seed": options.seed, "tickets": options.tickets, "weeks": options.weeks,
        "themes": {theme: {"words": THEMES[theme][0], "tickets": about[theme]} for theme in THEMES},
        "without_theme": about["none"],
        "planted": [
            {"theme": "invoice", "outcome": "sla_missed", "what": "75 of 100 miss their SLA; of others 8."},
            {"theme": "vpn", "what": "Six of ten come in the last four weeks."},
        ],
    }
    save(options, "tickets_text", rows, truth)


def save(options, name, rows, truth):
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, f"{name}.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with open(os.path.join(options.out, f"{name}.planted.json"), "w", encoding="utf-8") as file:
        json.dump(truth, file, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description="Makes a ticket export with known root causes.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tickets", type=int, default=600)
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--out", default="samples")
    parser.add_argument("--free-text", action="store_true")
    options = parser.parse_args()
    if options.free_text:
        free_text(options)
        return
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
    truth = {
        "seed": options.seed, "tickets": options.tickets, "weeks": options.weeks, "planted": PLANTED, "faults": faults,
    }
    save(options, "tickets", rows, truth)


if __name__ == "__main__":
    main()
