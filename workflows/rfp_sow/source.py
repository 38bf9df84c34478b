# SPDX-License-Identifier: Apache-2.0
"""Reads a document and writes its text with the place of each paragraph.

Input: document (path of a .pdf .docx .txt or .md file), annexes (paths of more). Artifacts: text (document.txt, a paragraph a line, which quotes
are looked up in) and paragraphs (paragraphs.json: number, text, place, section, page, line). Output: title, form,
paragraph_count, pages, words.

PDF goes through pdftotext, DOCX through pandoc; neither uses a network. A place is the page of a PDF, the line of a text
file, the paragraph of a DOCX file, each with the heading above it.
"""

import json
import os
import re
import subprocess
import unicodedata

from node import read_input, stop, write_json, write_output, write_text
from text import plain, short

LARGEST = 64 << 20
LONGEST = 4 << 20
SECONDS = 120
NUMBERED = re.compile(r"(?:\d+(?:\.\d+)*\.?|[A-Z]\.|[a-z]\.|(?:Section|Phase|Article) \w+[.:]?)\s+[A-Z(][^.!?]{2,90}$")


def program(words, what):
    """The output of a program as text."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        stop(f"{words[0]} is not there; install what scripts/install-dependencies names")
    except subprocess.TimeoutExpired:
        stop(f"{what} took more than {SECONDS} s")
    if done.returncode:
        stop(f"{what}: " + plain(done.stderr.decode(errors="replace"))[:400])
    return done.stdout.decode("utf-8", errors="replace")


def pandoc():
    """The pandoc of flow's tools, else the one of this machine."""
    home = os.environ.get("FLOW_HOME") or os.path.join(os.path.expanduser("~"), ".local/share/flow")
    python = os.path.join(home, "tools/bin/python")
    if os.path.exists(python):
        return program([python, "-c", "import pypandoc; print(pypandoc.get_pandoc_path())"], "finding pandoc").strip()
    return "pandoc"


class Paragraphs:
    """The paragraphs of a document, in order, each under its heading."""

    def __init__(self):
        self.rows, self.section = [], ""

    def heading(self, text, **place):
        text = plain(text).strip("=-*# ")
        if text:
            self.section = text.rstrip(":")[:120]
            self.add(text, heading=True, **place)

    def add(self, text, heading=False, **place):
        text = plain(unicodedata.normalize("NFC", text.replace("\u00ad", "")))
        if text:
            self.rows.append({"text": text, "section": self.section, "heading": heading, **place})


# -- Markdown and text --


def without_marks(line):
    """A line of Markdown as its reader sees it."""
    line = re.sub(r"!?\[\**([^\]]*?)\**\]\([^)]*\)", r"\1", line)
    line = re.sub(r"(?<!\\)(\*\*|__)(.+?)(?<!\\)\1", r"\2", line)
    line = re.sub(r"(?<![\\\w*])([*_])(?=\S)(.+?)(?<=[^\s\\])\1(?![\w*])", r"\2", line)
    line = re.sub(r"(?<!\\)\*\*|(?<![\\\w])\*(?=\w)|(?<=[\w.,;:!?])\*(?=\s|$)", "", line)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!|<>-])", r"\1", line.replace("`", ""))


def lead(line):
    """The heading that a paragraph of Markdown begins with: **6. Quotation Instructions**. Submittals …"""
    found = re.match(r"\s*(?:\w{1,3}[.)]\s+)?(\*\*|\*)([^*]{3,90}?)[.:]?\1", line)
    return found[2] if found and re.match(r"(?:\d+\.|[a-z]\.)?\s*[A-Z]", found[2]) and len(found[2].split()) < 12 else ""


def is_heading(line):
    """Whether a line without marks looks like a heading: 6.1 Quotation Instructions, or PERIOD OF PERFORMANCE."""
    if re.fullmatch(r"[A-Z0-9][A-Z0-9 ,.&()/-]{5,80}", line):
        return True
    long_words = [word for word in re.findall(r"[A-Za-z][\w-]*", line) if len(word) > 3]
    return bool(NUMBERED.match(line)) and 2 * sum(word[0].isupper() for word in long_words) >= len(long_words)


def plain_lead(text):
    """The heading that a paragraph without marks begins with: 6. Quotation Instructions. Submittals …"""
    found = re.match(r"(?:\d+|[a-z])\. (?:[A-Z][\w’-]*|of|and|the|for|to|in|or|by)(?: (?:[A-Z][\w’-]*|of|and|the|for|to|in|or|by)){0,8}(?=[.:] )", text)
    return found[0] if found else ""


def read_lines(text, found, markdown):
    block, start = [], 0

    def flush():
        nonlocal block
        if block:
            found.add(" ".join(block), line=start)
        block = []

    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        bare = line.strip()
        if markdown and re.match(r"#{1,6}\s", bare):
            flush()
            found.heading(without_marks(bare.lstrip("#").strip()), line=number)
            continue
        if not bare or re.fullmatch(r"[=\-_*|: ]{3,}", bare):
            flush()
            continue
        alone = not block and (number == len(lines) or not lines[number].strip())
        if not markdown and alone and is_heading(bare):
            found.heading(bare, line=number)
            continue
        if re.match(r"\s*(?:[-*+•]|\d{1,2}[.)]|\(?[a-z]{1,4}[.)])\s+", line) or (markdown and bare.startswith("|")):
            flush()
        if markdown:
            above = lead(line)
            if above:
                flush()
                found.section = plain(without_marks(above))[:120]
            shown = without_marks(line)
            shown = re.sub(r"^\s*(?:[-*+•]|\\?-)\s+", "", shown)
            if bare.startswith("|"):
                shown = " ; ".join(part.strip() for part in shown.strip().strip("|").split("|") if part.strip())
        else:
            shown = re.sub(r"^\s*[-*+•]\s+", "", line)
        if not block:
            start = number
        block.append(shown)
    flush()


# -- DOCX --


def inline(nodes):
    """The text of inline elements of a pandoc tree."""
    text = ""
    for node in nodes:
        kind, content = node["t"], node.get("c")
        if kind == "Str":
            text += content
        elif kind in ("Space", "SoftBreak", "LineBreak"):
            text += " "
        elif kind == "Quoted":
            left, right = ("‘", "’") if content[0]["t"] == "SingleQuote" else ("“", "”")
            text += left + inline(content[1]) + right
        elif kind in ("Code", "Math"):
            text += content[1]
        elif kind in ("Link", "Span"):
            text += inline(content[1])
        elif kind in ("Emph", "Strong", "Underline", "Strikeout", "Superscript", "Subscript", "SmallCaps"):
            text += inline(content)
    return text


def starts_strong(nodes):
    """The heading that a paragraph begins with, as `lead` finds it in Markdown."""
    if nodes and nodes[0]["t"] in ("Strong", "Emph"):
        text = inline(nodes[0]["c"]).rstrip(".: ")
        if 3 <= len(text) <= 90 and len(text.split()) < 12 and re.match(r"(?:\d+\.|[a-z]\.)?\s*[A-Z]", text):
            return text
    return ""


def read_blocks(blocks, found):
    for block in blocks:
        kind, content = block["t"], block.get("c")
        place = {"paragraph": len(found.rows) + 1}
        if kind == "Header":
            found.heading(inline(content[2]), **place)
        elif kind in ("Para", "Plain"):
            found.section = plain(starts_strong(content))[:120] or found.section
            found.add(inline(content), **place)
        elif kind == "LineBlock":
            found.add(" ".join(inline(line) for line in content), **place)
        elif kind == "BulletList":
            for item in content:
                read_blocks(item, found)
        elif kind == "OrderedList":
            for item in content[1]:
                read_blocks(item, found)
        elif kind == "DefinitionList":
            for term, definitions in content:
                found.add(inline(term), **place)
                for definition in definitions:
                    read_blocks(definition, found)
        elif kind in ("BlockQuote", "Div", "Figure"):
            read_blocks(content if kind == "BlockQuote" else content[-1], found)
        elif kind == "CodeBlock":
            found.add(content[1], **place)
        elif kind == "Table":
            read_table(content, found)


def read_table(content, found):
    head, bodies, foot = content[3], content[4], content[5]
    rows = list(head[1])
    for body in bodies:
        rows += body[2] + body[3]
    for row in rows + foot[1]:
        cells = Paragraphs()
        parts = []
        for cell in row[1]:
            cells.rows = []
            read_blocks(cell[4], cells)
            parts.append(" ".join(entry["text"] for entry in cells.rows))
        found.add(" ; ".join(part for part in parts if part), paragraph=len(found.rows) + 1)


# -- PDF --


def running_lines(pages):
    """Lines that stand at the top or the bottom of most pages, numbers aside."""
    counts = {}
    for page in pages:
        lines = [line.strip() for line in page.split("\n") if line.strip()]
        for line in {re.sub(r"\d+", "#", line) for line in lines[:2] + lines[-2:]}:
            counts[line] = counts.get(line, 0) + 1
    most = max(2, len(pages) * 0.6)
    return {line for line, count in counts.items() if len(pages) > 1 and count >= most}


def read_pages(text, found):
    pages = text.split("\f")
    if pages and not pages[-1].strip():
        pages.pop()
    running = running_lines(pages)
    words = set(re.findall(r"[a-z]{4,}", text.lower()))
    lengths = sorted(len(line.strip()) for line in text.split("\n") if line.strip())
    # A heading is no full line: else it is the first line of a numbered paragraph.
    wide = 0.7 * lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    block, start, gap, last = "", 1, False, 1

    def flush():
        nonlocal block
        bare = plain(block)
        if bare and len(bare) < 100 and is_heading(bare):
            found.heading(bare, page=start)
        elif bare:
            found.section = plain_lead(bare) or found.section
            found.add(bare, page=start)
        block = ""

    for number, page in enumerate(pages, start=1):
        for line in page.split("\n"):
            bare = re.sub(r"^[•◦▪‣–-]\s+", "", line.strip())
            if not bare:
                gap = True
                continue
            if re.sub(r"\d+", "#", line.strip()) in running:
                continue
            # A sentence goes on over the end of a page and over the gap of a figure.
            goes_on = not re.search(r"[.!?:;]$", block) and (re.match(r"[a-z]", bare) or last < number and len(block) > 60)
            if gap and not goes_on:
                flush()
            gap, last = False, number
            if re.match(r"\s*(?:[•◦▪‣]|\(?(?:\d{1,2}|[a-z]{1,3})[.)]|\d+(?:\.\d+)+\.?)\s", line):
                flush()
            if len(bare) < wide and is_heading(bare) and not re.search(r"[a-z,\u00ad-]$", block):
                flush()
                block, start = bare, number
                flush()
                continue
            if not block:
                start = number
            broken = re.search(r"([A-Za-z]+)-$", block)
            if re.search(r"[\u00ad/]$", block):
                block = block.rstrip("\u00ad") + bare
            elif broken and re.match(r"[a-z]+", bare):
                joined = (broken[1] + re.match(r"[a-z]+", bare)[0]).lower()
                block = (block[:-1] if joined in words else block) + bare
            else:
                block = (block + " " + bare).strip()
    flush()
    return len(pages)


def place(row):
    """Where a paragraph stands, in words."""
    where = next((f"{key} {row[key]}" for key in ("page", "line", "paragraph") if key in row), "")
    return ", ".join(part for part in (row.get("annex"), where, row["section"]) if part)


def read(path):
    """The paragraphs of a document, and its number of pages where it has pages."""
    form = os.path.splitext(path)[1].lower()
    if os.path.getsize(path) > LARGEST:
        stop(f"{os.path.basename(path)} is larger than {LARGEST >> 20} MiB")
    found, pages = Paragraphs(), 0
    if form in (".md", ".markdown", ".txt"):
        with open(path, "rb") as file:
            data = file.read()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("windows-1252", errors="replace")
        read_lines(text.replace("\r\n", "\n").replace("\r", "\n"), found, form != ".txt")
    elif form == ".docx":
        tree = program([pandoc(), "--sandbox", "-f", "docx", "-t", "json", path], "reading the DOCX file")
        read_blocks(json.loads(tree)["blocks"], found)
    elif form == ".pdf":
        pages = read_pages(program(["pdftotext", "-enc", "UTF-8", path, "-"], "reading the PDF file"), found)
    else:
        stop(f"documents of the form {form or 'without an ending'} are not read: use .pdf, .docx, .txt or .md")
    if sum(len(row["text"].split()) for row in found.rows) < 20:
        stop(f"{os.path.basename(path)} has almost no text" + (": a scanned PDF needs OCR first" if form == ".pdf" else ""))
    return found.rows, pages


def main():
    given = read_input()
    rows, pages = read(given["document"])
    for path in given.get("annexes") or []:
        more, count = read(path)
        rows, pages = rows + [{**row, "annex": os.path.basename(path)} for row in more], pages + count
    if sum(len(row["text"]) for row in rows) > LONGEST:
        stop(f"the documents have more than {LONGEST >> 20} MiB of text")
    rows = [{"number": number, "place": place(row), **row} for number, row in enumerate(rows, start=1)]
    write_text("document.txt", "\n".join(row["text"] for row in rows))
    write_json("paragraphs.json", rows)
    # The title: as the document says, else the first heading that is not the word for what sort of document it is.
    told = [match[1] for row in rows[:40]
            if (match := re.search(r"\b(?:Project )?Title: (.{5,120}?)(?= [A-Z][a-z]+(?: [A-Z][a-z]+)?: |$)", row["text"]))]
    kind = r"(?:request for \w+|statement of \w+|rf[pqi]|invitation to \w+)\W*"
    heads = [row["text"] for row in rows[:12] if row["heading"]] or [rows[0]["text"]]
    own = [left for head in heads if len(left := re.sub(kind, "", head, count=1, flags=re.I).strip("() ")) > 4
           and not re.match(r"[\d.]+\s", left) and not re.fullmatch(r"\(?[A-Z]{2,5}\)?", left)]
    write_output({
        "title": short((told or own or heads)[0], 120), "form": os.path.splitext(given["document"])[1].lower().lstrip("."),
        "paragraph_count": len(rows), "pages": pages, "words": sum(len(row["text"].split()) for row in rows),
    })


if __name__ == "__main__":
    main()
