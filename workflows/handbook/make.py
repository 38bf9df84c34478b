# SPDX-License-Identifier: Apache-2.0
"""Makes the chapters of a handbook from sections of documents.

A chapter is a document, or with `by: topic` a heading that several documents have. Of each section the weightiest sentences
are quoted, word for word, with their place: the weight of a sentence is its likeness to the centre of its section (the
centroid method of Radev, Jing, Styś and Tam 2004), with TF-IDF over all sections. Steps (numbered lists) and commands (code)
are taken over whole. Terms that a text explains ("X is …", "X (Y)") go into the glossary.

Input: sections (JSON file), title, by, quotes, audience. Output: outline, page, facts of chapters for a writer, chapters, terms,
quotes, and the artifact handbook.json with every quote and its place.
"""

import json
import math
import re

from node import read_input, stop, write_output

WORD = re.compile(r"[^\W\d_]{3,}")
MOST_QUOTE = 420
MOST_CODE_LINES = 30
MOST_CODES = 3
MOST_STEPS = 40
STOP = frozenset(
    """the and for that this with from are was were will shall may must can not but any all its their they them then than when
    which who whom into onto upon over under such other each per via has have had been being also more most some these those
    there here our your you out use used using""".split())
WEAK = re.compile(r"^(?:and|but|or|it|this|these|that|those|they|he|she|however|also|thus|therefore)\b", re.I)


def prose(text):
    """The text without code, tables, lists, and marks of Markdown."""
    text = re.sub(r"(?ms)^\s*(```|~~~).*?^\s*\1[^\n]*$", "\n\n", text)
    kept = []
    for line in text.split("\n"):
        if re.match(r"\s*(\||[-*+]\s|\d+[.)]\s|>|!\[)", line) or re.match(r"( {4}|\t)", line) or set(line.strip()) <= set("-=*_ "):
            kept.append("")
        else:
            kept.append(line)
    return "\n".join(kept)


def sentences(text):
    """Sentences as they stand in the text, with white space as one space."""
    found = []
    for paragraph in re.split(r"\n\s*\n", prose(text)):
        one = " ".join(paragraph.split())
        for piece in re.split(r"(?<=[.!?])\s+(?=[A-ZÀ-Þ\"“(\[`*])", one):
            piece = piece.strip()
            if 30 <= len(piece) <= MOST_QUOTE and re.search(r"[.!?:]\W*$", piece) and len(WORD.findall(piece)) >= 5:
                found.append(piece)
    return found


def steps(text):
    """Numbered steps with what belongs to each, as they stand; the longest list of the section."""
    lists, now = [], []
    for line in re.sub(r"(?ms)^\s*(```|~~~).*?^\s*\1[^\n]*$", "", text).split("\n"):
        start = re.match(r"\s{0,3}(\d+)[.)]\s+(.*)", line)
        if start:
            if int(start[1]) == 1 and now:
                lists.append(now)
                now = []
            now.append(start[2].strip())
        elif now and line.strip() and re.match(r"\s{2,}", line):
            now[-1] += " " + line.strip()
        elif now and line.strip():
            lists.append(now)
            now = []
    lists.append(now)
    best = max(lists, key=len)
    return best[:MOST_STEPS] if len(best) >= 2 else []


def codes(text):
    found = []
    for match in re.finditer(r"(?ms)^(```|~~~)(\w*)[^\n]*\n(.*?)^\1", text):
        body = match[3].rstrip("\n")
        if body.strip() and body.count("\n") < MOST_CODE_LINES:
            found.append((match[2], body))
    return found[:MOST_CODES]


def terms(text):
    """(term, sentence) where a sentence says what something is, or what letters stand for."""
    found = []
    for sentence in sentences(text):
        meant = re.match(r"(?:\*\*)?([A-Z][\w-]*(?: [\w-]+){0,3})(?:\*\*)? (?:is|are|means|stands for|refers to) (?:an? |the )", sentence)
        term = re.sub(r"^(?:An?|The) ", "", meant[1]) if meant else ""
        if term and len(sentence) <= 260 and not WEAK.match(term):
            found.append((term, sentence))
        for long, letters in re.findall(r"((?:[A-Z][\w-]+ (?:of |and |for |the )?){1,6}[A-Z]?[\w-]*)\s\(([A-Z]{2,7})s?\)", sentence):
            initials = "".join(word[0] for word in re.split(r"[\s-]+", long.strip()) if word[:1].isupper())
            if letters in initials or initials.endswith(letters):
                found.append((letters, sentence))
    return found


def weigh(sections):
    """TF-IDF over all sections, for the words of their prose."""
    bags = []
    for section in sections:
        bag = {}
        for word in WORD.findall(prose(section["text"]).lower()):
            if word not in STOP:
                bag[word] = bag.get(word, 0) + 1
        bags.append(bag)
    frequency = {}
    for bag in bags:
        for word in bag:
            frequency[word] = frequency.get(word, 0) + 1
    return bags, {word: math.log((1 + len(bags)) / (1 + number)) + 1 for word, number in frequency.items()}


def chosen(section, bag, rarity, most):
    """The weightiest sentences, in the order of the text; none says what another one does."""
    centre = {word: number * rarity[word] for word, number in bag.items()}
    length = math.sqrt(sum(value * value for value in centre.values())) or 1.0
    scored = []
    for place, sentence in enumerate(sentences(section["text"])):
        own = {}
        for word in WORD.findall(sentence.lower()):
            if word in centre:
                own[word] = own.get(word, 0) + rarity[word]
        size = math.sqrt(sum(value * value for value in own.values()))
        if not size:
            continue
        score = sum(value * centre[word] for word, value in own.items()) / size / length
        # What comes first says what it is about; what hangs on the sentence before cannot stand alone.
        score *= 1.25 if place == 0 else 1.0
        score *= 0.6 if WEAK.match(sentence) else 1.0
        scored.append((score, place, sentence, own, size))
    scored.sort(key=lambda entry: (-entry[0], entry[1]))
    taken = []
    for entry in scored:
        alike = any(
            sum(value * other[3].get(word, 0) for word, value in entry[3].items()) / entry[4] / other[4] > 0.7
            for other in taken)
        if not alike:
            taken.append(entry)
        if len(taken) == most:
            break
    return [entry[2] for entry in sorted(taken, key=lambda entry: entry[1])]


def escape(text):
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@!&])", r"\\\1", str(text)).replace("\n", " ")


def shown(quote):
    """A quote with the marks of Markdown that it brought, but no pictures and no links to elsewhere."""
    quote = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", quote)
    return quote.replace("<", "\\<").replace("[", "\\[").replace("]", "\\]").replace("$", "\\$")


def chapters_of(sections, by):
    """(title, sections) in order: a document each, or headings that several documents have."""
    order, groups = [], {}
    for section in sections:
        key = section["document"]
        if by == "topic":
            words = [word for word in WORD.findall(section["heading"].lower()) if word not in STOP]
            key = " ".join(words) or section["document"]
        if key not in groups:
            order.append(key)
            groups[key] = []
        groups[key].append(section)
    if by == "document":
        return [(title_of(groups[key]), groups[key]) for key in order]
    shared = [key for key in order if len({section["document"] for section in groups[key]}) > 1]
    rest = [section for key in order if key not in shared for section in groups[key]]
    found = [(groups[key][0]["heading"], groups[key]) for key in shared]
    for document in dict.fromkeys(section["document"] for section in rest):
        found.append((title_of([s for s in sections if s["document"] == document]),
                      [section for section in rest if section["document"] == document]))
    return found


def title_of(sections):
    """The only heading of the first level, else the name of the file."""
    first = [section["heading"] for section in sections if section["level"] == 1 and section["heading"]]
    if len(first) == 1:
        return first[0]
    return re.sub(r"[-_]+", " ", sections[0]["document"].rsplit(".", 1)[0]).strip()


def main():
    given = read_input()
    with open(given["sections"], encoding="utf-8") as file:
        sections = json.load(file)
    bags, rarity = weigh(sections)
    bag_of = {id(section): bag for section, bag in zip(sections, bags)}
    sources = list(dict.fromkeys(section["document"] for section in sections))
    number_of = {name: number for number, name in enumerate(sources, start=1)}
    pages, outline, facts, quotes, glossary = [], [], [], [], {}
    for number, (title, members) in enumerate(chapters_of(sections, given["by"]), start=1):
        parts, outline_parts, first = [], [], []
        for section in members:
            found = chosen(section, bag_of[id(section)], rarity, given["quotes"])
            listed, code = steps(section["text"]), codes(section["text"])
            if not found and not listed and not code:
                continue
            where = f"[{number_of[section['document']]}, {section['place']}]"
            heading = section["heading"] if section["heading"] and section["heading"] != title else "Overview"
            outline_parts.append(heading)
            lines = [f"### {number}.{len(outline_parts)} {escape(heading)}", ""]
            for quote in found:
                quotes.append({
                    "chapter": number, "document": section["document"], "place": section["place"], "quote": quote, "kind": "sentence"})
                lines += [f"> {shown(quote)} \\{where[:-1]}\\]", ""]
            if listed:
                for step in listed:
                    quotes.append({
                        "chapter": number, "document": section["document"], "place": section["place"], "quote": step, "kind": "step"})
                lines += [f"Steps \\{where[:-1]}\\]:", ""] + [f"{place}. {shown(step)}" for place, step in enumerate(listed, start=1)] + [""]
            for language, body in code:
                quotes.append({
                    "chapter": number, "document": section["document"], "place": section["place"], "quote": body, "kind": "code"})
                lines += [f"```{language}", body, "```", ""]
            parts.append("\n".join(lines))
            first += found[:2]
            for term, sentence in terms(section["text"]):
                if term.lower() not in glossary:
                    glossary[term.lower()] = (term, sentence, where)
                    quotes.append({
                        "chapter": number, "document": section["document"], "place": section["place"], "quote": sentence, "kind": "term"})
        if parts:
            outline.append({"chapter": number, "title": title, "sections": outline_parts})
            pages.append({"number": number, "title": title, "text": "\n".join(parts)})
            facts.append("\n".join(first[:8]) or title)
    if not pages:
        stop("the documents hold no sentence, list or command that could be quoted")
    for place, page in enumerate(pages, start=1):
        # Chapters without anything to say are gone; numbers have no gaps.
        page["text"] = re.sub(rf"(?m)^### {page['number']}\.", f"### {place}.", page["text"])
        outline[place - 1]["chapter"] = page["number"] = place
    contents = "\n".join(
        f"{entry['chapter']}. **{escape(entry['title'])}**: " + escape(", ".join(entry["sections"][:12]))
        + (f" and {len(entry['sections']) - 12} more" if len(entry["sections"]) > 12 else "")
        for entry in outline)
    words = [glossary[key] for key in sorted(glossary)]
    with open("handbook.json", "w", encoding="utf-8") as file:
        json.dump({"outline": outline, "quotes": quotes}, file, ensure_ascii=False, indent=1)
        file.write("\n")
    write_output({
        "outline": outline, "contents": contents, "chapters": pages, "facts": facts,
        "glossary": "\n".join(f"- **{escape(term)}**: {shown(sentence)} \\{where[:-1]}\\]" for term, sentence, where in words)
        or "The documents explain no terms in a form that was found.",
        "quotes": len(quotes), "terms": len(words),
    })


if __name__ == "__main__":
    main()
