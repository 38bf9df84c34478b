#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a Python program that an agent has written, in the folder of the node, and says how it ended.

Reads `$FLOW_INPUT`: answer (the whole text of the agent with the program in it), and if a formatter was asked filename and
python_code (which count where they are the same program); files (paths of data, copied beside the program), seconds,
wants_plot. Writes `$FLOW_OUTPUT`: exit_code, printed, shown (as much of it as a prompt of a small model holds), explanation,
error, error_class, hint, complaint, note, code, code_file, files, plots. A program that fails is a result, not a failure of the node.

The program gets no variable of flow, and limits of time, memory and size of files. What else it may do is the node's to
say: with `isolate: true` it can write in its own folder only, and has no network.
"""

import difflib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True  # The folder is part of what the run keeps.

import agent_python  # noqa: E402
import program_text  # noqa: E402
import tables  # noqa: E402

LONGEST_TEXT = 12_000  # characters of what a program prints that the next prompt can hold
LONGEST_SHOWN = 4_000
MOST_FILES = 100
PLOTS = (".png", ".svg", ".pdf", ".jpg", ".jpeg", ".webp", ".gif")


def program_name(text):
    """A plain name for the program, whatever an agent has called it."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", os.path.basename(text or "")).lstrip(".-")
    return name if name.endswith(".py") and len(name) <= 80 else "program.py"


def tail(data):
    # The folder is another one in each run; what an agent is told must not differ by it.
    text = data.decode("utf-8", "replace").replace("\0", "").replace(os.getcwd() + "/", "")
    return text if len(text) <= LONGEST_TEXT else "[…]\n" + text[-LONGEST_TEXT:]


def shown(text):
    """The beginning and the end of a text."""
    half = LONGEST_SHOWN // 2
    return text if len(text) <= LONGEST_SHOWN else text[:half] + "\n[…]\n" + text[-half:]


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def run(name, seconds):
    """(exit code, output, error output); 124 when the time is over, 128 + n when signal n ended it."""
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": os.getcwd(), "TMPDIR": os.getcwd(),
        "MPLBACKEND": "Agg", "MPLCONFIGDIR": agent_python.plot_cache(), "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with open(".printed", "wb+") as output, open(".error", "wb+") as error:
        child = subprocess.Popen(
            [agent_python.interpreter(), name], stdin=subprocess.DEVNULL, stdout=output, stderr=error, env=environment,
            preexec_fn=limits, process_group=0)
        try:
            code = child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            code = 124
            error.seek(0, os.SEEK_END)
            error.write(f"\nThe program took longer than {seconds} seconds and was ended.\n".encode())
        texts = []
        for stream in (output, error):
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 4 * LONGEST_TEXT))
            texts.append(tail(stream.read()))
    shutil.rmtree(".matplotlib", ignore_errors=True)
    os.remove(".printed")
    os.remove(".error")
    return (128 - code if code < 0 else code), *texts


def error_class(code, error):
    """The name of the exception that ended the program, or what else did."""
    if code == 0:
        return ""
    if code == 124:
        return "timeout"
    names = re.findall(r"^([A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning))\b", error, re.M)
    return names[-1] if names else "signal" if code > 128 else "exit_code"


def hint(kind, error, data):
    """What is known about the cause of an error without asking a model."""
    last = error.strip().rpartition("\n")[2]
    if kind in ("ModuleNotFoundError", "ImportError"):
        there = ", ".join(agent_python.modules())
        missing = re.search(r"No module named '([\w.]+)'", error)
        what = f"The module {missing[1]} is not installed. " if missing else ""
        return f"{what}Installed are the standard library{f', {there}' if there else ' alone'}. Use nothing else."
    if kind == "FileNotFoundError" or kind == "IsADirectoryError":
        return f"The data files in the folder of the program are: {', '.join(sorted(data)) or 'none'}."
    if kind in ("KeyError", "AttributeError", "IndexError", "ValueError", "TypeError") or "not in index" in last:
        found = []
        for name in sorted(data):
            table = tables.read(name)
            if table:
                found.append(f"The columns of {name} are: {', '.join(table.names)}.")
        if "could not convert" in last or "unsupported operand" in last:
            found.append("Not every cell is a number: leave those out that are none.")
        wrong = re.search(r"KeyError: ['\"](.+)['\"]", last)
        if wrong:
            names = [n for name in data if (t := tables.read(name)) for n in t.names]
            near = difflib.get_close_matches(wrong[1], names, 1) or [n for n in names if n.lower() == wrong[1].lower()]
            if near:
                found.append(f"Perhaps {near[0]} is meant instead of {wrong[1]}.")
        return " ".join(found)
    if kind == "EmptyError":
        return "Answer with the program itself, in a block that begins with ```python."
    if kind in ("SyntaxError", "IndentationError", "TabError"):
        return "The program is no Python as it stands. Write it again, shorter, without text before or after it."
    if kind == "timeout":
        return "It may wait for input, or go on for ever; plt.show() and input() must not be used."
    return ""


def made_files(data, name):
    made = []
    for folder, folders, files in os.walk("."):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__pycache__")
        for file in sorted(files):
            path = os.path.normpath(os.path.join(folder, file))
            if path not in data and path != name and not file.startswith(".") and not os.path.islink(path):
                made.append(path)
    return made[:MOST_FILES]


def main():
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        given = json.load(file)
    data = set()
    for path in given.get("files") or []:
        name = os.path.basename(path)
        if name in data:
            continue
        shutil.copyfile(path, name)
        data.add(name)
    name = program_name(given.get("filename"))
    while name in data:
        name = "program_" + name
    program, note = program_text.choose(given.get("python_code"), given.get("answer"))
    program, moved = program_text.with_paths(program, data)
    program = program.rstrip() + "\n"
    with open(name, "w", encoding="utf-8", errors="replace") as file:
        file.write(program)
    wrong = program_text.fault(program)
    if not program.strip():
        code, printed, error = 1, "", f"{name} was not run: it is empty\nEmptyError: there is no program in the answer\n"
    elif wrong:
        code, printed, error = 1, "", f"{name} was not run: {wrong}\n"
    else:
        code, printed, error = run(name, given.get("seconds") or 60)
    made = made_files(data, name)
    plots = [path for path in made if path.lower().endswith(PLOTS) and os.path.getsize(path) > 0]
    kind = error_class(code, error)
    complaint = ""
    if code == 0 and not printed.strip() and not made:
        # Often functions that nobody calls.
        code, kind, error = 1, "NothingError", error + "NothingError: the program printed nothing and left no file\n"
    elif code == 0 and given.get("wants_plot") and not plots:
        complaint = 'It ran, but left no plot. Save it in the folder: plt.savefig("plot.png")'
    result = {
        "exit_code": code, "printed": printed, "shown": shown(printed),
        "explanation": program_text.parts(given.get("answer") or "")[1], "error": error, "error_class": kind,
        "hint": complaint or hint(kind, error, data), "complaint": complaint,
        "note": "; ".join(filter(None, (note, moved))), "code": program, "code_file": name, "files": made,
        "plots": plots}
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    print(f"{name}: exit code {code}{', ' + kind if code else ''}; {len(made)} files"
          + (f"; {result['note']}" if result["note"] else ""))


main()
