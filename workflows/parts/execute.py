#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a Python program that an agent has written, in the folder of the node, and says how it ended.

Reads `$FLOW_INPUT`: filename, python_code, files (paths of data, copied beside the program), seconds. Writes `$FLOW_OUTPUT`:
exit_code, printed, error, error_class, code_file, files. A program that fails is a result, not a failure of the node.

The program gets no variable of flow, and limits of time, memory and size of files. What else it may do is the node's to
say: with `isolate: true` it can write in its own folder only, and has no network.
"""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys

LONGEST_TEXT = 12_000  # characters of what a program prints that the next prompt can hold
MOST_FILES = 100


def program_name(text):
    """A plain name for the program, whatever an agent has called it."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", os.path.basename(text or "")).lstrip(".-")
    return name if name.endswith(".py") and len(name) <= 80 else "program.py"


def without_fences(code):
    """The program of a Markdown block, which agents like to put around it."""
    found = re.match(r"\s*```[A-Za-z]*\n(.*?)\n?```\s*$", code, re.S)
    return found[1] if found else code


def tail(data):
    # The folder is another one in each run; what an agent is told must not differ by it.
    text = data.decode("utf-8", "replace").replace("\0", "").replace(os.getcwd() + "/", "")
    return text if len(text) <= LONGEST_TEXT else "[…]\n" + text[-LONGEST_TEXT:]


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def run(name, seconds):
    """(exit code, output, error output); 124 when the time is over, 128 + n when signal n ended it."""
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": os.getcwd(), "TMPDIR": os.getcwd(),
        "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    with open(".printed", "wb+") as output, open(".error", "wb+") as error:
        child = subprocess.Popen(
            [sys.executable, name], stdin=subprocess.DEVNULL, stdout=output, stderr=error, env=environment,
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
    with open(name, "w", encoding="utf-8") as file:
        file.write(without_fences(given.get("python_code") or "").rstrip() + "\n")
    code, printed, error = run(name, given.get("seconds") or 60)
    made = []
    for folder, folders, files in os.walk("."):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__pycache__")
        for file in sorted(files):
            path = os.path.normpath(os.path.join(folder, file))
            if path not in data and path != name and not file.startswith(".") and not os.path.islink(path):
                made.append(path)
    result = {
        "exit_code": code, "printed": printed, "error": error, "error_class": error_class(code, error),
        "code_file": name, "files": made[:MOST_FILES]}
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    print(f"{name}: exit code {code}{', ' + result['error_class'] if code else ''}; {len(made)} files")


main()
