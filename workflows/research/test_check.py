# SPDX-License-Identifier: Apache-2.0
"""python3 -m unittest discover -s workflows/research"""

import unittest

from check import clean, complain

FACTS = """The table nile.csv has 100 rows.
The flow has 100 values with a mean of 919.4, a median of 893.5 and a standard deviation of 169.2.
The least flow is 456, in 1913; the greatest is 1370, in 1879.
A straight line by least squares gives the flow a trend of -2.71 per unit of year, with a standard error of 0.522 (p below 0.0001).
The step that fits the flow best by least squares is at 1899: the mean is 1098 before it and 850 from it on, a change of -22.6 %.
By ranks (Pettitt) the flow changes most at 1899, with K = 1617 (p below 0.0001)."""

RIGHT = [
    "The mean of the flow is 919.4 and its median 893.5, over 100 rows of the table, so the two are close together.",
    "The mean flow was 1098 before 1899 and 850 from then on, which is a fall of 22.6 % of the earlier flow.",
    "The trend is -2.7 per year, with a standard error of 0.52 (p below 0.0001), as a straight line by least squares has it.",
    "As Figure 1 shows, the flow fell by 23 percent in 1899, which is the largest change that the ranks find in the series.",
    "The lowest flow, 456, came in 1913, and the highest, 1370, came in 1879, long before the step that was found.",
]
WRONG = [
    "The mean of the flow is 921.4 over 100 rows of the table, and the median is lower than that by some part.",
    "The mean flow was 893.5 before the step, and it was lower from then on, as all of the tests that were made have shown.",
    "The flow fell in 1902, after the dam was built, as the step shows that fits the series of the flow best of all.",
    "The step is significant with p < 0.05, as all of the tests that were made on the flow of the river have shown here.",
    "As Figure 3 shows, the flow fell by 23 percent in 1899, which is the largest change in the whole series of flows.",
    "The mean flow is 919.4, as Cobb et al. have found before, and nothing else is known of the flow of this river.",
    "The flow has a mean of [value], which is a number that the reader may find in the table at the end of this paper.",
    "The mean of the flow is 919.4 here. The mean of the flow is 919.4 here. The mean of the flow is 919.4 here, too.",
    "Hundreds of values were looked at, and all of them were of the kind that one would expect of a river in the south.",
    "Short.",
    "",
]


class CheckTests(unittest.TestCase):
    def test_right(self):
        for text in RIGHT:
            with self.subTest(text):
                self.assertEqual(complain("results", text, FACTS, "", 2), [])

    def test_wrong(self):
        for text in WRONG:
            with self.subTest(text):
                self.assertNotEqual(complain("results", text, FACTS, "", 2), [])

    def test_numbers_of_the_idea(self):
        text = "It is asked whether the flow fell after 1902, when the dam was built, with 500 draws of the years by chance to judge it."
        self.assertNotEqual(complain("introduction", text, FACTS, "", 0), [])
        self.assertEqual(complain("introduction", text, FACTS, "Idea: the dam of 1902; 500 draws.", 0), [])
        self.assertNotEqual(complain("results", text, FACTS, "Idea: the dam of 1902; 500 draws.", 0), [])

    def test_clean(self):
        self.assertEqual(clean("## Introduction\n\nIt is so. And then it", "introduction"), "It is so.")
        self.assertEqual(clean("### What was found by all of the tests\n\nIt is so.", "results"), "It is so.")
        self.assertEqual(clean("```markdown\nIt is so.\n```", "results"), "It is so.")
        self.assertEqual(clean("```markdown\nIt is so.", "results"), "It is so.")
        program = "```python\nimport this\nx = 1\n"
        for fence in (program, program + "```", program + "```\n"):
            for lead in ("", "Here is a program that does it:\n\n"):
                self.assertEqual(clean(f"The data are read.\n\n{lead}{fence}", "methods"), "The data are read.")
        self.assertEqual(
            clean(f"The data are read.\n\n{program}```\nThen they are fitted.", "methods"),
            "The data are read.\n\nThen they are fitted.")
        self.assertEqual(
            clean("1. Read.\n\n   ```python\n   import this\n   ```\n\n2. Fit.", "methods"), "1. Read.\n\n2. Fit.")
        self.assertEqual(clean("Here is the introduction:\n\nIt is so.", "introduction"), "It is so.")


if __name__ == "__main__":
    unittest.main()
