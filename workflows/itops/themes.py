# SPDX-License-Identifier: Apache-2.0
"""Groups tickets by what their titles and descriptions are about, without a list of topics.

Words are counted and weighted by TF-IDF (Salton and Buckley 1988, with the smoothed form ln((1 + n) / (1 + df)) + 1 and
rows of length 1), and the rows are clustered by spherical k-means (Dhillon and Modha 2001), begun by k-means++ (Arthur and
Vassilvitskii 2007). The number of clusters is the one with the best mean silhouette, taken from the distances to the
centres (Rousseeuw 1987; Hruschka, Campello and de Castro 2004), where it is not given. Seeds are fixed and sums are
taken in one order, so that the same file gives the same clusters on every machine.

A ticket whose text is unlike all centres belongs to no theme, nor does a cluster whose tickets are unlike each other. The label of a theme is the terms that weigh most in its
centre and are rarer in the others. Numbers of the themes are counted by themes.sql; this program only says which ticket
belongs where.

Input: tickets (CSV), clusters (0 chooses). Output: themes, note, and the artifacts tickets.csv (with the column `theme`)
and themes.csv (theme, label, words, examples).
"""

import csv
import math
import random
import re

from node import read_input, write_output, write_table

SEED = 20
RESTARTS = 3
MOST_ROUNDS = 30
MOST_CLUSTERS = 12
# More different texts than this are clustered by centres found in a sample of them.
MOST_TEXTS = 1200
# A theme holds at least this many tickets. This cosine to its centre is the least for a ticket, and this mean of them the
# least for a theme: what is left over gathers around a centre of its own, and is no theme.
LEAST_TICKETS = 5
LEAST_LIKENESS = 0.2
LEAST_MEAN = 0.45
# Fewer different texts than this say nothing.
LEAST_TEXTS = 8
WORD = re.compile(r"[^\W\d_]+")
STOP = frozenset(
    """a able about after again all also am an and any are as at be because been before being but by can cannot could did do
    does doing done down during each for from further get gets getting got had has have having he her here hers him his how
    i if in into is it its itself just me more most my no nor not now of off on once only or other our out over own please
    same she should since so some still such than thank thanks that the their them then there these they this those through
    to too under until up urgent very via was we were what when where which while who why will with without would you your
    dear hello hi regards re fw fwd issue problem ticket user since today yesterday morning asap help need needs cc kind
    reported""".split())


def words(text):
    """Lower-case words of three letters or more; words with digits (names of machines, ids) tell no theme."""
    found = []
    for token in re.findall(r"[\w'-]+", text.lower()):
        token = token.replace("wi-fi", "wifi").replace("e-mail", "email")
        if any(letter.isdigit() for letter in token):
            continue
        for word in WORD.findall(token):
            if len(word) >= 3 and word not in STOP:
                found.append(stem(word))
    return found


def stem(word):
    """Plural and singular as one word, where that is plain."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("shes", "ches", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class Texts:
    """Different texts as rows of weights, each with the number of its tickets."""

    def __init__(self, counted):
        self.rows, self.weights, self.bags = [], [], []
        total = sum(counted.values())
        frequency = {}
        for bag, number in counted.items():
            for word in {word for word, _ in bag}:
                frequency[word] = frequency.get(word, 0) + number
        # A word of one ticket joins nothing, and a word of most tickets parts nothing.
        terms = sorted(word for word, number in frequency.items() if number >= 2 and number <= 0.6 * total)
        self.terms = terms
        place = {word: index for index, word in enumerate(terms)}
        rarity = [math.log((1 + total) / (1 + frequency[word])) + 1 for word in terms]
        for bag in sorted(counted):
            row = [(place[word], (1 + math.log(number)) * rarity[place[word]]) for word, number in bag if word in place]
            length = math.sqrt(sum(weight * weight for _, weight in row))
            if length > 0:
                self.rows.append([(term, weight / length) for term, weight in row])
                self.weights.append(counted[bag])
                self.bags.append(bag)


def likeness(row, centres, count):
    """The cosines of a row to all centres; `centres` holds for each term its weight in each centre."""
    sums = [0.0] * count
    for term, weight in row:
        column = centres[term]
        for index in range(count):
            sums[index] += weight * column[index]
    return sums


def begin(rows, weights, count, chance):
    """k-means++: each next centre is drawn with the square of the distance to those before."""
    first = chance.choices(range(len(rows)), weights)[0]
    chosen = [first]
    nearest = distances(rows, rows[first])
    while len(chosen) < count:
        odds = [weight * gap * gap for weight, gap in zip(weights, nearest)]
        if sum(odds) <= 0:
            break
        pick = chance.choices(range(len(rows)), odds)[0]
        chosen.append(pick)
        nearest = [min(pair) for pair in zip(nearest, distances(rows, rows[pick]))]
    return chosen


def distances(rows, one):
    other = dict(one)
    return [max(0.0, 1.0 - sum(weight * other.get(term, 0.0) for term, weight in row)) for row in rows]


def means(rows, weights, places, count, width):
    """The centres of the rows by their places, of length 1."""
    centres = [[0.0] * count for _ in range(width)]
    for row, weight, place in zip(rows, weights, places):
        for term, value in row:
            centres[term][place] += weight * value
    for index in range(count):
        length = math.sqrt(sum(column[index] * column[index] for column in centres))
        if length > 0:
            for column in centres:
                column[index] /= length
    return centres


def cluster(rows, weights, count, width, seed):
    """Places, centres and how well they fit, of the best of some beginnings."""
    best = None
    for restart in range(RESTARTS):
        chance = random.Random(f"{SEED}/{seed}/{count}/{restart}")
        chosen = begin(rows, weights, count, chance)
        if len(chosen) < count:
            return None
        centres = [[0.0] * count for _ in range(width)]
        for index, row in enumerate(chosen):
            for term, value in rows[row]:
                centres[term][index] = value
        places = None
        for _ in range(MOST_ROUNDS):
            scores = [likeness(row, centres, count) for row in rows]
            new = [max(range(count), key=lambda index: (score[index], -index)) for score in scores]
            if new == places:
                break
            places = new
            centres = means(rows, weights, places, count, width)
        fit = sum(weight * max(score) for weight, score in zip(weights, scores))
        if best is None or fit > best[0] + 1e-9:
            best = (fit, places, centres)
    return best


def silhouette(rows, weights, centres, count):
    """Mean of (b - a) / max(a, b): a is the distance to the own centre, b to the next one."""
    total = 0.0
    for row, weight in zip(rows, weights):
        scores = sorted(likeness(row, centres, count), reverse=True)
        near, next_ = 1.0 - scores[0], 1.0 - scores[1]
        total += weight * ((next_ - near) / max(near, next_) if max(near, next_) > 0 else 0.0)
    return total / sum(weights)


def choose(texts, wanted):
    """The centres of the best number of clusters, how good each number was, and whether a sample was taken."""
    rows, weights = texts.rows, texts.weights
    is_sample = len(rows) > MOST_TEXTS
    if is_sample:
        picks = sorted(random.Random(f"{SEED}/sample").sample(range(len(rows)), MOST_TEXTS))
        rows, weights = [rows[pick] for pick in picks], [weights[pick] for pick in picks]
    width = len(texts.terms)
    counts = [wanted] if wanted else range(2, min(MOST_CLUSTERS, len(rows) // 3) + 1)
    tried, best = [], None
    for count in counts:
        found = cluster(rows, weights, count, width, "k")
        if found is None:
            break
        score = silhouette(rows, weights, found[2], count) if count > 1 else 0.0
        tried.append({"clusters": count, "silhouette": round(score, 4)})
        if best is None or score > best[0] + 0.002:
            best = (score, count, found[2])
    return best, tried, is_sample


def label(centres, index, terms, count):
    """The heaviest terms of a centre, less what they weigh in the others."""
    scored = []
    for term, column in enumerate(centres):
        others = (sum(column) - column[index]) / max(1, count - 1)
        if column[index] > 0:
            scored.append((-(column[index] - others), terms[term]))
    scored.sort()
    return [word for _, word in scored[:6]]


def main():
    given = read_input()
    with open(given["tickets"], newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        columns, tickets = list(reader.fieldnames or []), list(reader)
    counted, bags = {}, []
    for ticket in tickets:
        bag = {}
        # Places and people have columns of their own, and are no themes.
        known = set(words(" ".join(ticket.get(column) or "" for column in ("location", "assignee", "contact"))))
        # The title counts twice: people put there what it is about.
        for word in words(f"{ticket.get('title') or ''} {ticket.get('title') or ''} {ticket.get('description') or ''}"):
            if word not in known:
                bag[word] = bag.get(word, 0) + 1
        key = tuple(sorted(bag.items()))
        bags.append(key)
        if key:
            counted[key] = counted.get(key, 0) + 1
    texts = Texts(counted)
    themes, tried, names, note = [], [], {}, ""
    wanted = int(given.get("clusters") or 0)
    if len(texts.rows) >= max(LEAST_TEXTS, wanted):
        best, tried, is_sample = choose(texts, wanted)
        if best:
            score, count, centres = best
            place, alike = {}, {}
            for bag, row in zip(texts.bags, texts.rows):
                scores = likeness(row, centres, count)
                index = max(range(count), key=lambda which: (scores[which], -which))
                if scores[index] >= LEAST_LIKENESS:
                    place[bag], alike[bag] = index, scores[index]
            members = {}
            for ticket, bag in zip(tickets, bags):
                if bag in place:
                    members.setdefault(place[bag], []).append((-round(alike[bag], 9), ticket.get("id") or "", ticket))
            kept = sorted(
                (index for index, found in members.items()
                 if len(found) >= LEAST_TICKETS and -sum(entry[0] for entry in found) / len(found) >= LEAST_MEAN),
                key=lambda index: (-len(members[index]), index))
            for number, index in enumerate(kept, start=1):
                terms = label(centres, index, texts.terms, count)
                name = ", ".join(terms[:3])
                names[index] = name
                examples, seen = [], set()
                for _, _, ticket in sorted(members[index], key=lambda entry: entry[:2]):
                    title = " ".join((ticket.get("title") or ticket.get("description") or "").split())
                    if title.lower() not in seen:
                        seen.add(title.lower())
                        examples.append(f"{ticket.get('id')}: {title[:90]}")
                    if len(examples) == 3:
                        break
                themes.append({
                    "theme": number, "label": name, "words": ", ".join(terms), "examples": " | ".join(examples),
                    "likeness": round(-sum(entry[0] for entry in members[index]) / len(members[index]), 3),
                })
            for ticket, bag in zip(tickets, bags):
                ticket["theme"] = names.get(place.get(bag), "")
            without = sum(not ticket["theme"] for ticket in tickets)
            note = (
                f"{len(themes)} themes in {len(texts.rows)} different texts, by TF-IDF and spherical k-means"
                + (f", chosen among {tried[0]['clusters']} to {tried[-1]['clusters']} clusters by their silhouette ({score:.2f})"
                   if len(tried) > 1 else "")
                + (f", with centres from a sample of {MOST_TEXTS} texts" if is_sample else "")
                + f"; {without} tickets belong to none."
            )
    if not themes:
        note = f"No themes: only {len(texts.rows)} different texts with words that come more than once."
        for ticket in tickets:
            ticket["theme"] = ""
    write_table("tickets.csv", columns + ["theme"], tickets)
    write_table("themes.csv", ["theme", "label", "words", "examples", "likeness"], themes)
    write_output({"themes": len(themes), "tried": tried, "note": note})


if __name__ == "__main__":
    main()
