# SPDX-License-Identifier: Apache-2.0
"""Texts: Markdown that says what it should, and the check of what an agent wrote.

An agent's text is taken only when each number in it is in the facts that the agent was given, when it holds no
placeholder and is not empty. A number with a unit (16 weeks) must stand in the facts with that unit.
"""

import re
import unicodedata

SMALL = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
    "eleven": "11", "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "hundred": "100", "thousand": "1000",
}
UNITS = "weeks? months? years? days? hours? pages? people persons? users? percent % sprints? dollars usd eur gb tb".split()
UNIT = re.compile(r"[\s-]*(" + "|".join(UNITS) + r")(?![a-z])", re.I)
NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?")
# Names that hold a number. They say nothing of this project.
NAMES = re.compile(
    r"\b(?:OAuth|TLS|HTTP|OpenAPI|WCAG|SAML|IPv|ISO(?:/IEC)?|FIPS|Section|SHA|AES|UTF)[ -/]?\d+(?:[.-]\d+)*|\bIPv[46]\b", re.I)
PLACEHOLDERS = re.compile(
    r"\bTBD\b|\bTBC\b|\bTODO\b|\bFIXME\b|\bXX+\b|lorem ipsum|to be (?:determined|defined|confirmed|decided)|"
    r"\[(?:insert|your|name|date|company|client|tbd)[^\]]*\]|<(?:insert|your|name|date|company|client)[^>]*>|\.\.\.|…", re.I)
# What the agents are told of the form of their answers; small models give it back as an answer.
REQUEST = re.compile(
    r"\b(?:a|one) (?:short )?sentence each\b|\bfacts do not say\b|\bat most \d+\W*$|\b(?:worst|most important) first\b", re.I)


def plain(text):
    """The text on one line."""
    return re.sub(r"\s+", " ", str(text or "")).strip()


def same(text):
    """The form in which texts are compared: composed, one blank for all white space, one sort of quotes and dashes."""
    text = unicodedata.normalize("NFKC", str(text or "")).replace("\u00ad", "")
    text = re.sub(r"[\u2018\u2019\u201b\u2032]", "'", re.sub(r"[\u201c\u201d\u201f\u2033]", '"', text))
    return re.sub(r"\s+", " ", re.sub(r"[\u2010-\u2015\u2212]", "-", text)).strip()


def escape(text):
    """The text as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>#|$~^@])", r"\\\1", plain(text))


def quote(text):
    """A quotation, as Markdown."""
    return "“" + escape(text) + "”"


def short(text, most):
    """The text, cut at a word."""
    text = plain(text)
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(" ,;:") + " (cut)"


def table(header, rows, right=()):
    """A table; cells are Markdown already. `right`: columns whose numbers stand at the right."""
    lines = ["| " + " | ".join(header) + " |"]
    lines.append("|" + "|".join("--:" if place in right else ":--" for place in range(len(header))) + "|")
    # A cell that begins with "3. " would be set as a list.
    lines += ["| " + " | ".join(re.sub(r"^(\d+)\. ", r"\1 ", plain(cell)) or " " for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def money(amount, currency):
    """An amount of a Decimal with two digits."""
    return f"{currency} {amount:,.2f}"


def value(digits):
    """A number in one form: 1,200.50 is 1200.5."""
    digits = digits.replace(",", "")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits.lstrip("0") or "0"


def statements(text):
    """The numbers of a text, each with its unit or nothing."""
    text = NAMES.sub(" ", same(text))
    found = [(match[0], match.end()) for match in NUMBER.finditer(text)]
    found += [(SMALL[match[0].lower()], match.end()) for match in re.finditer(r"\b(?:" + "|".join(SMALL) + r")\b", text, re.I)]
    result = set()
    for digits, end in found:
        unit = UNIT.match(text, end)
        result.add((value(digits), unit[1].lower().rstrip("s") if unit else ""))
    return result


def strange_numbers(text, facts):
    """The numbers of a text that its facts do not hold."""
    known = statements(facts)
    bare = {number for number, _ in known}
    return sorted(
        f"{number} {unit}".strip() for number, unit in statements(text)
        if ((number, unit) not in known if unit else number not in bare))


def fault(text, facts, least=12):
    """What is wrong with a text of an agent, or nothing."""
    if len(plain(text)) < least or not re.search(r"[A-Za-z]{3,}", text):
        return "it says nothing"
    if "(cut" in text:
        return "it repeats a text that was cut"
    if len(text) > 90 and not re.search(r"[.!?)”\"]$", text.strip()):
        return "it breaks off"
    if PLACEHOLDERS.search(text):
        return "it holds a placeholder"
    if REQUEST.search(text):
        return "it repeats what was asked for"
    if re.search(r"[\u0400-\u1fff\u2e80-\u9fff]", text):
        return "it changes its language"
    strange = strange_numbers(text, facts)
    return "the number " + ", ".join(strange[:4]) + " is not in its facts" if strange else ""


def once(text):
    """The text with each sentence of some length once: models that go round in circles say the same again."""
    seen, kept = set(), []
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        said = re.sub(r"\W+", " ", sentence).strip().lower()
        if len(said) <= 20 or said not in seen:
            kept.append(sentence)
        seen.add(said)
    return " ".join(kept)


def whole(text):
    """The text up to its last whole sentence, where a limit has cut it."""
    text = plain(text)
    if re.search(r"[.!?)”\"]$", text):
        return text
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)", text)]
    return text[:ends[-1]] if ends else text
