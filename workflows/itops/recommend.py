# SPDX-License-Identifier: Apache-2.0
"""Recommendations by rule: each says what to do, the numbers it rests on, and what it could gain.

A rule speaks only when its numbers reach its threshold. The rules of the focus come first. The gain is what would change
if the tickets named were as the others; it is an upper bound, not a promise.
"""

from facts import OUTCOMES, escape, kind, name, percent, plain, unquote
from node import read_input, read_table, write_output
from sources import mark

NONE = "(none)"
DOES = {
    "sla_missed": "Open a problem record for", "reopened": "Review how tickets are closed for",
    "long": "Find out what holds up tickets of",
}


def rules(given, tables):
    """(focus, source, title, because, gain) of every rule that has something to say."""
    count = tables["counts"][0]
    found = []
    for row in [row for row in tables["causes"] if row["status"] == "cause"][:4]:
        found.append((
            "root_cause", "causes", f"{DOES[row['outcome']]} {kind(row['attribute'], row['value'])}",
            f"{row['bad']} of its {row['n']} tickets {OUTCOMES[row['outcome']]} ({percent(row['confidence'])}), "
            f"against {percent(row['rest_rate'])} of all others",
            f"up to {plain(row['extra_bad'])} fewer such tickets",
        ))
    pairs = [row for row in tables["pairs"] if row["lift"] >= 1.5]
    if pairs:
        row = pairs[0]
        found.append((
            "root_cause", "pairs", f"Look at {name(str(row['value_a']) + ' with ' + str(row['value_b']))} together",
            f"{row['bad']} of {row['n']} tickets {OUTCOMES[row['outcome']]}, lift {plain(round(row['lift'], 1))}",
            f"a cause that neither part shows alone ({plain(row['gain_over_single'])} times the better part)",
        ))
    top = next((row for row in tables["patterns"] if NONE not in (row["category"], row["symptom"])), tables["patterns"][0])
    if top["share_percent"] >= 5:
        title = name(f"{top['category']} / {top['symptom']}")
        found.append((
            "pattern", "patterns", f"Write a standard answer for {title}",
            f"{top['incidents']} tickets, {plain(top['share_percent'])} % of all, on {top['days']} days",
            f"a shorter path for {top['incidents']} tickets",
        ))
    rising = [
        row for row in tables["themes"]
        if row["times_usual"] is not None and row["times_usual"] >= 2 and row["last_four_weeks"] >= 8
    ]
    if rising:
        row = max(rising, key=lambda entry: (entry["times_usual"], -entry["number"]))
        found.append((
            "pattern", "themes", f"Find out what is new about {name(row['label'])}",
            f"{row['last_four_weeks']} of its {row['incidents']} tickets came in the last 4 weeks, "
            f"{plain(row['times_usual'])} times its usual number",
            f"up to {row['last_four_weeks']} fewer tickets in 4 weeks",
        ))
    buckets = tables["reassignment"]
    direct = next((row for row in buckets if row["reassignments"] == 0), None)
    handed = sum(row["incidents"] for row in buckets if row["reassignments"] != 0)
    if direct and direct["median_hours"] and buckets[-1]["median_hours"] \
            and buckets[-1]["median_hours"] > 1.5 * direct["median_hours"]:
        found.append((
            "team", "reassignment", "Route tickets to the right team at once",
            f"{handed} tickets were handed on; the median time is {plain(direct['median_hours'])} hours without a hand-over "
            f"and {plain(buckets[-1]['median_hours'])} hours with {buckets[-1]['reassignments']}",
            "shorter times for the tickets that wander",
        ))
    team = next((row for row in tables["team_load"] if row["team"] != NONE), tables["team_load"][0])
    if team["share_percent"] >= 20 and count["teams"] >= 3:
        found.append((
            "team", "team_load", f"Share the load of team {name(team['team'])}",
            f"it has {team['incidents']} tickets, {plain(team['share_percent'])} % of all, with {count['teams']} teams",
            "less waiting at the busiest team",
        ))
    depth = [row for row in tables["team_depth"] if row["incidents"] >= given["min_support"] and row["team"] != NONE]
    if depth:
        row = max(depth, key=lambda entry: (entry["reassigned_percent"], str(entry["team"])))
        found.append((
            "team", "team_depth", f"Agree with team {name(row['team'])} what it takes on",
            f"{plain(row['reassigned_percent'])} % of its {row['incidents']} tickets were handed on",
            f"up to {row['reassigned']} fewer hand-overs",
        ))
    weak = [row for row in tables["sla_by_team"] if row["enough"] and row["team"] != NONE]
    if weak and weak[0]["sla_missed_percent"] > 1.3 * count["sla_missed_percent"]:
        row = weak[0]
        found.append((
            "sla", "sla_by_team", f"Review the SLA of team {name(row['team'])}",
            f"it missed {row['sla_missed']} of {row['incidents']} ({plain(row['sla_missed_percent'])} %); all teams together "
            f"{plain(count['sla_missed_percent'])} %",
            "fewer misses where they are most likely",
        ))
    spots = [row for row in tables["sla_depth"] if row["view"] == "team and priority"]
    if spots:
        row = spots[0]
        found.append((
            "sla", "sla_depth", f"Start with {name(row['part'])}",
            f"{row['sla_missed']} misses, {plain(row['share_of_all_missed_percent'])} % of all misses",
            f"the largest single share of the {count['sla_missed']} misses",
        ))
    worst = [row for row in tables["by_priority"] if row["incidents"] >= 10 and row["sla_missed_percent"]]
    if worst:
        row = max(worst, key=lambda entry: entry["sla_missed_percent"])
        if row["sla_missed_percent"] > 1.2 * count["sla_missed_percent"]:
            found.append((
                "sla", "by_priority", f"Warn earlier on {row['name']} tickets",
                f"{row['sla_missed']} of {row['incidents']} missed their SLA ({plain(row['sla_missed_percent'])} %)",
                "action before the deadline",
            ))
    ahead = [row for row in tables["forecast"] if row["kind"] == "forecast"]
    if ahead:
        row = max(ahead, key=lambda entry: entry["opened"])
        found.append((
            "predictive", "forecast", f"Plan for {plain(row['high'])} tickets in the {given['forecast_grain']} of {row['period']}",
            f"expected are {plain(row['opened'])}, with 80 % between {plain(row['low'])} and {plain(row['high'])}",
            "enough people on the busy days",
        ))
    elif given["focus"] == "predictive":
        found.append(("predictive", "forecast", "Export a longer time", unquote(given["forecast_note"].rstrip(".")), "a forecast that can be tested"))
    reasons = [row for row in tables["cost"] if row["view"] == "cause"]
    if reasons:
        row = reasons[0]
        found.append((
            "cost", "cost", f"Cut the cost of tickets that {row['part']}",
            f"{row['incidents']} tickets cost {plain(row['cost'])}, {plain(row['share_percent'])} % of all",
            f"at most {plain(row['cost'])}",
        ))
    dear = [row for row in tables["cost"] if row["view"] == "category"]
    if dear:
        row = dear[0]
        found.append((
            "cost", "cost", f"Look at {kind('category', row['part'])} first",
            f"it costs {plain(row['cost'])}, {plain(row['share_percent'])} % of all", "the largest share of the cost",
        ))
    return found


def main():
    given = read_input()
    tables = {key: read_table(given.get(key)) for key in (
        "counts", "by_priority", "patterns", "reassignment", "sla_by_team", "team_load", "causes", "pairs", "team_depth",
        "sla_depth", "forecast", "cost", "themes",
    )}
    found = rules(given, tables)
    first = [rule for rule in found if rule[0] == given["focus"]]
    chosen = (first + [rule for rule in found if rule[0] != given["focus"]])[:given["top_n"]]
    page = "\n".join(
        f"{number}. **{escape(unquote(title))}.** Because {escape(unquote(because))} {mark(source)}. Gain: {escape(unquote(gain))}."
        for number, (_, source, title, because, gain) in enumerate(chosen, start=1)
    ) or "No number reached the threshold of a rule."
    facts = "\n".join(f"{title}: {because}." for _, _, title, because, _ in chosen[:3]) or "There are 0 recommendations."
    plain_text = (
        "What follows from the numbers, with the recommendations for the chosen focus first. "
        + (f"The first: {escape(unquote(chosen[0][2]))}, because {escape(unquote(chosen[0][3]))}." if chosen else "")
    )
    sources = [source for _, source, _, _, _ in chosen[:3]] or ["counts"]
    write_output({"sources": sources, "page": page, "facts": facts, "plain": plain_text, "count": len(chosen)})


if __name__ == "__main__":
    main()
