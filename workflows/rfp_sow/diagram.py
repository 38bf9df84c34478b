# SPDX-License-Identifier: Apache-2.0
"""Draws the architecture: validated components and links become DOT, graphviz makes SVG and PNG.

Input: model (data of the stage architecture). Artifacts: json (architecture.json), dot, svg, png.
"""

import re
import subprocess

from node import read_input, stop, write_json, write_text

STYLES = {
    "person": ("ellipse", "#fde8c8"), "client": ("box", "#fde8c8"), "gateway": ("box", "#d6e6f7"), "service": ("box", "#d6e6f7"),
    "database": ("cylinder", "#dcefdc"), "storage": ("folder", "#dcefdc"), "queue": ("cds", "#dcefdc"),
    "external": ("box3d", "#eeeeee"), "security": ("box", "#f7dada"), "monitoring": ("box", "#ece2f5"),
}


def quoted(text):
    """A text of DOT; line ends stay."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def wrapped(text, width):
    """The text in lines of about the width."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def check(model):
    """Ends the node where the model is not one."""
    ids = [part.get("id") for part in model.get("components") or []]
    for name in ids:
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name) or ids.count(name) > 1:
            stop(f"the id {name!r} of a component is none, or there twice")
    for part in model["components"]:
        if part.get("kind") not in STYLES or not part.get("name"):
            stop(f"the component {part['id']} has no name or no kind")
    for link in model.get("links") or []:
        if link.get("from") not in ids or link.get("to") not in ids:
            stop(f"the link from {link.get('from')!r} to {link.get('to')!r} leads nowhere")
    if not ids:
        stop("there is no component")


def dot(model):
    """The model in DOT."""
    products = model.get("products") or {}
    lines = [
        "digraph architecture {",
        '  graph [rankdir=LR, bgcolor="white", pad=0.2, nodesep=0.35, ranksep=0.75, fontname="DejaVu Sans"];',
        '  node [fontname="DejaVu Sans", fontsize=11, style="filled,rounded", color="#44546a", margin="0.14,0.09"];',
        '  edge [fontname="DejaVu Sans", fontsize=9, color="#44546a", fontcolor="#333333", arrowsize=0.7];',
    ]
    for part in model["components"]:
        shape, colour = STYLES[part["kind"]]
        label = wrapped(part["name"], 20)
        if products.get(part.get("item")):
            label += "\n" + wrapped(products[part["item"]], 24)
        style = ', style="filled"' if shape in ("cylinder", "folder", "cds", "box3d", "ellipse") else ""
        lines.append(f'  {part["id"]} [label={quoted(label)}, shape={shape}, fillcolor="{colour}"{style}];')
    for link in model.get("links") or []:
        label = f' [label={quoted(wrapped(link["label"], 18))}]' if link.get("label") else ""
        lines.append(f'  {link["from"]} -> {link["to"]}{label};')
    return "\n".join(lines + ["}"])


def main():
    model = read_input()["model"]
    check(model)
    write_json("architecture.json", {key: model[key] for key in ("components", "links")})
    write_text("architecture.dot", dot(model))
    for form, more in (("svg", []), ("png", ["-Gdpi=170"])):
        try:
            subprocess.run(
                ["dot", f"-T{form}", *more, "-o", f"architecture.{form}", "architecture.dot"], check=True, timeout=60,
                capture_output=True)
        except FileNotFoundError:
            stop("graphviz is not there: `dot` is not in PATH")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            stop(f"graphviz cannot draw it: {(error.stderr or b'').decode(errors='replace')[:300]}")


if __name__ == "__main__":
    main()
