# SPDX-License-Identifier: Apache-2.0
"""python3 -m unittest discover -s workflows/itops

Tickets with planted themes are generated anew with several seeds; the clusters have to find them.
"""

import csv
import datetime
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

from claims import support
from forecast import backlog_of, foresee, whole_periods
from themes import stem, words

HERE = os.path.dirname(os.path.abspath(__file__))


def pairs(counts):
    return sum(math.comb(number, 2) for number in counts)


def adjusted_rand(a, b):
    """Hubert and Arabie (1985): 1 for the same parts, about 0 for chance."""
    both, rows, columns = {}, {}, {}
    for x, y in zip(a, b):
        both[x, y] = both.get((x, y), 0) + 1
        rows[x] = rows.get(x, 0) + 1
        columns[y] = columns.get(y, 0) + 1
    found, left, right = pairs(both.values()), pairs(rows.values()), pairs(columns.values())
    expected = left * right / math.comb(len(a), 2)
    return (found - expected) / ((left + right) / 2 - expected)


def run(program, given, folder):
    """The outputs of a node's program in a folder."""
    with open(os.path.join(folder, "input.json"), "w", encoding="utf-8") as file:
        json.dump(given, file)
    environment = {**os.environ, "FLOW_INPUT": "input.json", "FLOW_OUTPUT": "output.json", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, os.path.join(HERE, program)], cwd=folder, env=environment, check=True)
    with open(os.path.join(folder, "output.json"), encoding="utf-8") as file:
        return json.load(file)


class ThemeTests(unittest.TestCase):
    def clustered(self, seed, clusters=0):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [sys.executable, os.path.join(HERE, "generate_tickets.py"), "--free-text", "--tickets", "400", "--seed", str(seed),
                 "--out", folder], check=True)
            with open(os.path.join(folder, "tickets_text.csv"), newline="", encoding="utf-8") as file:
                rows = [{key.lower(): value for key, value in row.items()} for row in csv.DictReader(file)]
            with open(os.path.join(folder, "in.csv"), "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            output = run("themes.py", {"tickets": "in.csv", "clusters": clusters}, folder)
            with open(os.path.join(folder, "tickets.csv"), newline="", encoding="utf-8") as file:
                found = {row["id"]: row["theme"] for row in csv.DictReader(file)}
            with open(os.path.join(folder, "tickets_text.planted.json"), encoding="utf-8") as file:
                return output, found, json.load(file)

    def test_planted_themes_are_found(self):
        for seed in (1, 3, 7):
            with self.subTest(seed=seed):
                output, found, truth = self.clustered(seed)
                about = {ticket: name for name, theme in truth["themes"].items() for ticket in theme["tickets"]}
                self.assertGreaterEqual(adjusted_rand([found[key] for key in about], list(about.values())), 0.9)
                self.assertIn(output["themes"], range(7, 10))
                # The label of the theme that most of its tickets went to has a word that it was written with.
                for name, theme in truth["themes"].items():
                    labels = [found[key] for key in theme["tickets"]]
                    label = max(set(labels), key=labels.count)
                    self.assertTrue(any(word in label for word in theme["words"]), (name, label))

    def test_the_same_file_gives_the_same_clusters(self):
        self.assertEqual(self.clustered(1)[:2], self.clustered(1)[:2])

    def test_a_given_number_is_kept(self):
        self.assertLessEqual(self.clustered(1, clusters=3)[0]["themes"], 3)

    def test_without_text_there_are_no_themes(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "in.csv"), "w", encoding="utf-8") as file:
                file.write("id,title,description\n" + "".join(f"{number},Category {number} / Symptom {number},\n" for number in range(50)))
            output = run("themes.py", {"tickets": "in.csv"}, folder)
            self.assertEqual(output["themes"], 0)
            self.assertIn("No themes", output["note"])

    def test_words(self):
        self.assertEqual(words("Crashes on mail-gw-02, T00012: the batteries!"), ["crash", "battery"])
        self.assertEqual([stem(word) for word in ("boxes", "status", "class", "printers")], ["box", "status", "class", "printer"])


class BacklogTests(unittest.TestCase):
    def test_a_backlog_that_grows_by_two_a_week_goes_on_so(self):
        start = datetime.date(2025, 1, 6)
        rows = []
        for week in range(12):
            monday = start + datetime.timedelta(weeks=week)
            rows.append({"grain": "week", "period": monday.isoformat(), "opened": 10, "resolved": 8})
            for day in range(7):
                rows.append({"grain": "day", "period": (monday + datetime.timedelta(days=day)).isoformat(), "opened": 1, "resolved": 1})
        periods = whole_periods(rows, "week")
        self.assertEqual(len(periods), 12)
        levels = backlog_of(rows, "week", periods)
        self.assertEqual(levels[:3] + levels[-1:], [2.0, 4.0, 6.0, 24.0])
        name, error, tried, steps = foresee(levels, "week")
        self.assertEqual((name, round(error, 6)), ("straight line", 0))
        self.assertEqual([step[0] for step in steps], [26.0, 28.0, 30.0, 32.0])
        self.assertTrue(all(low <= value <= high for value, low, high in steps))
        self.assertEqual(len(tried), 4)

    def test_the_interval_is_as_wide_as_the_errors(self):
        levels = [10.0, 14.0] * 8
        _, _, _, steps = foresee(levels, "week")
        for value, low, high in steps:
            self.assertLessEqual(low, value)
            self.assertGreater(high - low, 1)


class ClaimTests(unittest.TestCase):
    FACTS = ["There are 300 tickets in all.", "12 tickets were reopened.", "Theme `a, b` has 46 tickets (15.3 %)."]

    def test_support(self):
        self.assertEqual(support("12 tickets were reopened.", self.FACTS), [1])
        self.assertEqual(support("Theme a, b has 46 tickets.", self.FACTS), [2])
        self.assertEqual(support("Of 300 tickets 12 were reopened.", self.FACTS), [0, 1])
        self.assertEqual(support("13 tickets were reopened.", self.FACTS), [])


if __name__ == "__main__":
    unittest.main()
