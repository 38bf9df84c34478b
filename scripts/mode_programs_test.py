#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the programs in workflows/parts that mend what models write, and those that take their place."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
PARTS = os.path.join(ROOT, "workflows", "parts")
sys.path.insert(0, PARTS)

import program_text  # noqa: E402
import tables  # noqa: E402

FOLDERS = tempfile.TemporaryDirectory(prefix="mode-programs-")  # removed at the end


def run(program, **given):
    """What a program of the modes puts out, and the folder that it has worked in."""
    folder, beside = tempfile.mkdtemp(dir=FOLDERS.name), tempfile.mkdtemp(dir=FOLDERS.name)
    came, went = os.path.join(beside, "in.json"), os.path.join(beside, "out.json")
    with open(came, "w") as file:
        json.dump(given, file)
    environment = {**os.environ, "FLOW_INPUT": came, "FLOW_OUTPUT": went, "FLOW_HOME": beside}
    done = subprocess.run(
        [sys.executable, os.path.join(PARTS, program)], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        return done.stderr, folder
    with open(went) as file:
        return json.load(file), folder


def table(text, name="data.csv"):
    path = os.path.join(tempfile.mkdtemp(dir=FOLDERS.name), name)
    with open(path, "w") as file:
        file.write(text)
    return path


class Programs(unittest.TestCase):
    CASES = [  # (what the formatter says, what the engineer has said, the program)
        ("", "Here:\n```python\nimport csv\nprint(1)\n```\nEnjoy!", "import csv\nprint(1)"),
        ("", "```python\nprint(1)\nprint(2)\n", "print(1)\nprint(2)\n"),
        ("", "Sure.\n\nimport csv\nprint(1)\n\nThis program prints.", "import csv\nprint(1)"),
        ("", '{"python_code": "print(3)", "code_explanation": "It prints."}', "print(3)"),
        ("", "I would compute the mean.", ""),
        ('import csv\\nprint(\\"a\\")', "", 'import csv\nprint("a")'),
        ("print('sum:')", "ok", "print('sum:')"),
        ("print(2)", "```\nprint(3)\n```", "print(3)"),
        ("print(", "```\nprint(3)\n```", "print(3)"),
        ("```\nprint(3)\n```", "", "print(3)"),
        ("print(3)\n", "```json\n{}\n```", "print(3)\n"),
    ]

    def test_programs_are_found(self):
        for code, answer, program in self.CASES:
            with self.subTest(code=code, answer=answer):
                self.assertEqual(program_text.choose(code, answer)[0], program)

    def test_what_was_changed_is_said(self):
        self.assertIn("the engineer's own text", program_text.choose(",", "```\nprint(3)\n```")[1])
        self.assertEqual(program_text.choose("print(3)", "```py\nprint(3)\n```")[1], "")
        code, remark = program_text.with_paths("open('/tmp/no/data.csv')", {"data.csv"})
        self.assertEqual(code, "open('data.csv')")
        self.assertIn("data.csv", remark)

    def test_a_program_with_a_fault_is_not_run(self):
        result, folder = run("execute.py", answer="```python\nopen('mark', 'w')\nprint((\n```")
        self.assertEqual((result["exit_code"], result["error_class"]), (1, "SyntaxError"))
        self.assertFalse(os.path.exists(os.path.join(folder, "mark")))
        self.assertIn("was never closed", result["error"])

    def test_errors_are_explained(self):
        path = table("year,flow\n1871,1120\n1872,1160\n")
        for code, words in [
            ("import csv\nprint(next(csv.DictReader(open('data.csv')))['Flow'])", "columns of data.csv are: year, flow"),
            ("open('other.csv')", "data files in the folder of the program are: data.csv"),
            ("import nosuchmodule", "The module nosuchmodule is not installed"),
        ]:
            with self.subTest(code=code):
                result, _ = run("execute.py", answer=f"```python\n{code}\n```", files=[path])
                self.assertIn(words, result["hint"])

    def test_nothing_is_no_result(self):
        result, _ = run("execute.py", answer="```python\ndef main():\n    print(1)\n```")
        self.assertEqual((result["exit_code"], result["error_class"]), (1, "NothingError"))
        result, _ = run("execute.py", answer="```python\nprint(1)\n```", wants_plot=True)
        self.assertEqual(result["exit_code"], 0)
        self.assertIn("left no plot", result["complaint"])

    def test_the_best_program_counts(self):
        first, _ = run("judge.py", number=1, exit_code=0, complaint="no plot", printed="a", model="m")
        second, _ = run("judge.py", number=2, exit_code=1, printed="", model="m", previous=first["best"])
        self.assertEqual((second["outcome"], second["best"]["number"]), ("failure", 1))
        third, _ = run("judge.py", number=3, exit_code=0, printed="c", model="m", previous=second["best"])
        self.assertEqual((third["outcome"], third["best"]["printed"]), ("success", "c"))


class Plans(unittest.TestCase):
    def test_steps_are_read_out_of_text(self):
        text = "Step 1: Plot it (agent: engineer)\n- read\nreads: nothing; makes: plot\n**Step 2**: Write (agent: researcher)\nreads: plot"
        result, _ = run("plan_text.py", text=text)
        steps = result["json"]["sub_tasks"]
        self.assertEqual([s["sub_task_agent"] for s in steps], ["engineer", "researcher"])
        self.assertEqual((steps[0]["writes"], steps[1]["reads"]), (["plot"], ["plot"]))
        self.assertEqual(run("plan_text.py", text="I plan to do it well.")[0]["json"]["sub_tasks"], [])

    def test_a_plan_is_mended_or_replaced_and_said(self):
        step = {"sub_task": "Write", "sub_task_agent": "researcher"}
        given = {"stand_in": True, "controlled": True, "max_steps": 3}
        result, _ = run("plan_nodes.py", plan={"sub_tasks": [step, step]}, **given)
        self.assertEqual((len(result["steps"]), result["source"]), (1, "planner"))
        self.assertIn("2 times", result["notes"][0])
        result, _ = run("plan_nodes.py", plan=None, task="Plot it", **given)
        self.assertEqual((len(result["steps"]), result["source"]), (2, "default"))
        error, _ = run("plan_nodes.py", plan=None, max_steps=3)
        self.assertIn("the plan cannot be used", error)


class StandardProgram(unittest.TestCase):
    TABLES = [
        ("year,flow\n1871,1120\n1872,1160\n1873,963\n", "", "flow over year"),
        ("month,rain,heat\n2024-01,61,3\n2024-02,48,4\n", "plot the heat", "heat over month"),
        ("a;b\nx;1\ny;2\nz;1\nx;1\n", "", "rows by a"),
        ("n\n" + "\n".join(str(i * i % 37) for i in range(60)), "", "how often which n is there"),
    ]

    def test_tables_are_described_and_plotted(self):
        for text, task, what in self.TABLES:
            with self.subTest(what=what):
                result, folder = run("baseline.py", files=[table(text)], task=task, why="none worked")
                self.assertIn(f"plot: {what} of data.csv", result["printed"])
                self.assertTrue(result["summary"].startswith("Made by the standard program of this mode, not by a model"))
                with open(os.path.join(folder, "standard_plot.svg")) as file:
                    self.assertIn("</svg>", file.read())

    def test_what_is_no_table_is_refused(self):
        for text in ["", "one line", "a\0b,c\n1,2\n"]:
            error, _ = run("baseline.py", files=[table(text)])
            self.assertIn("no table", error) if isinstance(error, str) else self.assertIsNone(tables.read(table(text)))


if __name__ == "__main__":
    unittest.main()
