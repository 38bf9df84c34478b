# SPDX-License-Identifier: Apache-2.0
"""Finds the figures among the files that a program has left, each once, and plans the drawing of those that are described.

Input: files. Output: images (name and path of each picture), specs (how many are to be drawn), plan (a render node for each
Vega-Lite file, as a `plan:` takes it), captions (what a described figure shows, by name), others (files that are no figures).
"""

import hashlib
import json
import os
import re

from node import read_input, write_output

MOST = 25
PICTURES = (".png", ".jpg", ".jpeg", ".svg")


def plain(path):
    stem = re.sub(r"(\.vl)?\.\w+$", "", os.path.basename(path))
    return re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")[:40] or "figure"


def main():
    images, nodes, captions, others, seen, names = [], {}, {}, [], set(), set()
    drawn = []
    for path in read_input().get("files") or []:
        with open(path, "rb") as file:
            data = file.read(32 << 20)
        digest = hashlib.sha256(data).hexdigest()
        ending = os.path.splitext(path)[1].lower()
        is_spec = path.lower().endswith(".vl.json")
        if ending not in PICTURES and not is_spec:
            others.append(path)
            continue
        if digest in seen or len(images) + len(nodes) >= MOST:
            continue
        seen.add(digest)
        name = plain(path)
        while name in names:
            name += "_b"
        names.add(name)
        if not is_spec:
            images.append({"name": name, "path": path})
            continue
        try:
            spec = json.loads(data)
        except ValueError:
            continue
        # A specification becomes a part of a plan, where expressions would be read.
        if not isinstance(spec, dict) or b"${{" in data:
            continue
        if not any(key in spec for key in ("width", "height", "hconcat", "vconcat", "concat", "repeat", "facet")):
            spec = {**spec, "width": 480, "height": 260}
        captions[name] = str(spec.get("description") or "")[:400]
        node = "figure_" + name
        # A figure that cannot be drawn is left out.
        nodes[node] = {"render": {"plot": {"spec": spec}, "to": ["png"]}, "on_failure": "continue"}
        drawn.append(f"nodes.{node}.artifacts.png ?? null")
    plan = {"nodes": nodes, "outputs": {"pictures": {
        "type": "files", "value": "${{ filter([" + ", ".join(drawn) + "], it != null) }}"}}}
    print(f"{len(images)} pictures, {len(nodes)} to be drawn, {len(others)} other files")
    write_output({"images": images, "specs": len(nodes), "plan": plan, "captions": captions, "others": others})


main()
