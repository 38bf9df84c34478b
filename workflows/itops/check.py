# SPDX-License-Identifier: Apache-2.0
"""Checks that every number in a text is in the data that its writer was given.

Input: text, facts (the data as text). Output: ok, repair (worth another try), complaints, text (cut to whole sentences).
With `strict` a text that fails ends the node with an error, and no text (no agent wrote any) is fine.

What counts as the same number: a rounding of it to the digits that the text shows; a percentage of a share (0.444 and
44.4 %); thousands with separators, k or million; within 5 % after words like "about". Dates and times must be dates and
times of the data; a lone year must be the year of a date. Names with digits in them (Category 45, mail-gw-02) must be
names of the data. Numbers of list items, and "top 3" up to 10, are no statements. Only the numbers are
checked: whether a right number is said of the right thing is left to the reader.
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


def labels(facts):
    """Quoted names of the facts that hold digits: `Category 45`."""
    return {label for label in re.findall(r"`([^`]+)`", facts) if re.search(r"\d", label)}


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


def matches(value, unit, percent, hedged, known):
    slack = max(0.5 * unit * (1 + 1e-9), 0.05 * abs(value) if hedged else 0) + 1e-9
    for other, other_percent in known:
        forms = [other]
        if percent and not other_percent and 0 <= other <= 1:
            forms.append(other * 100)
        if not percent and other_percent and unit < 1:
            forms.append(other / 100)
        if any(abs(form - value) <= slack for form in forms):
            return True
    return False


def whole_sentences(text):
    """The text without a fence and without a last sentence that the length limit cut off."""
    text = re.sub(r"^```\w*\n|\n?```$", "", text.strip()).strip()
    if not text or re.search(r"[.!?:)*`\"”]$", text):
        return text
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s)", text)]
    return text[:ends[-1]] if ends else text


def complain(text, facts):
    """What is wrong with the text, a line each."""
    faults = []
    if not text:
        return ["There is no text."]
    if len(text) > MOST_CHARACTERS:
        faults.append(f"The text is longer than {MOST_CHARACTERS} characters.")
    fact_days, fact_parts, fact_months, facts_left = dates(facts)
    fact_clocks, facts_left = clocks(facts_left)
    fact_names = names(facts)
    known = [(value, percent) for value, _, percent, _, _ in numbers(re.sub(r"`[^`]*`", " ", facts_left))]

    body = text
    for label in sorted(labels(facts), key=len, reverse=True):
        body = re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", " ", body, flags=re.I)
    days, parts, months, body = dates(body)
    times, body = clocks(body)
    for year, month, day in sorted(days - fact_days):
        faults.append(f"The date {year}-{month:02}-{day:02} is not in the data.")
    for month, day in sorted(parts - fact_parts - {(m, d) for _, m, d in fact_days}):
        faults.append(f"The date {MONTHS[month - 1].capitalize()} {day} is not in the data.")
    for year, month in sorted(months - fact_months - {(y, m) for y, m, _ in fact_days}):
        faults.append(f"The month {year}-{month:02} is not in the data.")
    for hour, minute in sorted(times - fact_clocks):
        faults.append(f"The time {hour:02}:{minute:02} is not in the data.")
    lower = {name.lower() for name in fact_names}
    for name in sorted(names(body)):
        if name.lower() not in lower:
            faults.append(f'The name "{name}" is not in the data.')
        body = re.sub(rf"(?<![\w-]){re.escape(name)}(?!\w)", " ", body)
    years = {y for y, _, _ in fact_days} | {y for y, _ in fact_months}

    body = re.sub(r"(?m)^\s*(?:[-*>]\s*)*(?:\*\*)?\(?\d{1,2}[.):](?:\*\*)?(?=\s|\*)", " ", body)
    body = re.sub(r"\b(?:10|\d)(?:st|nd|rd|th)\b|#(?:10|\d)\b|\btop[ -](?:10|\d)\b", " ", body, flags=re.I)
    # A unit glued to its number: 12h, 5x, 44days.
    body = re.sub(r"(\d)(h|hrs?|hours?|d|days?|x|×|min|mins|w|weeks?|€|\$)(?![\w])", r"\1 \2", body)
    body = re.sub(r"(?<=\d)\s?[-–—]\s?(?=\d)", " to ", body)
    for value, unit, percent, written, start in numbers(body):
        hedged = re.search(HEDGES, body[:start], flags=re.I)
        if not percent and unit == 1 and int(value) in years:
            continue
        if not matches(value, unit, percent, bool(hedged), known):
            faults.append(f"The number {written} is not in the data.")
    for word in re.findall(r"[a-z]+", body.lower()):
        if word in WORDS and not re.search(rf"\d\s+{word}", body.lower()):
            faults.append(f'Write the number "{word}" in digits.')
    if not faults and not numbers(text):
        faults.append("The text holds no number of the data.")
    return list(dict.fromkeys(faults))


def main():
    given = read_input()
    text = whole_sentences(given.get("text") or "")
    strict_empty = given.get("strict") and not text
    faults = [] if strict_empty else complain(text, given["facts"])
    if given.get("strict") and faults:
        stop("the final text holds what is not in the data: " + " ".join(faults))
    write_output({
        "ok": not faults, "repair": bool(faults) and bool(text), "complaints": " ".join(faults[:MOST_COMPLAINTS]),
        "text": text,
    })


if __name__ == "__main__":
    main()
