# SPDX-License-Identifier: Apache-2.0
"""python3 -m unittest discover -s workflows/itops"""

import unittest

from check import complain, whole_sentences

FACTS = """There are 890 tickets in all, opened from 2016-02-29 to 2016-03-02.
395 tickets (44.4 %) missed their SLA.
Category `Category 45` has 204 tickets (22.9 %).
Category `Category 53` has 166 tickets (18.7 %).
The busiest hour is Wed 11:00 with 62 tickets.
The median time is 44.6 hours for tickets that were never handed on.
The median time is 316.5 hours for tickets that were handed on 3 or more times.
30 of 31 tickets of team `Group 10` missed their SLA (96.8 %), against 42.5 % of all others (lift 2.2).
67 of 85 tickets of the pair `Category 45 + Location 204` missed their SLA (lift 1.8).
27 of 39 tickets of configuration item `mail-gw-02` were reopened (69.2 %), against 7.7 % of all others (lift 5.9).
The estimated cost of handling is 1631768 for 27196.1 hours of work.
The forecast for the week of 2016-03-07 is 22.2 tickets (15.7 to 29)."""

RIGHT = [
    "There are 890 tickets in all, from 2016-02-29 to 2016-03-02.",
    "Between 29 February 2016 and 2 March 2016 came 890 tickets, and 395 of them (44.4%) missed their SLA.",
    "Of 890 tickets 395 missed the SLA.",
    "About 400 tickets missed their SLA, which is 44 %.",
    "A share of 0.444 missed the SLA.",
    "Category 45 leads with 204 tickets (22.9%), and Category 53 has 166 tickets.",
    "category 45 has 204 incidents.",
    "The busiest hour is Wednesday 11:00 with 62 tickets. In 2016 this was 62.",
    "The busiest hour, at 11 am, has 62 tickets.",
    "The median was 44.6 hours for tickets never handed on and 316.5 hours for those handed on 3 or more times.",
    "1. Group 10 missed its SLA in 30 of 31 tickets (96.8 %).\n2. mail-gw-02: 27 of 39 were reopened.",
    "For Group 10, 30 of 31 tickets missed their SLA, a lift of 2.2.",
    "Category 45 with Location 204 has 67 of 85 tickets that missed their SLA.",
    "The cost is 1,631,768 for 27,196 hours of work, or about 1.6 million.",
    "For the week of 2016-03-07 between 15.7 and 29 tickets are expected.",
    "The top 3 causes start with Group 10, with 30 of 31 tickets missing their SLA.",
    "Group 10 has 97% against 42.5% of the others.",
]
WRONG = [
    "There are 891 tickets in all.",
    "395 tickets were reopened.",
    "The number of tickets is 890, and 395 % missed their SLA.",
    "204 % of tickets are in Category 45.",
    "Category 53 has 204 tickets.",
    "Group 12 missed its SLA in 30 of 31 tickets.",
    "The item mail-gw-03 has 27 of 39 reopened.",
    "mail-gw-02 had 27 of 39 tickets that missed their SLA.",
    "The busiest hour is Wednesday 12:00 with 62 tickets.",
    "The busiest hour has 62 hours.",
    "On 2016-03-05 there were 62 tickets.",
    "In April 2016 there were 62 tickets.",
    "In 2017 there were 62 tickets.",
    "The median was 44.6 tickets.",
    "62 tickets were resolved in 44.6 hours.",
    "890 tickets were reopened.",
    "Hundreds of tickets missed their SLA, 395 in all.",
    "30 of 85 tickets missed their SLA.",
    "The lift is 3.2.",
    "About 500 tickets missed their SLA.",
    "The SLA was missed often.",
    "Group 10 missed its SLA in 30 of 31 tickets, against 96.8 % of all others.",
    "For mail-gw-02 69.2 % of all others were reopened.",
    "The median time is 316.5 hours for tickets that were never handed on.",
    "T00012 is one of 62 tickets in the busiest hour.",
    "",
]


class CheckTests(unittest.TestCase):
    def test_right(self):
        for text in RIGHT:
            with self.subTest(text):
                self.assertEqual(complain(text, FACTS), [])

    def test_wrong(self):
        for text in WRONG:
            with self.subTest(text):
                self.assertNotEqual(complain(text, FACTS), [])

    def test_whole_sentences(self):
        self.assertEqual(whole_sentences("One is 3. Two is 4. Three of"), "One is 3. Two is 4.")
        self.assertEqual(whole_sentences("One is 3. It took long (26."), "One is 3.")
        self.assertEqual(whole_sentences("```\nOne is 3.\n```"), "One is 3.")


if __name__ == "__main__":
    unittest.main()
