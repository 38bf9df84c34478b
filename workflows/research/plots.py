# SPDX-License-Identifier: Apache-2.0
"""Gathers all figures of a run under plain names: plots/1_name.png and so on, in the order of their names.

Input: images (name and path), drawn (paths of pictures that were drawn), captions (by name). Output: plots (files),
figures (number, name, file and caption of each).
"""

import os
import re
import shutil

from node import read_input, write_output


def main():
    given = read_input()
    found = [(image["name"], image["path"]) for image in given.get("images") or []]
    for path in given.get("drawn") or []:
        found.append((re.sub(r"^figure_", "", os.path.splitext(os.path.basename(path))[0]), path))
    plots, figures = [], []
    os.makedirs("plots", exist_ok=True)
    for number, (name, path) in enumerate(sorted(found), start=1):
        stem = re.sub(r"^\d+_", "", name) or "figure"
        target = f"plots/{number}_{stem}{os.path.splitext(path)[1].lower()}"
        shutil.copyfile(path, target)
        plots.append(target)
        caption = (given.get("captions") or {}).get(name) or f"The figure {stem.replace('_', ' ')} of the program."
        figures.append({"number": number, "name": stem, "file": target, "caption": caption})
    print(f"{len(plots)} figures")
    write_output({"plots": plots, "figures": figures})


main()
