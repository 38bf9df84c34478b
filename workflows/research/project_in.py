# SPDX-License-Identifier: Apache-2.0
"""Reads what a Denario project folder holds already, from the folder itself, from a zip of it, or from single files.

Input: folder (a path, or empty), files (paths: a .zip, or files named as in the folder). Output: data_description, idea,
methods, results, literature (texts, empty where there is none), plots (files), found (names), note.

    project/input_files/{data_description,idea,methods,results,literature,referee}.md, plots/*.png
"""

import os
import re
import shutil
import zipfile

from node import read_input, stop, write_output

TEXTS = ("data_description", "idea", "methods", "results", "literature")
PICTURES = (".png", ".jpg", ".jpeg", ".svg")
LARGEST, MOST_PLOTS = 4 << 20, 25


def from_folder(folder):
    """(name below input_files, bytes) of the files that count."""
    root = os.path.join(folder, "input_files") if os.path.isdir(os.path.join(folder, "input_files")) else folder
    for name in TEXTS:
        path = os.path.join(root, name + ".md")
        if os.path.isfile(path):
            with open(path, "rb") as file:
                yield name + ".md", file.read(LARGEST)
    plots = os.path.join(root, "plots")
    for name in sorted(os.listdir(plots)) if os.path.isdir(plots) else []:
        if name.lower().endswith(PICTURES):
            with open(os.path.join(plots, name), "rb") as file:
                yield "plots/" + name, file.read(32 << 20)


def from_zip(path):
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            match = re.search(r"(?:^|/)input_files/([\w-]+\.md|plots/[^/]+)$", entry.filename)
            if match and entry.file_size <= 32 << 20 and not entry.is_dir():
                yield match[1], archive.read(entry)


def main():
    given = read_input()
    folder, files = (given.get("folder") or "").strip(), given.get("files") or []
    entries = []
    if folder:
        folder = os.path.expanduser(folder)
        if not os.path.isabs(folder):
            stop(f"the project folder must be an absolute path: {folder}")
        if not os.path.isdir(folder):
            stop(f"there is no project folder {folder}")
        entries += from_folder(folder)
    for path in files:
        if path.lower().endswith(".zip"):
            try:
                entries += from_zip(path)
            except zipfile.BadZipFile:
                stop(f"{os.path.basename(path)} is no zip file")
        else:
            with open(path, "rb") as file:
                name = os.path.basename(path)
                entries.append(("plots/" + name if name.lower().endswith(PICTURES) else name, file.read(32 << 20)))
    texts, plots = {name: "" for name in TEXTS}, []
    os.makedirs("plots", exist_ok=True)
    for name, data in entries:
        if name.startswith("plots/") and name.lower().endswith(PICTURES) and len(plots) < MOST_PLOTS:
            target = "plots/" + re.sub(r"[^\w.-]", "_", os.path.basename(name))
            with open(target, "wb") as file:
                file.write(data)
            if target not in plots:
                plots.append(target)
        elif os.path.splitext(name)[0] in texts:
            texts[os.path.splitext(name)[0]] = data.decode("utf-8", "replace").strip()
    found = [name for name in TEXTS if texts[name]] + (["plots"] if plots else [])
    print("found: " + (", ".join(found) or "nothing"))
    write_output({**texts, "plots": plots, "found": found})


main()
