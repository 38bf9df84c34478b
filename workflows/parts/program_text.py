# SPDX-License-Identifier: Apache-2.0
"""The program in what an agent has written: out of Markdown, out of prose, with its line breaks."""

import ast
import json
import os
import re

FENCE = re.compile(r"```[ \t]*([A-Za-z0-9_+-]*)[^\n]*\n(.*?)(?:\n[ \t]*```|\Z)", re.S)
CODE = re.compile(r"^(import |from \w[\w.]* import |def |class |print\(|with open\(|[A-Za-z_][\w., ]* = )", re.M)


def fault(code):
    """What is wrong with the syntax of a program, as Python tells it; empty if nothing is."""
    try:
        ast.parse(code)
    except SyntaxError as error:
        place = f"line {error.lineno}" if error.lineno else "the program"
        line = (error.text or "").rstrip("\n")
        caret = "\n" + " " * (error.offset - 1) + "^" if line and error.offset and error.offset <= len(line) + 1 else ""
        return f"{place}: {line}{caret}\n{type(error).__name__}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"SyntaxError: {error}"
    return ""


def blocks(text):
    """The blocks of Python in a Markdown text; those without a language count, those of another one do not."""
    return [body for language, body in FENCE.findall(text) if language.lower() in ("", "python", "py", "python3")]


def unwrapped(text):
    """A program without the fences around it, or cut out of prose."""
    text = text.replace("\r\n", "\n").replace("\0", "")
    found = blocks(text)
    if found:
        return max(found, key=len)
    if "\n" not in text.strip() and "\\n" in text and fault(text):
        # Line breaks that were escaped once too often.
        wide = text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
        if not fault(wide):
            return wide
    if fault(text):
        begin = CODE.search(text)
        if begin:
            rest = text[begin.start():]
            while rest and fault(rest):
                # Prose after the program: only whole paragraphs go.
                rest = rest[:max(0, rest.rstrip().rfind("\n\n"))]
            if rest:
                return rest
    return text


def parts(answer):
    """(program, explanation) of an agent's whole answer: Markdown, or JSON as the formatter writes it."""
    try:
        data = json.loads(answer)
    except ValueError:
        data = None
    if isinstance(data, dict) and isinstance(data.get("python_code"), str):
        said = data.get("code_explanation")
        return unwrapped(data["python_code"]), said.strip() if isinstance(said, str) else ""
    found = FENCE.search(answer)
    said = answer[:found.start()] + " " + answer[found.end():] if found else ""
    return unwrapped(answer), " ".join(FENCE.sub(" ", said).split())[:600]


def choose(code, answer):
    """(program, remark): what the formatter says is the program, or what the engineer has written itself."""
    code, answer = code or "", answer or ""
    if not code.strip():
        program = parts(answer)[0]
        # Words about a program are none.
        return ("" if fault(program) and not blocks(answer) and not CODE.search(answer) else program), ""
    mine = unwrapped(code)
    theirs = unwrapped(answer) if blocks(answer) or CODE.search(answer) else ""
    if theirs and not fault(theirs) and _plain(theirs) != _plain(mine):
        return theirs, "the program is the engineer's own text: the copy in JSON was another one"
    return mine, "" if mine.strip() == code.strip() else "the program was cut out of other text"


def _plain(code):
    """Two programs that differ only in blanks are the same here."""
    return re.sub(r"\s+", " ", code).strip()


def with_paths(code, data):
    """(program, remark): data files are in the folder of the program, whatever folder an agent has dreamt of."""
    moved = []
    for name in sorted(data):
        def plain(found, name=name):
            if os.path.exists(found[2] + name):
                return found[0]
            moved.append(name)
            return found[1] + name + found[1]
        code = re.sub(rf"""(["'])([^"'\n]*/){re.escape(name)}\1""", plain, code)
    return code, f"another folder was taken off the path of {', '.join(sorted(set(moved)))}" if moved else ""
