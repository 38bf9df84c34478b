# SPDX-License-Identifier: Apache-2.0
"""Writes the run as a Denario project folder: as a zip, and where asked for into a folder, for that package to go on with.

Input: texts (data_description, idea, methods, results, literature, referee), data (paths), plots (paths), figures, document,
tex, bib, pdf, latex_pdf (paths), versions (v1 to v3 of the results and of the cited sections), export_to (a folder, or empty).
Output: files (names in the folder), note. Files: project.zip, the same bytes for the same contents, and first_figure.png.

    input_files/data_description.md idea.md methods.md results.md literature.md referee.md plots/
    paper/paper_v1_preliminary.tex paper_v2_no_citations.tex paper_v3_citations.tex paper_v4_final.tex .pdf
    paper/temp/Abstract.tex … (by which Denario goes on with a paper), paper/bibliography.bib, data/
"""

import json
import os
import shutil
import zipfile

from compose import HERE, latex_paper
from markup import LaTeX, latex_text, write
from node import read_input, stop, write_output

TEMPORARY = {"introduction": "Introduction", "methods": "Methods", "results": "Results", "conclusions": "Conclusions"}


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    given = read_input()
    contents = {}
    export = (given.get("export_to") or "").strip()
    if export and not os.path.isabs(os.path.expanduser(export)):
        stop(f"the folder to write to must be an absolute path: {export}")
    export = os.path.expanduser(export)
    texts = dict(given.get("texts") or {})
    data = given.get("data") or []
    for path in data:
        contents["data/" + os.path.basename(path)] = read_bytes(path)
    if data:
        # Denario takes data files as paths in the description.
        places = "\n".join(f"- {os.path.join(export, 'data', os.path.basename(path)) if export else 'data/' + os.path.basename(path)}"
                           for path in data)
        texts["data_description"] = f"{texts.get('data_description', '').strip()}\n\nData files:\n{places}"
    for name, text in texts.items():
        if (text or "").strip():
            # An idea is what the maker has written last, to the letter.
            contents[f"input_files/{name}.md"] = text.encode()
    for figure, path in zip(given.get("figures") or [], given.get("plots") or []):
        contents[f"input_files/plots/{os.path.basename(figure['file'])}"] = read_bytes(path)
        contents[f"paper/{figure['file']}"] = read_bytes(path)
    if given.get("document"):
        with open(given["document"], encoding="utf-8") as file:
            model = json.load(file)
        with open(os.path.join(HERE, "journals.json"), encoding="utf-8") as file:
            journal = json.load(file)[model["journal"]]
        plain = {**model, "sections": {**model["sections"], **(given.get("uncited") or {})}, "references": []}
        first = {**plain, "figures": []}
        for name, version in (("v1_preliminary", first), ("v2_no_citations", plain), ("v3_citations", model)):
            contents[f"paper/paper_{name}.tex"] = latex_paper(version, model["journal"], journal).encode()
        contents["paper/paper_v4_final.tex"] = read_bytes(given["tex"])
        contents["paper/bibliography.bib"] = read_bytes(given["bib"])
        for key, name in TEMPORARY.items():
            blocks = "\n\n".join(block for block, _ in write(model["sections"][key], LaTeX()))
            contents[f"paper/temp/{name}.tex"] = f"\\section{{{name}}}\n\n{blocks}\n".encode()
        contents["paper/temp/Abstract.tex"] = (latex_text(model["abstract"]) + "\n").encode()
        contents["paper/temp/Title.tex"] = (latex_text(model["title"]) + "\n").encode()
        contents["paper/temp/Keywords.tex"] = (latex_text(", ".join(model["keywords"])) + "\n").encode()
        pdf = given.get("latex_pdf") or given.get("pdf")
        if pdf:
            contents["paper/paper_v4_final.pdf"] = read_bytes(pdf)
    pictures = [path for path in given.get("plots") or [] if path.endswith(".png")]
    if pictures:
        # Of two runs their first figures can be seen side by side.
        shutil.copyfile(pictures[0], "first_figure.png")
    with zipfile.ZipFile("project.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo("project/" + name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, contents[name])
    note = ""
    if export:
        for name, content in contents.items():
            path = os.path.join(export, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path + ".part", "wb") as file:
                file.write(content)
            os.replace(path + ".part", path)
        note = f"written to {export}"
    print(f"{len(contents)} files" + (f", {note}" if note else ""))
    write_output({"files": sorted(contents), "note": note})


main()
