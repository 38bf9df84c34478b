# SPDX-License-Identifier: Apache-2.0
"""Checks a section that an agent has written, and puts a text of a template in its place when the tries are over.

Input: section, text, facts (what was computed and what the data hold, a fact a line), context (texts that the section may
take numbers from as well: the idea, the methods), fallback (the template's text), figures (how many there are), number (of
the try), narrative. Output: ok, done, text (the checked text, else the fallback), by_agent, source, complaints, numbers.

What is refused: no text, or hardly any; a number that is not in the facts, or that the facts say of something else; a
reference to a figure that there is not; a citation (none was looked up by a writer); a place left open, such as [value];
a sentence again and again. That a text is wrong in another way is left to the reader.
"""

import re

from node import dollar_formulas, read_input, without_programs, write_output

FEWEST_WORDS = {"caption": 4}
MOST_CHARACTERS = 12_000
MOST_COMPLAINTS = 5
# Sections that tell what is to be done may name numbers of the idea and of the methods.
OPEN_SECTIONS = ("introduction", "methods")
TOPICS = {
    "mean": r"\bmeans?\b|\baverages?\b", "median": r"\bmedian", "deviation": r"\bdeviation|\bstd\b|\bsd\b",
    "least": r"\bleast\b(?! squares)|\bminim\w+|\blowest\b|\bsmallest\b",
    "greatest": r"\bgreatest\b|\bmaxim\w+|\bhighest\b|\blargest\b", "trend": r"\btrend|\bslope",
    "correlation": r"\bcorrelat", "tau": r"\btau\b", "error": r"\bstandard error", "criterion": r"\bcriterion\b|\bBIC\b",
    "rows": r"\brows?\b|\bobservations\b|\bsamples?\b|\bvalues?\b", "f": r"\bF =|\bF of\b|\bF-",
}
NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-−–](?=\d|\.\d))?(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+|(?=\.\d))(?P<part>\.\d+)?"
    r"(?P<power>[eE][-+]?\d+|\s?[×x]\s?10\^?\{?[-−]?\d+\}?)?(?P<percent>\s?(?:\\?%|percent\b|per cent\b))?")
WORDS = ("eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty "
         "seventy eighty ninety hundred hundreds thousand thousands million millions dozen dozens").split()
OPEN_PLACES = re.compile(
    r"\[(?:insert|your|name|value|number|x+|author|date|year|todo|tbd|placeholder|citation|ref)[^\]]*\]|\bTODO\b|\bTBD\b|"
    r"\bXX+\b|lorem ipsum|\bplaceholder\b|as an AI\b|\bI cannot\b|\bI'm sorry\b", re.I)
CITATION = re.compile(
    r"\\cite\w*|\bet al\b\.?|\[\d+(?:\s*[,–-]\s*\d+)*\]|\((?:[A-Z][\w'-]+(?: (?:and|&) [A-Z][\w'-]+)?),? (?:18|19|20)\d\d[a-z]?\)")
SIGNIFICANCE = re.compile(r"\bp\s*(?:-?\s?values?)?\s*(?:is |are |was )?(?:<|>|≤|≥|=|below|above|of)\s*$", re.I)


def numbers(text):
    """(value, half a unit of its last digit, is a percentage, as written, place) of each number."""
    found = []
    for match in NUMBER.finditer(text):
        if not match["digits"] and not match["part"]:
            continue
        value = float((match["digits"] or "0").replace(",", "") + (match["part"] or ""))
        unit = 10.0 ** -(len(match["part"] or ".") - 1)
        power = re.search(r"[-−]?\d+\}?$", match["power"] or "")
        if power:
            scale = 10.0 ** int(power[0].rstrip("}").replace("−", "-"))
            value, unit = value * scale, unit * scale
        found.append((value, unit / 2, bool(match["percent"]), match[0].strip(), match.start()))
    return found


def same(said, fact):
    """Whether a number of the text is that of a fact, rounded to the digits that the text shows; the sign is in words."""
    value, slack, percent, _, _ = said
    other, _, other_percent, _, _ = fact
    if abs(other - value) <= slack * (1 + 1e-9) + 1e-12:
        return percent == other_percent or not other_percent
    if percent and not other_percent:
        return abs(100 * other - value) <= slack * (1 + 1e-9) + 1e-12
    return False


def topics(text):
    return {topic for topic, pattern in TOPICS.items() if re.search(pattern, text, flags=re.I)}


def clauses(text):
    """Clauses with numbers, each with the words before it that have none."""
    result = []
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
        waiting = ""
        for piece in re.split(r"[;:]|,(?!\d)|\b(?:and|while|but|whereas|with)\b", sentence):
            if numbers(piece):
                result.append(waiting + piece)
                waiting = ""
            else:
                waiting += piece + " "
    return result


def said_by(fact):
    """(number, topics) of each number of a fact: the topics of its clause, else those of the whole fact."""
    whole = topics(fact)
    return [(number, topics(clause) or whole) for text in (fact, bare(fact, "facts")) for clause in clauses(text)
            for number in numbers(clause)]


def bare(text, section):
    """The text without what holds digits and is no statement: list items, references to figures, names, formulas."""
    text = re.sub(r"(?m)^\s*(?:[-*>]\s*)*(?:\*\*)?\(?\d{1,2}[.):](?:\*\*)?(?=\s)", " ", text)
    text = re.sub(r"\b(?:fig(?:ure|s?\.)?|table|section|eqs?\.?|equations?|step)s?\s*\(?\d+\)?(?:\s*(?:and|,|to|–|-)\s*\d+)*", " ",
                  text, flags=re.I)
    text = re.sub(r"\b\d{1,2}(?:st|nd|rd|th)\b", " ", text)
    text = re.sub(r"`[^`\n]*`", " ", text)
    if section in OPEN_SECTIONS:
        text = re.sub(r"\$[^$\n]{1,300}\$", " ", dollar_formulas(text))
    # A unit such as 10^8 m^3 is no number of its own.
    return re.sub(r"\b10\s?(?:\^|\*\*)\s?\{?-?\d+\}?|\b[a-zA-Z]+\^\{?-?\d+\}?|10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", " ", text)


def clean(text, section):
    """The text without a fence, programs, a heading of its own, a lead-in, and a last sentence that was cut off."""
    text = text.strip()
    if text.startswith("```"):
        text = re.sub(r"\A```\w*\n|\n?```\Z", "", text).strip()
    text = without_programs(text)
    text = re.sub(r"\A(?:sure|certainly|here is|here's|below is)\b[^\n]*:\s*\n+", "", text, flags=re.I)
    lines = []
    for line in text.split("\n"):
        heading = re.fullmatch(r"\s*(?:#{1,6}\s+(.*?)\s*#*|\*\*([^*]+)\*\*:?|([A-Z][a-z]+):?)\s*", line)
        if heading and (heading[1] is not None or len((heading[2] or heading[3]).split()) <= 6):
            continue
        lines.append(line.rstrip())
    text = "\n".join(lines).strip()
    text = re.sub(rf"\A(?:\*\*)?{section}(?:\*\*)?\s*:\s*(?:\*\*)?\s*", "", text, flags=re.I)
    text = re.sub(r"\n{3,}", "\n\n", text)
    if section == "caption" or not text or re.search(r"[.!?:)\"”*`]$", text):
        return text
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)", text)]
    return text[:ends[-1]] if ends else text


def complain(section, text, facts, context, figures, known_keys=()):
    """What is wrong with the text, a sentence each."""
    if not text:
        return ["There is no text."]
    faults = []
    if len(re.findall(r"\w+", text)) < FEWEST_WORDS.get(section, 15):
        faults.append("The text is too short.")
    if len(text) > MOST_CHARACTERS:
        faults.append(f"The text is longer than {MOST_CHARACTERS} characters.")
    open_place = OPEN_PLACES.search(text)
    if open_place:
        faults.append(f'"{open_place[0]}" is no text of a paper.')
    citation = CITATION.search(text)
    if citation and citation[0].strip("[]") not in known_keys:
        faults.append(f'There is no citation to be made: "{citation[0]}".')
    for said in re.findall(r"\bfig(?:ure|s?\.)?s?\s*\(?(\d+)", text, flags=re.I):
        if not 1 <= int(said) <= figures:
            faults.append(f"There is no figure {said}.")
    sentences = [re.sub(r"\W+", " ", part).strip().lower() for part in re.split(r"(?<=[.!?])\s+|\n+", text)]
    sentences = [part for part in sentences if len(part) > 20]
    if any(sentences.count(part) > 1 for part in sentences):
        faults.append("A sentence stands there twice.")
    lines = [line for line in facts.splitlines() if line.strip()]
    wide = context if section in OPEN_SECTIONS else ""
    known = [entry for line in lines for entry in said_by(line)]
    free = numbers(wide + " " + bare(wide, "facts"))
    body = bare(text, section)
    for clause in clauses(body):
        about = topics(clause)
        for said in numbers(clause):
            holders = [about_it for number, about_it in known if same(said, number)]
            if any(same(said, number) for number in free):
                continue
            if not holders:
                faults.append(f"The number {said[3]} is not in the facts.")
            elif about and not SIGNIFICANCE.search(clause[:said[4]]) and not any(about & about_it for about_it in holders):
                shown = re.sub(r"\s+", " ", clause).strip(" ,.")
                faults.append(f'No fact says this of {said[3]}: "{shown[:120]}".')
    for word in re.findall(r"[a-z]+", body.lower()):
        if word in WORDS:
            faults.append(f'Write the number "{word}" in digits.')
    return list(dict.fromkeys(faults))


def main():
    given = read_input()
    section, facts, context = given["section"], given.get("facts") or "", given.get("context") or ""
    figures, number = given.get("figures") or 0, given.get("number") or 1
    text = (given.get("text") or "").strip()
    title = ""
    if section == "abstract" and text:
        title, _, text = text.partition("\n")
        title = re.sub(r"\s+", " ", title).strip(" .#*\"")
    text = clean(text, section)
    faults = complain(section, text, facts, context, figures)
    if section == "abstract" and text:
        if not title or len(title.split()) > 20:
            faults.append("The title must have 3 to 20 words.")
        faults += [fault for fault in complain("caption", title, facts, context, figures) if "short" not in fault]
        text = re.sub(r"\s+", " ", text)
    if given.get("narrative") == "template":
        faults = ["No agent was asked."]
    ok = not faults
    fallback = (given.get("fallback") or "").strip()
    result = f"{title}\n\n{text}" if section == "abstract" and ok else text if ok else fallback
    tries = "first draft" if number == 1 else f"repair {number - 1}"
    print("the text passes" if ok else "\n".join(faults))
    write_output({
        "ok": ok, "done": ok or given.get("narrative") == "template", "text": result, "by_agent": ok,
        "source": f"an agent, {tries}" if ok else "a template",
        "complaints": " ".join(faults[:MOST_COMPLAINTS]), "numbers": len(numbers(bare(text, section))) if ok else 0,
    })


if __name__ == "__main__":
    main()
