# SPDX-License-Identifier: Apache-2.0
"""Tests of the parts of this mode that need no workflow: python3 -m unittest discover -s workflows/rfp_sow"""

import copy
import json
import os
import sys
import tempfile
import unittest
from decimal import Decimal

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import checklist  # noqa: E402
import cost  # noqa: E402
import requirements  # noqa: E402
import source  # noqa: E402
import text  # noqa: E402
from stage import Stage  # noqa: E402
from stage_execution import milestones_of  # noqa: E402
from stage_implementation import allot  # noqa: E402


def paragraphs(markdown, is_markdown=True):
    found = source.Paragraphs()
    source.read_lines(markdown, found, is_markdown)
    return [{"number": number, "place": source.place(row), **row} for number, row in enumerate(found.rows, start=1)]


class Numbers(unittest.TestCase):
    def test_a_number_must_be_in_the_facts_with_its_unit(self):
        facts = "The period is 4 months (16 weeks). 1,200.50 USD. R012: at most 3 pages."
        for good in ("It takes 16 weeks.", "Four months are planned.", "It costs 1200.5 USD.", "OAuth 2.0 over TLS 1.3 is used."):
            self.assertEqual(text.strange_numbers(good, facts), [], good)
        for bad in ("It takes 16 months.", "Five people work on it.", "99 percent of requests.", "It costs 1,201 USD."):
            self.assertNotEqual(text.strange_numbers(bad, facts), [], bad)

    def test_faults(self):
        for good in ("The service books berths.", "The agency’s service books berths.",
                     "The offer has at most 3 pages for each part."):
            self.assertEqual(text.fault(good, "3 pages"), "", good)
        for bad in ("", "ok", "The date is TBD.", "Signed by [Name of company] here.", "It is cut (cut)", "The budget is 5 USD.",
                    "The supplier's knowledge and the facts do not say, a sentence each, at most 3.", "The risks, the worst first.",
                    "The service books berths for all skippers that come in the season and writes them to the register, so"):
            self.assertNotEqual(text.fault(bad, ""), "", bad)

    def test_a_cell_cannot_break_a_table(self):
        row = text.table(["A", "B"], [[text.escape("a | b"), "3. c"]]).split("\n")[2]
        self.assertEqual(row, r"| a \| b | 3 c |")


class Sentences(unittest.TestCase):
    def test_repeated(self):
        said = "The office awards the order. It reads the offer! The order is awarded to one."
        self.assertEqual(text.once(said), said)
        self.assertEqual(text.once(said + " The  office awards the order. THE ORDER IS AWARDED TO ONE."), said)
        self.assertEqual(text.once("Yes. No. Yes."), "Yes. No. Yes.")


class Reading(unittest.TestCase):
    def test_markdown_is_read_as_its_reader_sees_it(self):
        rows = paragraphs("# Title\n\n**6. How to bid**. All *bids* must name\na [lead](http://x.example).\n\n- One\n- Two \\[x\\]\n")
        self.assertEqual([row["text"] for row in rows], ["Title", "6. How to bid. All bids must name a lead.", "One", "Two [x]"])
        self.assertEqual(rows[1]["place"], "line 3, 6. How to bid")

    def test_a_paragraph_of_a_pdf_goes_on_over_a_page_and_a_broken_word(self):
        found = source.Paragraphs()
        pages = source.read_pages(
            "4. Quality and Operation\nThe supplier shall keep to the plan that both sides have signed, and circum\u00ad\nstances that change are told to "
            "the other side as soon as they are known, with the and/\nor rules of the\n\n1\n\f"
            "Port Authority, which is told in the annexes of this paper.\n\n• A point.\n\n2\n\f", found)
        self.assertEqual(pages, 2)
        self.assertEqual(found.rows[0]["text"], "4. Quality and Operation")
        self.assertTrue(found.rows[1]["text"].startswith("The supplier shall keep to the plan that both sides have signed, and circumstances that"))
        self.assertIn("the and/or rules of the Port Authority, which", found.rows[1]["text"])
        self.assertEqual(found.rows[-1], {"text": "A point.", "section": "4. Quality and Operation", "heading": False, "page": 2})

    def test_requirements(self):
        rows = paragraphs(
            "# RFP\n\n## 2. Objectives\n\nAs a clerk, I need to change a booking. The API shall be documented, e.g. in JSON. We like boats.\n\n"
            "The Government will evaluate the offers. Proposals shall not exceed 3 pages. The API shall be documented, e.g. in JSON.\n")
        found, _ = requirements.find(rows)
        self.assertEqual([(item["id"], item["party"], item["strength"]) for item in found], [
            ("R001", "product", "must"), ("R002", "product", "must"), ("R003", "customer", "must"), ("R004", "supplier", "must")])
        self.assertEqual(found[1]["quote"], "The API shall be documented, e.g. in JSON.")
        for item in found:
            self.assertIn(text.same(item["quote"]), text.same("\n".join(row["text"] for row in rows)))

    def test_duration_and_terms(self):
        rows = paragraphs("The period of performance is 4 months (16 weeks). See the Quality Assurance Plan (QAP) and boats (NOISE).")
        self.assertEqual(requirements.weeks("", requirements.duration(rows))[0], 16)
        self.assertEqual(requirements.weeks("5 months", requirements.duration(rows)), (22, "the input timeline"))
        self.assertEqual([(term["term"], term["meaning"]) for term in requirements.terms(rows)], [("QAP", "Quality Assurance Plan")])


class Sums(unittest.TestCase):
    def test_amounts_add_up_for_each_provider(self):
        table = cost.prices("")
        for provider in table["providers"]:
            result = cost.estimate(table, provider, {name: number for number, name in enumerate(table["items"], start=1)})
            self.assertEqual(result["monthly"], sum(row["unit_price"] * row["quantity"] for row in result["items"]))
            self.assertEqual(result["annual"], 12 * result["monthly"])

    def test_a_budget_is_its_upper_end(self):
        for words, amount in (("50k-100k USD", 100000), ("USD 1,250.50", "1250.5"), ("up to 2 million", 2000000)):
            self.assertEqual(cost.budget(words), Decimal(amount), words)
        self.assertIsNone(cost.budget("as little as can be"))

    def test_weeks_add_up(self):
        for weights in ([1, 2, 5, 2, 1], [1, 1, 1], [10, 1]):
            for weeks in range(1, 60):
                self.assertEqual(sum(allot(weights, weeks)), weeks)


class Milestones(unittest.TestCase):
    phases = [{"name": name, "goal": f"The {name} is done."} for name in ("Start", "Build", "Proof")]

    def made(self, *drafted):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"team": {"draft": {"milestones": [
                {"phase": place, "name": f"Milestone {letter} is reached", "acceptance": acceptance}
                for place, letter, acceptance in drafted]}}, "facts": ""}, file)
            file.flush()
            os.environ["FLOW_INPUT"] = file.name
            stage = Stage("execution", "operations_planner", "risk_analyst")
        found = sorted(milestones_of(stage, self.phases), key=lambda item: item["phase"])
        return [item["by"] == "rule" for item in found], [item["why"] for item in stage.refused]

    def test_a_condition_of_one_milestone_is_taken(self):
        self.assertEqual(self.made((1, "A", "The plan is signed."), (2, "B", "All tests pass.")), ([False, False, True], []))

    def test_a_condition_of_several_milestones_is_refused(self):
        rules, why = self.made((1, "A", "All offerors are asked."), (2, "B", "All offerors  are asked."), (3, "C", "All tests pass."))
        self.assertEqual((rules, why), ([True, True, False], ["it stands at several milestones"] * 2))


class Checklist(unittest.TestCase):
    given = {
        "documents": {
            "tools": "| Option | Chosen |\n|---|---|\n| A | yes |\n| B | |\n",
            "cloud": "| Provider | Monthly | Annual |\n|---|--:|--:|\n| AWS | USD 10.00 | USD 120.00 |\n| GCP | USD 9.50 | USD 114.00 |\n",
            "proposal": "| R001 | x |\n\n## Glossary\n\n| Term | Meaning |\n|---|---|\n| API | an interface |\n",
            "sow": "# SOW\n\n## Glossary\n\n| Term | Meaning |\n|---|---|\n| API | an interface |\n",
        },
        "requirements": [{"id": "R001", "quote": "The price is TBD in EUR.", "place": "line 1", "party": "product"}],
        "estimate": {"currency": "USD", "estimates": [{"provider": "AWS", "items": [{"monthly": 10.0}], "monthly": 10.0, "annual": 120.0}]},
        "records": [{"stage": "cloud", "taken": [{"text": "Three servers.", "facts": "3 servers"}]}],
    }

    def test_good_documents_pass(self):
        for name, check in checklist.CHECKS.items():
            self.assertEqual(check(self.given)[1], [], name)

    def test_each_check_can_fail(self):
        changes = {
            "placeholders": ("sow", "# SOW\n\nThe date is TBD.\n"), "currency": ("sow", "# SOW\n\nIt costs EUR 5.\n"),
            "annual": ("cloud", self.given["documents"]["cloud"].replace("120.00", "121.00")),
            "comparisons": ("tools", "# Tools\n"), "glossary": ("sow", "# SOW\n"), "trace": ("proposal", "# Proposal\n"),
        }
        for name, (document, body) in changes.items():
            given = copy.deepcopy(self.given)
            given["documents"][document] = body
            self.assertNotEqual(checklist.CHECKS[name](given)[1], [], name)
        given = copy.deepcopy(self.given)
        given["records"][0]["taken"][0]["text"] = "Four servers."
        self.assertNotEqual(checklist.numbers(given)[1], [])

    def test_what_is_quoted_is_no_word_of_the_document(self):
        given = copy.deepcopy(self.given)
        given["documents"]["sow"] += "\n“The price is TBD in EUR.”\n"
        self.assertEqual(checklist.placeholders(given)[1] + checklist.currency(given)[1], [])


if __name__ == "__main__":
    unittest.main()
