# SPDX-License-Identifier: Apache-2.0
"""Checks that every number in a text is in the data that its writer was given, and is said of the right thing.

Input: text, facts (the data as text, a fact a line, names in backquotes). Output: ok, repair (worth another try),
complaints, text (cut to whole sentences). With `strict` it takes lists, texts and facts, and ends the node with an error
where a text fails; an empty text (no agent wrote it) is fine. Output then: checked.

The same number: a rounding of it to the digits that the text shows; a percentage for a share (0.444 and 44.4 %);
thousands with separators, k or million; within 5 % after words like "about". A percentage is never a count. Dates and
times must be dates and times of the data; a lone year must be the year of a date. Names with digits in them (Category
45, mail-gw-02) must be names of the data. Numbers of list items, and "top 3" up to 10, are no statements.

The right thing: the numbers of a clause must stand together in one fact, with the names and the topics (SLA, reopened,
median, ...) of the clause, and with their unit (tickets, hours, ...). The numbers of the fact that says "tickets in
all" may stand beside those of any other. That a sentence is false in another way is left to the reader.
"""

import re

from node import read_input, stop, write_output

MONTHS = "january february march april may june july august september october november december".split()
MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS)
SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "billion": 1e9}
HEDGES = r"(?:about|around|approximately|approx\.?|roughly|nearly|almost|over|more than|less than|under|some|circa|~|≈)\s*$"
WORDS = (
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy "
    "eighty ninety hundred hundreds thousand thousands million millions dozen dozens"
).split()
NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-−–+](?=\d))?(?P<digits>\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?!\d)|\d+)(?P<part>\.\d+)?"
    r"(?:\s?(?P<scale>thousand|million|billion)\b|(?P<short>[kM])\b)?(?P<percent>\s?(?:%|percent|per cent|pct))?",
)
# What a number can be about. A clause that speaks of it may only use numbers of facts that do so too.
TOPICS = {
    "SLA": r"\bSLA\b|\bmiss(?:ed|es|ing)?\b", "reopened": r"\bre-?open", "median": r"\bmedian\b",
    "long": r"\b(?:took|takes?|taking|taken) (?:\w+ )?long", "never": r"\bnever\b|\bnot handed\b|\bwithout\b", "resolved": r"\bresolv|\bclosed\b",
    "handed on": r"\bhand(?:ed|ing)?[ -](?:on|over)|\bhand-?overs?\b|\breassign", "busiest": r"\bbus(?:y|iest)\b|\bpeak",
    "forecast": r"\bforecast|\bexpect|\bpredict", "cost": r"\bcosts?\b", "others": r"\bothers?\b", "lift": r"\blift\b",
    "pair": r"\bpairs?\b", "burst": r"\bbursts?\b", "critical": r"\bcritical\b", "moderate": r"\bmoderate\b",
    "high": r"\bhigh(?=[ -]priority|\W{1,2}\d)|\bpriority high", "low": r"\blow(?=[ -]priority|\W{1,2}\d)|\bpriority low",
}
TOTAL = "tickets in all"
MOST_CHARACTERS = 4000
MOST_COMPLAINTS = 6


def dates(text):
    """Days, (month, day) pairs, (year, month) pairs and years of a text, and the text without them."""
    days, parts, months = set(), set(), set()

    def iso(found):
        days.add((int(found[1]), int(found[2]), int(found[3])))
        return " "

    def iso_month(found):
        months.add((int(found[1]), int(found[2])))
        return " "

    def month_number(name):
        return next(index for index, month in enumerate(MONTHS, start=1) if month.startswith(name.lower()[:3]))

    def spelled(found):
        month = month_number(found["month"])
        if found["day"] and found["year"]:
            days.add((int(found["year"]), month, int(found["day"])))
        elif found["day"]:
            parts.add((month, int(found["day"])))
        elif found["year"]:
            months.add((int(found["year"]), month))
        return " "

    text = re.sub(r"\b(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d)?)?\b", iso, text)
    text = re.sub(r"\b((?:19|20)\d\d)-(\d\d)\b", iso_month, text)
    day, year = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?:,?\s+(?P<year>(?:19|20)\d\d))"
    month = rf"(?P<month>{MONTH})\.?"
    text = re.sub(rf"\b{day}\s+(?:of\s+)?{month}\b{year}?", spelled, text, flags=re.I)
    text = re.sub(rf"\b{month}\s+{day}\b(?!\s*%){year}?", spelled, text, flags=re.I)
    text = re.sub(rf"\b{month}{year}\b(?P<day>)", spelled, text, flags=re.I)
    return days, parts, months, text


def clocks(text):
    found = set()

    def clock(match):
        hour = int(match[1])
        if match[3]:
            hour = hour % 12 + (12 if match[3].lower().startswith("p") else 0)
        found.add((hour, int(match[2] or 0)))
        return " "

    text = re.sub(r"\b([01]?\d|2[0-4]):([0-5]\d)(?::\d\d)?\s*([ap]\.?m\b\.?)?", clock, text, flags=re.I)
    text = re.sub(r"\b(1[0-2]|0?[1-9])()\s*([ap]\.?m\b\.?)", clock, text, flags=re.I)
    return found, text


def names(text):
    """Words that hold letters and digits: T00012, mail-gw-02, P1. A number with a unit (12h, 5x) is none."""
    pattern = r"[^\W\d_][\w]*(?:[-_./:][\w]+)*"
    return {word for word in re.findall(rf"(?<![\w-]){pattern}", text) if re.search(r"\d", word)}


def quoted(facts):
    """Names of the facts, longest first; a pair of names also counts by its parts."""
    found = set()
    for label in re.findall(r"`([^`]+)`", facts):
        found |= {label, *label.split(" + ")}
    return sorted(found, key=lambda label: (-len(label), label))


def stand_in(index):
    """A word without digits that takes the place of a name."""
    return "zq" + "".join(chr(ord("a") + int(digit)) for digit in str(index)) + "qz"


def hide(text, labels):
    """The text with stand-ins for names."""
    text = text.replace("`", "")
    for index, label in enumerate(labels):
        text = re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", stand_in(index), text, flags=re.I)
    return text


def numbers(text):
    """Numbers of a text: value, decimals shown, is a percentage, as written, place."""
    found = []
    for match in NUMBER.finditer(text):
        value = float(re.sub(r"\D", "", match["digits"]) + (match["part"] or ""))
        decimals = len(match["part"] or ".") - 1
        scale = SCALES.get((match["scale"] or match["short"] or "").lower())
        unit = 10.0**-decimals * (scale or 1)
        found.append((value * (scale or 1), unit, bool(match["percent"]), match[0].strip(), match.start()))
    return found


def matches(value, unit, percent, hedged, other, other_percent):
    """Whether a number of the text is the number `other` of a fact."""
    slack = max(0.5 * unit * (1 + 1e-9), 0.05 * abs(value) if hedged else 0) + 1e-9
    if percent == other_percent:
        return abs(other - value) <= slack
    if percent:
        return 0 <= other <= 1 and abs(other * 100 - value) <= slack
    return unit < 1 and abs(other / 100 - value) <= slack


def unit_after(text, end):
    """What a number counts: the unit word that follows it, also in "44 of 66 tickets"."""
    found = re.match(
        r"\)?\s*(?:(?:out )?of (?:its |the |all |a total of )*[\d.,]+\s*)?(?:[a-z-]+\s+)?"
        r"(tickets?|incidents?|misses|hours?|days?|weeks?|months?|events?|times|people|teams?)\b", text[end:], flags=re.I,
    )
    word = found[1].lower().rstrip("s") if found else None
    return "ticket" if word in ("incident", "misse") else word


def topics(text):
    """Topics that a clause or a fact speaks of."""
    return {topic for topic, pattern in TOPICS.items() if re.search(pattern, text, flags=re.I)}


def of_others(text, number):
    """Whether a number is said of the others: "others 3.5 %", "3.5 % of all others"."""
    before, after = text[:number[4]], text[number[4] + len(number[3]):]
    return bool(re.search(r"\bothers?:?\s*$", before) or re.match(r"\s*(?:(?:of|for|in|by) )?(?:all )?(?:the )?others?\b", after))


class Fact:
    """A line of the facts: its numbers with their units, and what it speaks of."""

    def __init__(self, line, labels):
        plain = line.replace("`", "")
        self.total = TOTAL in plain
        self.labels = {
            stand_in(index) for index, label in enumerate(labels)
            if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", plain, flags=re.I)
        }
        bare = clocks(dates(hide(line, labels))[3])[1]
        self.topics = topics(bare)
        self.numbers = [(n[0], n[2], unit_after(bare, n[4] + len(n[3]))) for n in numbers(bare)]
        # What is said of all others is not said of the thing itself: "51 % (others 3.5 %)".
        self.others = [n for n in numbers(bare) if of_others(bare, n)]

    def agrees_on_others(self, clause):
        """What the clause says of the others, the fact says of the others; a clause about them has such a number."""
        said = numbers(clause)
        theirs = [n for n in said if any(matches(*n[:3], False, other[0], other[2]) for other in self.others)]
        if any(of_others(clause, n) and n not in theirs for n in said):
            return False
        return bool(theirs) or "others" not in topics(clause)

    def holds(self, number, hedged, unit):
        value, shown, percent, _, _ = number
        return any(
            matches(value, shown, percent, hedged, other, other_percent)
            and (not unit or not other_unit or unit == other_unit)
            for other, other_percent, other_unit in self.numbers
        )


def split_joined(part):
    """Splits at "and" and "with" between numbers, but not in "between 3 and 5"."""
    pieces = [""]
    for word in re.split(r"(\b(?:and|with|of which)\b)", part):
        if word in ("and", "with", "of which") and numbers(pieces[-1]) and not re.search(r"\bbetween\b", pieces[-1]):
            pieces.append("")
        else:
            pieces[-1] += word
    return pieces


def clauses(text):
    """Clauses with at least one number; one without goes with the next of its sentence, else with the one before."""
    result = []
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
        mine, waiting = [], ""
        for part in re.split(r";|,(?!\d)|\b(?:while|but|whereas)\b", sentence):
            for piece in split_joined(part):
                if numbers(piece):
                    mine.append(waiting + piece)
                    waiting = ""
                else:
                    waiting += piece + ", "
        if mine and waiting:
            mine[-1] += ", " + waiting
        result += mine
    return result


def misplaced(clause, facts, labels, years):
    """What is wrong with the numbers of a clause."""
    found = [
        (number, bool(re.search(HEDGES, clause[:number[4]], flags=re.I)), unit_after(clause, number[4] + len(number[3])))
        for number in numbers(clause)
        if number[2] or number[1] != 1 or int(number[0]) not in years
    ]
    faults, open_numbers = [], []
    for entry in found:
        if not any(fact.holds(*entry[:2], None) for fact in facts):
            faults.append(f"The number {entry[0][3]} is not in the data.")
        elif not any(fact.total and fact.holds(*entry) for fact in facts):
            open_numbers.append(entry)
    if faults or not found:
        return faults
    about, called = topics(clause), {stand_in(index) for index in range(len(labels)) if stand_in(index) in clause}
    for fact in facts:
        alone = fact.total and not open_numbers
        if (open_numbers or alone) and about <= fact.topics and called <= fact.labels \
                and all(fact.holds(*entry) for entry in open_numbers) and fact.agrees_on_others(clause):
            return []
    shown = re.sub(r"\s+", " ", clause).strip(" ,.")
    for index, label in enumerate(labels):
        shown = shown.replace(stand_in(index), label)
    return [f'No single fact says this: "{shown[:160]}".']


def whole_sentences(text):
    """The text without a fence and without a last sentence that the length limit cut off."""
    text = re.sub(r"^```\w*\n|\n?```$", "", text.strip()).strip()
    cut_number = re.search(r"\d\.$", text) and text.count("(") > text.count(")")
    if not text or (re.search(r"[.!?:)*`\"”]$", text) and not cut_number):
        return text
    text = text[:-1] if cut_number else text
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)", text)]
    return text[:ends[-1]] if ends else text


def complain(text, facts):
    """What is wrong with the text, a sentence each."""
    if not text:
        return ["There is no text."]
    faults = []
    if len(text) > MOST_CHARACTERS:
        faults.append(f"The text is longer than {MOST_CHARACTERS} characters.")
    labels = quoted(facts)
    fact_days, fact_parts, fact_months, facts_left = dates(hide(facts, labels))
    fact_clocks, facts_left = clocks(facts_left)
    days, parts, months, body = dates(hide(text, labels))
    times, body = clocks(body)
    for year, month, day in sorted(days - fact_days):
        faults.append(f"The date {year}-{month:02}-{day:02} is not in the data.")
    for month, day in sorted(parts - fact_parts - {(m, d) for _, m, d in fact_days}):
        faults.append(f"The date {MONTHS[month - 1].capitalize()} {day} is not in the data.")
    for year, month in sorted(months - fact_months - {(y, m) for y, m, _ in fact_days}):
        faults.append(f"The month {year}-{month:02} is not in the data.")
    for hour, minute in sorted(times - fact_clocks):
        faults.append(f"The time {hour:02}:{minute:02} is not in the data.")

    body = re.sub(r"(?m)^\s*(?:[-*>]\s*)*(?:\*\*)?\(?\d{1,2}[.):](?:\*\*)?(?=\s|\*)", " ", body)
    body = re.sub(r"\b(?:10|\d)(?:st|nd|rd|th)\b|#(?:10|\d)\b|\btop[ -](?:10|\d)\b", " ", body, flags=re.I)
    # A unit glued to its number: 12h, 5x, 44days.
    body = re.sub(r"(\d)(h|hrs?|hours?|d|days?|x|×|min|mins|w|weeks?|€|\$)(?![\w])", r"\1 \2", body)
    body = re.sub(r"(?<=\d)\s?[-–—]\s?(?=\d)", " to ", body)
    known = {name.lower() for name in names(facts_left)}
    for name in sorted(names(body)):
        if name.lower() not in known:
            faults.append(f'The name "{name}" is not in the data.')
        body = re.sub(rf"(?<![\w-]){re.escape(name)}(?!\w)", " ", body)

    years = {y for y, _, _ in fact_days} | {y for y, _ in fact_months}
    table = [Fact(line, labels) for line in facts.splitlines() if line.strip()]
    for clause in clauses(body):
        faults += misplaced(clause, table, labels, years)
    for word in re.findall(r"[a-z]+", body.lower()):
        if word in WORDS and not re.search(rf"\d\s+{word}", body.lower()):
            faults.append(f'Write the number "{word}" in digits.')
    if not faults and not numbers(body):
        faults.append("The text holds no number of the data.")
    return list(dict.fromkeys(faults))


def main():
    given = read_input()
    if given.get("strict"):
        # The last check before the report: texts with the facts of each.
        faults = [
            fault for text, facts in zip(given["texts"], given["facts"]) if text for fault in complain(text, facts)
        ]
        if faults:
            stop("a final text says what is not in the data: " + " ".join(faults))
        write_output({"checked": sum(bool(text) for text in given["texts"])})
        return
    text = whole_sentences(given.get("text") or "")
    faults = complain(text, given["facts"])
    if faults and re.search(r"\d\.$", text):
        # "against 5." may be the start of 5.2, where the writer reached its limit: try without the last sentence.
        shorter = whole_sentences(text[:-1])
        if shorter != text[:-1] and not complain(shorter, given["facts"]):
            text, faults = shorter, []
    write_output({
        "ok": not faults, "repair": bool(faults) and bool(text), "complaints": " ".join(faults[:MOST_COMPLAINTS]),
        "text": text,
    })


if __name__ == "__main__":
    main()
