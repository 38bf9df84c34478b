#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says of each data file what an agent must know to write a program for it: name, size, first lines.

Reads `files` of `$FLOW_INPUT`, writes `about` to `$FLOW_OUTPUT`.
"""

import json
import os

LINES, WIDTH, MOST = 4, 200, 20


def about(path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(8192)
    text = f"{os.path.basename(path)} ({size} bytes)"
    if b"\0" in head:
        return text + ", binary"
    try:
        # The last character of the head may be cut in its middle.
        lines = head.decode("utf-8", "strict" if size <= 8192 else "ignore").splitlines()[:LINES]
    except UnicodeDecodeError:
        return text + ", not UTF-8"
    return text + ", begins:\n" + "\n".join("  " + line[:WIDTH] for line in lines)


with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
    files = json.load(file).get("files") or []
texts = [about(path) for path in files[:MOST]]
if len(files) > MOST:
    texts.append(f"and {len(files) - MOST} more files")
with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
    json.dump({"about": "\n".join(texts) or "no files"}, file)
