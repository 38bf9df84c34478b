# SPDX-License-Identifier: Apache-2.0
"""Finds by rule what a document asks for: sentences with shall, must, will, should or required, and user stories.

Input: paragraphs (path of paragraphs.json), title, reading (how many passages an agent is to read), and of the run's
inputs provider, timeline, budget and focus. Output: found (a list of id, quote, place, strength, party, topic, by),
facts (counts and the first ones, for agents), passages (what the rules have left, for an agent to read), duration (what
the document names, with its quote), weeks and weeks_source, terms (abbreviations that the document explains).

A quote is copied from the source and never changed. Party: supplier (who bids or does the work), product (what is
built), customer (who asks). Strength: must, should, may.
"""

import re

from node import read_input, read_json, stop, write_json, write_output
from text import plain, same, short

MODAL = re.compile(
    r"\b(?:shall|must|should|will|may not|(?:is|are) (?:\w+ )?(?:required|responsible|necessary|expected)|has to|have to|needs? to|"
    r"cannot exceed|(?:is|are) to be)\b", re.I)
STORY = re.compile(r"^As an? [\w /-]+,? .{0,60}\b(?:I|we) (?:would like|want|need|can|should)\b", re.I)
MUST = re.compile(
    r"\b(?:shall|must|will|required|responsible|necessary|has to|have to|needs? to|cannot exceed|(?:is|are) to be)\b", re.I)
CUSTOMER = re.compile(
    r"^(?:\W|\d+[.)]|[a-z][.)])*(?:[A-Z][\w &/-]{0,50}[.:] )?(?:the |all |this |any )?(?:U\.S\. )?(?:government|contracting officer|"
    r"contract specialist|(?:[\w ]{0,24} )?(?:agency|authority|council|ministry|department|university|board)|COR\b|CO\b|product owner|buyer|purchaser|customer|client|questions|orals? |oral "
    r"presentation|evaluation|award|option provision|access to the actual)", re.I)
SUPPLIER = re.compile(
    r"\b(?:offeror|contractor|vendor|bidder|supplier|proposer|respondent|tenderer|consultant|provider|quot(?:e|ation)s?|proposals?|"
    r"bid|resumes?|résumés?|key personnel|product (?:lead|manager)|technical lead|staffing|cover page|BPA holder|aBPA)\b", re.I)
PRODUCT = re.compile(
    r"\b(?:API|system|solution|application|software|service|platform|portal|website|database|code|interface|product|prototype|data|"
    r"users?|information|PII|backup)\b", re.I)
# The first topic whose words a sentence holds.
TOPICS = [
    ("security", r"\b(?:secur|encrypt|authenti|authori[sz]|permission|access control|restrict which|PII|personal|privacy|password|audit log)"),
    ("submission", r"\b(?:quotation|quote|proposal|submi|attachment|cover page|page limit|\d+ pages?\b|first page|eBuy|resumes?|letters? of intent|oral presentation|format)"),
    ("price", r"\b(?:pric|cost|rate|discount|invoice|payment|budget|fee)"),
    ("staffing", r"\b(?:personnel|staff|labou?r categor|team|résumé|key person|product lead|technical lead|substitut)"),
    ("legal", r"\b(?:clause|FAR\b|provision|agreement|conflict of interest|confidential|liab|licen[cs]e|open source policy|terms and conditions|subcontract)"),
    ("data", r"\b(?:data|database|record|oracle|mysql|backup|retention|migrat|field mapping)"),
    ("interface", r"\b(?:API|REST|JSON|endpoint|integrat|interface|web service|specification|protocol)"),
    ("platform", r"\b(?:linux|apache|server|cloud|host|operating system|environment|python|ruby|php|node|deploy)"),
    ("quality", r"\b(?:test|quality|QASP|accessib|508|WCAG|performance|availab|uptime|response time|usab|defect|accept)"),
    ("delivery", r"\b(?:deliver|sprint|schedule|period of performance|deadline|(?:\d|week|month|working) ?(?:weeks?|months?|days?)|by the end of|transition|milestone|kick-?off)"),
    ("operation", r"\b(?:support|maintain|monitor|operat|incident|help ?desk|training|documentation|manual)"),
]
ABBREVIATED = re.compile(r"(?<![A-Za-z.])(?:e\.g|i\.e|etc|vs|No|Nos|Mr|Ms|Dr|Inc|Ltd|Co|Corp|U\.S|Pub|L|Sec|Art|approx|cf|a\.m|p\.m|[A-Z])\.$")
SHORTEST, LONGEST, MOST = 25, 700, 400
PASSAGE = 2200


def sentences(text):
    """The sentences of a paragraph, as they stand there."""
    found, start = [], 0
    for match in re.finditer(r"[.!?][)”\"']?\s+(?=[\"“(]?[A-Z0-9])", text):
        if not ABBREVIATED.search(text[start:match.end()].rstrip()) and not re.fullmatch(r"\W*(?:\d+|\w)\.\s*", text[start:match.end()]):
            found.append(text[start:match.end()].strip())
            start = match.end()
    return found + [text[start:].strip()]


def topic(text, section=""):
    found = next((name for name, words in TOPICS if re.search(words, text, re.I)), "function")
    # Of a sentence that says little the chapter tells more.
    if found == "function" and re.search(r"\b(?:proposals?|quotations?|submi|instructions to|evaluation|award)\b", section, re.I):
        return "submission"
    return found


def party(text, topic):
    if STORY.search(text):
        return "product"
    if CUSTOMER.search(text):
        return "customer"
    subject = re.split(MODAL, text, maxsplit=1)[0]
    if SUPPLIER.search(subject):
        return "supplier"
    if topic in ("submission", "price", "staffing", "legal"):
        return "supplier"
    if PRODUCT.search(subject):
        return "product"
    return "supplier" if SUPPLIER.search(text) or topic in ("delivery", "operation") else "product"


def entry(number, quote, row, by="rule", strength=None):
    """A requirement of a sentence."""
    about = topic(quote, row["section"])
    return {
        "id": f"R{number:03}", "quote": quote, "place": row["place"], "paragraph": row["number"],
        "strength": strength or ("must" if MUST.search(quote) or STORY.search(quote) else "should"),
        "party": party(quote, about), "topic": about, "by": by,
    }


def find(rows):
    """(requirements, numbers of the paragraphs that hold one)"""
    found, seen, used = [], set(), set()
    for row in rows:
        if row["heading"]:
            continue
        for sentence in sentences(row["text"]):
            if not SHORTEST <= len(sentence) <= LONGEST or not (MODAL.search(sentence) or STORY.search(sentence)):
                continue
            used.add(row["number"])
            key = same(sentence).lower()
            if key in seen or len(found) >= MOST:
                continue
            seen.add(key)
            found.append(entry(len(found) + 1, sentence, row))
    return found, used


def relevance(item):
    """What an agent is to see first: what is built, then how it is delivered, then how a bid is written."""
    order = {"function": 0, "interface": 0, "data": 1, "security": 1, "platform": 1, "quality": 2, "delivery": 3, "operation": 3}
    return ({"product": 0, "supplier": 1, "customer": 9}[item["party"]], order.get(item["topic"], 5),
            {"must": 0, "should": 1, "may": 2}[item["strength"]], item["id"])


def most_relevant(found, most):
    """The first ones, not too many of one topic."""
    chosen, topics = [], {}
    for item in sorted(found, key=relevance):
        if item["party"] != "customer" and topics.get(item["topic"], 0) < max(2, most // 4):
            topics[item["topic"]] = topics.get(item["topic"], 0) + 1
            chosen.append(item)
    return chosen[:most]


def passages(rows, used, most):
    """Paragraphs without a requirement, that an agent is to look at: longer ones first, then in their order."""
    left = [row for row in rows if row["number"] not in used and not row["heading"] and len(row["text"]) > 60]
    result, size, block = [], 0, []
    for row in left:
        if size + len(row["text"]) > PASSAGE and block:
            result.append(block)
            block, size = [], 0
        block.append(f"[{row['place']}] {short(row['text'], 700)}")
        size += min(len(row["text"]), 700)
    if block:
        result.append(block)
    return [{"number": number, "text": "\n".join(block)} for number, block in enumerate(result[:most], start=1)]


def duration(rows):
    """The duration that the document names for the work: weeks, quote, place."""
    best = None
    for row in rows:
        for sentence in sentences(row["text"]):
            match = re.search(r"\b(\d{1,3})[\s-]*(weeks?|months?|years?)\b", sentence, re.I)
            if not match or not re.search(r"period of performance|base period|duration|complet|deliver|within|contract term|project", sentence, re.I):
                continue
            weeks = re.search(r"\b(\d{1,3})[\s-]*weeks?\b", sentence, re.I)
            number = int(weeks[1]) if weeks else round(int(match[1]) * {"m": 52 / 12, "y": 52, "w": 1}[match[2][0].lower()])
            rank = (not re.search(r"period of performance|base period|duration", sentence, re.I), row["number"])
            if 1 <= number <= 520 and (best is None or rank < best[0]):
                best = (rank, {"weeks": number, "quote": sentence, "place": row["place"]})
    return best[1] if best else {"weeks": 0, "quote": "", "place": ""}


def weeks(timeline, named):
    """(weeks, where they are from) of the work: the input, else the document, else an assumption."""
    match = re.search(r"(\d{1,3})\s*-?\s*(week|month|year)s?\b", timeline or "", re.I)
    if match:
        number = int(match[1]) * {"w": 1, "m": 52 / 12, "y": 52}[match[2][0].lower()]
        return max(1, min(520, round(number))), "the input timeline"
    if named["weeks"]:
        return named["weeks"], f"the document ({named['place']})"
    return 12, "an assumption, since neither the input nor the document names a duration"


def terms(rows):
    """Abbreviations that the document explains: Quality Assurance Surveillance Plan (QASP)."""
    found = {}
    for row in rows:
        for match in re.finditer(r"\(([A-Za-z]?[A-Z][A-Z0-9-]{1,7})s?\)", row["text"]):
            short_form = match[1]
            letters = [letter for letter in short_form.lower() if letter.isalpha()]
            words = re.findall(r"[\w’'/-]+", row["text"][:match.start()])[-len(letters) - 3:]
            for start in range(len(words)):
                tail = words[start:]
                if tail and tail[0][0].lower() == letters[0] and fits(letters, tail):
                    form = " ".join(tail)
                    if short_form not in found and len(form) > len(short_form) + 3:
                        quote = re.search(re.escape(tail[0]) + r"[^()]*?\(" + re.escape(short_form), row["text"])
                        if quote:
                            found[short_form] = {
                                "term": short_form, "meaning": form, "place": row["place"], "quote": quote[0] + "s)"
                                if row["text"][quote.end():quote.end() + 1] == "s" else quote[0] + ")"}
                    break
    return [found[key] for key in sorted(found)]


def fits(letters, words):
    """Whether the letters are those that the words begin with, small words and second letters of a word aside."""
    place = 0
    for word in words:
        begun = False
        for part in re.split(r"[-/]", word.lower()):
            if place < len(letters) and part[:1] == letters[place]:
                place, begun = place + 1, True
        if not begun and word.lower() not in ("of", "and", "the", "for", "to", "in", "a", "on"):
            return False
    return place == len(letters)


def counts(found):
    """How many there are: in all, and by strength, party and topic."""
    def by(key):
        result = {}
        for item in found:
            result[item[key]] = result.get(item[key], 0) + 1
        return dict(sorted(result.items(), key=lambda pair: (-pair[1], pair[0])))

    return {"all": len(found), "strength": by("strength"), "party": by("party"), "topic": by("topic")}


def facts(given, found):
    """What agents are told of the requirements."""
    count = counts(found)
    lines = [
        f"Project: {given['title']}. Duration: {given['weeks']} weeks. Provider: {given['provider']}.",
        f"Requirements found by rule: {count['all']} in all; "
        + ", ".join(f"{name} {number}" for name, number in count["topic"].items()) + ".",
    ]
    lines += [f"{name}: {short(given[key], 200)}." for name, key in (
        ("Budget", "budget"), ("Timeline", "timeline"), ("Focus", "focus")) if plain(given[key])]
    lines += [f"{item['id']} ({item['topic']}): {short(item['quote'], 130)}" for item in most_relevant(found, 9)]
    return "\n".join(lines)


def main():
    given = read_input()
    rows = read_json(given["paragraphs"])
    found, used = find(rows)
    if not found:
        stop("the document asks for nothing: no sentence with shall, must, will, should or required, and no user story")
    named = duration(rows)
    given["weeks"], source = weeks(given["timeline"], named)
    write_json("requirements.json", found)
    write_output({
        "found": found, "facts": facts(given, found), "passages": passages(rows, used, given["reading"]),
        "duration": named, "weeks": given["weeks"], "weeks_source": source, "terms": terms(rows),
    })


if __name__ == "__main__":
    main()
