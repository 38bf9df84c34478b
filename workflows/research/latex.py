# SPDX-License-Identifier: Apache-2.0
"""Sets the LaTeX source where xelatex and the journal's style are installed, and says what is missing where they are not.

Input: tex, bib (paths), plots (paths), figures (with the names that the source uses), journal, style_files (a person's own
styles). Output: made, note. File: paper.pdf, where it was made.

No shell is opened by TeX (-no-shell-escape), and it reads and writes only below the folder of the node.
"""

import json
import os
import re
import shutil
import subprocess

from node import read_input, write_output

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 120


def call(*words):
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": os.getcwd(), "LANG": "C.UTF-8", "openin_any": "p",
        "openout_any": "p", "TEXMFVAR": os.path.join(os.getcwd(), ".texmf"), "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1"}
    try:
        done = subprocess.run(words, capture_output=True, timeout=SECONDS, env=environment, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return 124, f"{words[0]} took longer than {SECONDS} s"
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def main():
    given = read_input()
    with open(os.path.join(HERE, "journals.json"), encoding="utf-8") as file:
        journal = json.load(file)[given.get("journal") or "NONE"]
    shutil.copyfile(given["tex"], "paper.tex")
    shutil.copyfile(given["bib"], "bibliography.bib")
    for path in given.get("style_files") or []:
        if re.fullmatch(r"[\w.-]+\.(cls|sty|bst|clo|def)", os.path.basename(path)):
            shutil.copyfile(path, os.path.basename(path))
    for figure, path in zip(given.get("figures") or [], given.get("plots") or []):
        os.makedirs(os.path.dirname(figure["file"]), exist_ok=True)
        shutil.copyfile(path, figure["file"])
    if not shutil.which("xelatex"):
        return write_output({"made": False, "note": "xelatex is not installed; the source is paper.tex"})
    for name in journal["needs"]:
        if not os.path.exists(name) and call("kpsewhich", name)[0] != 0:
            return write_output({"made": False, "note": f"the style {name} is not installed; the source is paper.tex"})
    engine = ("xelatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex")
    with open("paper.tex", encoding="utf-8") as file:
        cites = "\\bibliography{" in file.read()
    for step in [engine, ("bibtex", "paper"), engine, engine] if cites else [engine, engine]:
        code, output = call(*step)
        if code and step[0] == "xelatex":
            fault = re.search(r"^! .*(?:\n.*)?", output, re.M)
            print(output[-2000:])
            note = "LaTeX could not set the source: " + re.sub(r"\s+", " ", fault[0] if fault else output[-200:])[:300]
            return write_output({"made": False, "note": note})
    write_output({"made": True, "note": "set by xelatex"})


main()
