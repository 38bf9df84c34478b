# SPDX-License-Identifier: Apache-2.0
"""What the programs of this mode share: a node's input and output, and files."""

import json
import os
import sys


def read_input():
    """The `with:` values of the node."""
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        return json.load(file)


def write_output(values):
    """The outputs of the node."""
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(values, file, ensure_ascii=False)


def stop(message):
    """Ends the node with an error for the user."""
    print("error: " + message, file=sys.stderr)
    sys.exit(1)


def read_json(path):
    """A JSON file; one beside this program where the path is relative."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), path), encoding="utf-8") as file:
        return json.load(file)


def write_text(path, text):
    """Writes a file of the work folder, with one line end at its end."""
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text.rstrip("\n") + "\n")


def write_json(path, value):
    """Writes JSON that people can read."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2))
