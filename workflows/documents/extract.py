# SPDX-License-Identifier: Apache-2.0
"""The text of documents, in sections with places that a reader can find again.

PDF by pdftotext (a section a page), DOCX, ODT, HTML, EPUB and RST by pandoc, Markdown and plain text as they are. What a
program needs and is not installed is said, and the document is listed as skipped: nothing is made up.

Input: files, names (how people know them), most_characters. Output: documents: [{name, sha256, format, sections, characters,
skipped}], sections: [{document, place, heading, level, text}], characters.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

from node import read_input, stop, write_output

TEXTS = {".txt", ".md", ".markdown", ".text"}
BY_PANDOC = {".docx": "docx", ".odt": "odt", ".html": "html", ".htm": "html", ".epub": "epub", ".rst": "rst"}
SECONDS = 120


class Missing(Exception):
    """A program that is not installed, or a document that it cannot read."""


def run(command, data=None):
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        raise Missing(f"{os.path.basename(command[0])} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Missing(f"{os.path.basename(command[0])} took more than {SECONDS} s") from None
    if done.returncode:
        print(done.stderr.decode(errors="replace").strip()[-2000:], file=sys.stderr)
        raise Missing(f"{os.path.basename(command[0])} cannot read it")
    return done.stdout.decode("utf-8", errors="replace")


def pandoc():
    """Where pandoc is: in PATH, or among the tools of flow."""
    found = shutil.which("pandoc")
    if found:
        return found
    home = os.environ.get("FLOW_HOME") or os.path.join(os.path.expanduser("~"), ".local/share/flow")
    python = os.path.join(home, "tools/bin/python")
    if os.access(python, os.X_OK):
        return run([python, "-c", "import pypandoc; print(pypandoc.get_pandoc_path())"]).strip()
    raise Missing("pandoc is not installed: run scripts/install-dependencies")


def pages(path):
    """The text layer of a PDF by page."""
    return run(["pdftotext", "-layout", "-enc", "UTF-8", path, "-"]).split("\f")


def plain(text):
    """Lines without what cannot be shown, and without more than one empty line in a row."""
    text = re.sub(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def by_heading(text):
    """(line, level, heading, text) of Markdown; the part before the first heading has none."""
    found, fence = [[1, 0, "", []]], False
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if re.match(r"\s*(```|~~~)", line):
            fence = not fence
        mark = None if fence else re.match(r"(#{1,6})\s+(.+?)\s*#*$", line)
        under = None if fence or number >= len(lines) or not line.strip() else re.fullmatch(r"(=+|-+)\s*", lines[number])
        if mark:
            found.append([number, len(mark[1]), strip_marks(mark[2]), []])
        elif under and len(under[0].strip()) >= 3 and not line.startswith(("|", "-", ">", " ")):
            found.append([number, 1 if under[0][0] == "=" else 2, strip_marks(line.strip()), []])
        elif not (re.fullmatch(r"(=+|-+)\s*", line) and found[-1][0] == number - 1 and not found[-1][3]):
            found[-1][3].append(line)
    return [(start, level, heading, "\n".join(body).strip("\n")) for start, level, heading, body in found
            if heading or "\n".join(body).strip()]


def strip_marks(text):
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\{[#.][^}]*\}", "", text)
    return re.sub(r"[*`]|\\(?=[^\w\s])", "", text).strip()


def sections_of(path, ending):
    if ending == ".pdf":
        return [
            {"place": f"page {number}", "heading": f"Page {number}", "level": 1, "text": plain(text)}
            for number, text in enumerate(pages(path), start=1) if text.strip()
        ]
    if ending in TEXTS:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            text = plain(file.read())
        word = "line"
    elif ending in BY_PANDOC:
        text = plain(run([pandoc(), "--sandbox", "-f", BY_PANDOC[ending], "-t", "gfm-raw_html", "--wrap=none", path]))
        word = "line of the text"
    else:
        raise Missing(f"no program is known for {ending or 'files without an ending'}")
    return [
        {"place": f"{word} {start}", "heading": heading, "level": level, "text": body}
        for start, level, heading, body in by_heading(text)
    ]


def extract(files, names, most):
    """Documents and sections of files; see the head of this file."""
    documents, sections, left = [], [], most
    for path, name in zip(files, names):
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        ending = os.path.splitext(name)[1].lower()
        document = {"name": name, "sha256": digest, "format": ending.lstrip("."), "sections": 0, "characters": 0, "skipped": ""}
        documents.append(document)
        try:
            found = sections_of(path, ending)
        except Missing as problem:
            document["skipped"] = str(problem)
            continue
        if not any(section["text"].strip() for section in found):
            document["skipped"] = "it has no text" + (
                "; if it is a scan, the mode ocr reads it" if ending == ".pdf" else "")
            continue
        for section in found:
            if left <= 0:
                document["skipped"] = f"only a part of it: more than {most} characters in all"
                break
            section["text"] = section["text"][:left]
            left -= len(section["text"])
            document["sections"] += 1
            document["characters"] += len(section["text"])
            sections.append({"document": name, **section})
    return documents, sections


def main():
    given = read_input()
    documents, sections = extract(given["files"], given["names"], given.get("most_characters") or 2_000_000)
    if not sections:
        stop("no document has a text that can be read: " + "; ".join(f"{d['name']}: {d['skipped']}" for d in documents))
    with open("sections.json", "w", encoding="utf-8") as file:
        json.dump(sections, file, ensure_ascii=False)
    write_output({
        "documents": documents, "count": len(sections), "characters": sum(d["characters"] for d in documents),
        "skipped": "; ".join(f"{d['name']}: {d['skipped']}" for d in documents if d["skipped"]),
    })


if __name__ == "__main__":
    main()
