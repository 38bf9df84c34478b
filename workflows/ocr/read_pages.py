# SPDX-License-Identifier: Apache-2.0
"""Reads images and PDFs: pdftotext where a page has a text of its own, else pdftoppm and tesseract.

Input: files, names, language, dpi, force, min_confidence, most_pages. Output: page (all texts as Markdown), pages: [{document,
page, by, words, confidence}], confidence (mean over all words that were read, 100 where none were), doubtful, and the
artifacts text.txt and words.csv (doubtful words with their place on the page, in dots).
"""

import csv
import io
import os
import re
import shutil
import subprocess

from node import read_input, stop, write_output, write_table

SECONDS = 300
CURE = "scripts/install-dependencies installs it"
LEAST_LETTERS = 20


def run(command):
    if not shutil.which(command[0]):
        stop(f"{command[0]} is not installed; {CURE}")
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        stop(f"{command[0]} took more than {SECONDS} s")
    if done.returncode:
        stop(f"{command[0]}: " + done.stderr.decode(errors="replace").strip()[-400:])
    return done.stdout


def recognise(image, language):
    """(text, words) of an image; words are (text, confidence, left, top, width, height)."""
    table = run(["tesseract", image, "stdout", "-l", language, "--psm", "3", "tsv"]).decode("utf-8", errors="replace")
    lines, words, now, last = [], [], [], None
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] != "5" or not (row["text"] or "").strip():
            continue
        place = (row["block_num"], row["par_num"], row["line_num"])
        if last is not None and place != last:
            lines.append(" ".join(now))
            # A paragraph of its own.
            if place[:2] != last[:2]:
                lines.append("")
            now = []
        last = place
        now.append(row["text"])
        words.append((row["text"], float(row["conf"]), *(int(row[key]) for key in ("left", "top", "width", "height"))))
    lines.append(" ".join(now))
    return "\n".join(lines).strip(), words


def pages_of(path, name, given):
    """(page, text, words) of a file; words are None where the text is the page's own."""
    if os.path.splitext(name)[1].lower() != ".pdf":
        yield (1, *recognise(path, given["language"]))
        return
    info = run(["pdfinfo", path]).decode(errors="replace")
    count = int((re.search(r"^Pages:\s+(\d+)", info, re.M) or ["", "0"])[1])
    for page in range(1, count + 1):
        own = run(["pdftotext", "-layout", "-enc", "UTF-8", "-f", str(page), "-l", str(page), path, "-"])
        text = own.decode("utf-8", errors="replace").replace("\f", "").strip("\n")
        if not given["force"] and sum(letter.isalnum() for letter in text) >= LEAST_LETTERS:
            yield page, text, None
            continue
        run(["pdftoppm", "-r", str(given["dpi"]), "-gray", "-png", "-f", str(page), "-l", str(page), "-singlefile", path, "drawn"])
        yield (page, *recognise("drawn.png", given["language"]))
        os.remove("drawn.png")


def main():
    given = read_input()
    pages, parts, plain, doubtful, scores, read = [], [], [], [], [], 0
    for path, name in zip(given["files"], given["names"]):
        for page, text, words in pages_of(path, name, given):
            read += 1
            if read > given["most_pages"]:
                stop(f"there are more than {given['most_pages']} pages; raise the input most_pages")
            sure = [word[1] for word in words or []]
            scores += sure
            pages.append({
                "document": name, "page": page, "by": "tesseract" if words is not None else "the text of the page",
                "words": len(text.split()), "confidence": round(sum(sure) / len(sure), 1) if sure else None,
            })
            fence = "`" * max([3, *(len(found) + 1 for found in re.findall(r"`+", text))])
            title = re.sub(r"([*_#`<>])", r"\\\1", name)
            parts.append(f"## {title}, page {page}\n\n{fence}\n{text}\n{fence}")
            plain.append(text)
            doubtful += [
                {"document": name, "page": page, "word": word, "confidence": round(sure_, 1), "left": left, "top": top,
                 "width": width, "height": height}
                for word, sure_, left, top, width, height in words or [] if sure_ < given["min_confidence"]
            ]
    with open("text.txt", "w", encoding="utf-8") as file:
        file.write("\f".join(plain) + "\n")
    write_table("words.csv", ["document", "page", "word", "confidence", "left", "top", "width", "height"], doubtful)
    write_output({
        "page": "\n\n".join(parts), "pages": pages, "doubtful": len(doubtful),
        "confidence": round(sum(scores) / len(scores), 1) if scores else 100,
    })


if __name__ == "__main__":
    main()
