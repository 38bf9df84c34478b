# SPDX-License-Identifier: Apache-2.0
"""PYTHONPATH=workflows/itops python3 -m unittest discover -s workflows/arxiv"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../itops"))

from find import fault_of, find, key_of  # noqa: E402


class FindTests(unittest.TestCase):
    def test_ids(self):
        text = (
            "arXiv:1807.06209v2, arxiv.org/abs/1807.06209v4 and https://arxiv.org/pdf/hep-th/9901001v1.pdf; math.GT/0309136; "
            "arXiv:0704.0001. Pi is 3.14159 and 1501.00001 is a number; 1501.00002v1 is none."
        )
        papers, skipped = find(text, [])
        self.assertEqual(list(papers), ["1807.06209", "hep-th/9901001", "math/0309136", "0704.0001", "1501.00002"])
        self.assertEqual(papers["1807.06209"]["version"], 4)
        self.assertEqual(skipped, {})

    def test_what_only_looks_like_an_id_is_refused(self):
        papers, skipped = find("arXiv:1813.00001, arXiv:1501.0001, arXiv:0603.0001, hep-ph/0799001", [])
        self.assertEqual(papers, {})
        self.assertEqual(list(skipped), ["1813.00001", "1501.0001", "0603.0001", "hep-ph/0799001"])

    def test_a_bare_number_counts_when_its_paper_is_at_hand(self):
        self.assertEqual(list(find("See 1501.00001.", ["1501.00001v3.pdf"])[0]), ["1501.00001"])

    def test_names_and_dates(self):
        self.assertEqual(key_of("arXiv-1807.06209v1.pdf"), "1807.06209")
        self.assertEqual(key_of("hep-th_9901001.txt"), "hep-th/9901001")
        self.assertIsNone(key_of("notes.pdf"))
        self.assertIsNone(fault_of("1412.9999"))
        self.assertIsNotNone(fault_of("1412.99999"))


if __name__ == "__main__":
    unittest.main()
