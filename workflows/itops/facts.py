# SPDX-License-Identifier: Apache-2.0
"""Turns the tables into what people and agents read: short facts, plain texts, chapters in markdown, metrics.

The facts are all that an agent is given, and all that its text is checked against. The plain texts stand in when no
agent's text passes the check. Every number comes from a table; none is worked out from prose.
"""

import re

from node import read_input, read_table, write_output
from sources import mark

OUTCOMES = {"sla_missed": "missed their SLA", "reopened": "were reopened", "long": "took long"}
ATTRIBUTES = {"ci": "configuration item", "team": "team", "contact": "contact type"}


def plain(value):
    """Text of a value; a number without useless digits."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)


def escape(value):
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@!&])", r"\\\1", plain(value)).replace("\n", " ")


def table(rows, columns, caption, *sources):
    """A pipe table; columns are (key, heading). Numbers stand right. The caption names the queries that it comes from."""
    if not rows:
        return ""
    numeric = [all(isinstance(row[key], (int, float, type(None))) for row in rows) for key, _ in columns]
    lines = ["| " + " | ".join(heading for _, heading in columns) + " |"]
    lines.append("|" + "|".join("---:" if right else ":---" for right in numeric) + "|")
    for row in rows:
        lines.append("| " + " | ".join(escape(row[key]) for key, _ in columns) + " |")
    return "\n".join(lines) + f"\n\n: {caption} {mark(*sources)}".rstrip() + "\n"


def name(value):
    """A name in a fact: quoted, so that its digits are not taken for a number."""
    return "`" + plain(value).replace("`", "'") + "`"


def kind(attribute, value):
    """An attribute with its value: `team X`, but `Category 45` where the value says it already."""
    if plain(value).lower().startswith(attribute):
        return name(value)
    return f"{ATTRIBUTES.get(attribute, attribute)} {name(value)}"


def percent(share):
    return f"{round(100 * share, 1):g} %"


def cause_fact(row):
    return (
        f"{row['bad']} of {row['n']} tickets of {kind(row['attribute'], row['value'])} {OUTCOMES[row['outcome']]} "
        f"({percent(row['confidence'])}), against {percent(row['rest_rate'])} of all others "
        f"(lift {plain(round(row['lift'], 1))})"
    )


def sentences(facts):
    """Facts as sentences, a line each."""
    return "\n".join(f"{fact[0].upper()}{fact[1:]}." for fact in facts)


def unquote(text):
    return text.replace("`", "")


def main():
    given = read_input()
    focus, top = given["focus"], given["top_n"]
    tables = {key: read_table(given.get(key)) for key in (
        "counts", "by_priority", "patterns", "volume", "rhythm", "reassignment", "sla_by_team", "team_load", "causes",
        "pairs", "bursts", "forecast", "backlog", "team_depth", "sla_depth", "cost", "themes",
    )}
    count = tables["counts"][0]
    priorities, patterns, teams = tables["by_priority"], tables["patterns"], tables["team_load"]
    causes = [row for row in tables["causes"] if row["status"] == "cause"]
    explained = [row for row in tables["causes"] if row["status"] == "explained"]
    busiest = max(tables["rhythm"], key=lambda row: row["incidents"])
    weak_teams = [row for row in tables["sla_by_team"] if row["enough"]]
    handed = [row for row in tables["reassignment"] if row["reassignments"] != 0]
    direct = next((row for row in tables["reassignment"] if row["reassignments"] == 0), None)
    far = handed[-1] if handed else None
    categories = sorted(
        {(row["category"], row["category_incidents"], row["category_percent"]) for row in patterns},
        key=lambda entry: (-entry[1], str(entry[0])),
    )

    # -- facts: what an agent is given; a fact a line, what belongs together in one line --
    total = f"there are {count['incidents']} tickets in all, opened from {count['first_day']} to {count['last_day']}"
    missed = f"the SLA was missed in {count['sla_missed']} tickets ({plain(count['sla_missed_percent'])} %)"
    median = f"the median time to resolve is {plain(count['median_hours'])} hours"
    stands_out = [("causes", cause_fact(row)) for row in causes[:3]] or [("causes", "no cause stands out")]
    focus_facts, focus_pages = chapter(focus, tables, top, given)
    about = theme_facts(tables["themes"])
    # Each with its source, the weightiest first: a text may be cut at its end.
    pattern_facts = [
        ("counts", total), ("counts", missed), *stands_out[:2], *focus_facts[:2], *about[:2],
        *(("patterns", f"category {name(c)} has {n} tickets ({plain(p)} %)") for c, n, p in categories[:2]),
        ("rhythm", f"the busiest hour is {busiest['day']} {busiest['hour']:02}:00 with {busiest['incidents']} tickets"),
    ]
    if direct and far:
        pattern_facts += [
            ("reassignment",
             f"the median time is {plain(direct['median_hours'])} hours for tickets that were never handed on"),
            ("reassignment",
             f"the median time is {plain(far['median_hours'])} hours for tickets that were handed on "
             f"{far['reassignments']} times"),
        ]
    summary_facts = [("counts", total), ("counts", missed), ("counts", median), stands_out[0]] + focus_facts[:1]

    # What only the plain texts say, for the claims.
    more = [
        ("counts", f"{count['reopened']} tickets were reopened"),
        ("counts", f"half of the tickets were resolved within {plain(count['median_hours'])} hours"), *stands_out,
        *(("patterns", f"category {name(c)} has {n} tickets ({plain(p)} %)") for c, n, p in categories[:3]), *about,
    ]

    # -- plain texts: what stands in for an agent --
    patterns_plain = "\n\n".join([
        f"{count['incidents']} tickets came in between {count['first_day']} and {count['last_day']}. "
        f"The largest categories are "
        + ", ".join(f"{escape(c)} with {n} ({plain(p)} %)" for c, n, p in categories[:3])
        + f". Most tickets in one hour of the week came on {busiest['day']} at {busiest['hour']:02}:00: "
        f"{busiest['incidents']}.",
        " ".join(
            f"{escape(unquote(cause_fact(row)))[0].upper()}{escape(unquote(cause_fact(row)))[1:]}." for row in causes[:3]
        ) or "No attribute stands out among the bad tickets beyond what chance explains.",
        *[" ".join(f"{escape(unquote(fact))[0].upper()}{escape(unquote(fact))[1:]}." for _, fact in about[:2])][:len(about)],
    ])
    summary_plain = (
        f"{count['incidents']} tickets from {count['first_day']} to {count['last_day']} were analysed. "
        f"{count['sla_missed']} of them ({plain(count['sla_missed_percent'])} %) missed their SLA, "
        f"{count['reopened']} were reopened, and half were resolved within {plain(count['median_hours'])} hours. "
        + (f"What stands out most: {escape(unquote(cause_fact(causes[0])))}." if causes else "No single cause stands out.")
        + (f" {escape(unquote(focus_facts[0][1]))[0].upper()}{escape(unquote(focus_facts[0][1]))[1:]}." if focus_facts else "")
    )

    # -- chapters --
    overview = table(priorities, [
        ("name", "Priority"), ("incidents", "Incidents"), ("events", "Events"), ("sla_missed", "SLA missed"),
        ("sla_missed_percent", "Missed %"), ("sla_missed_events", "Events with SLA missed"), ("median_hours", "Median h"),
    ], "Incidents by final priority, events by the priority that each event had", "by_priority")
    quality = quality_text(given, count)
    patterns_page = "\n".join([
        table(patterns[:top], [
            ("category", "Category"), ("symptom", "Symptom"), ("incidents", "Incidents"), ("share_percent", "Share %"),
            ("days", "Days"), ("mean_hours", "Mean h"), ("sla_missed_percent", "SLA missed %"),
        ], "What recurs most", "patterns"),
        table(tables["reassignment"], [
            ("reassignments", "Handed on"), ("incidents", "Incidents"), ("share_percent", "Share %"),
            ("median_hours", "Median h"), ("sla_missed_percent", "SLA missed %"),
        ], "Tickets by how often they were handed on", "reassignment"),
        table(weak_teams[:top], [
            ("team", "Team"), ("incidents", "Incidents"), ("sla_missed", "SLA missed"), ("sla_missed_percent", "Missed %"),
        ], f"SLA by team (teams with {given['min_support']} tickets or more)", "sla_by_team"),
        table(teams[:top], [
            ("team", "Team"), ("incidents", "Incidents"), ("share_percent", "Share %"), ("people", "People"),
            ("mean_hours", "Mean h"), ("mean_reassignments", "Mean hand-overs"), ("reopened", "Reopened"),
        ], "Load by team", "team_load"),
    ])
    causes_page = causes_text(causes, explained, top)
    write_output({
        "pattern_facts": sentences([fact for _, fact in pattern_facts]),
        "pattern_sources": [source for source, _ in pattern_facts],
        "summary_facts": sentences([fact for _, fact in summary_facts]),
        "summary_sources": [source for source, _ in summary_facts],
        "more_facts": sentences([fact for _, fact in more]),
        "more_sources": [source for source, _ in more],
        "patterns_plain": patterns_plain,
        "summary_plain": summary_plain,
        "overview": overview,
        "quality": quality,
        "patterns_page": patterns_page,
        "causes_page": causes_page,
        "themes_page": themes_text(tables["themes"], given["top_n"], given["themes_note"]),
        "focus_page": focus_pages,
        "metrics": metrics(count, priorities, causes, tables["themes"], given, focus),
    })


def quality_text(given, count):
    problems = given["problems"]
    names = {
        "without_id": "without an id (dropped)", "without_created": "without a start date (dropped)",
        "unreadable_created": "with a start date that cannot be read (dropped)",
        "unreadable_resolved": "with an end date that cannot be read (kept, no time to resolve)",
        "unknown_priority": "with an unknown priority (kept)",
    }
    lines = [
        f"- The file holds {given['rows']} rows; {given['rows_kept']} were kept and make {count['file_incidents']} incidents "
        f"with {count['file_events']} events. Layout: {given['mapping_name']}.",
        f"- In scope (time range {given['time_range']}, priority {given['priority_filter']}): {count['incidents']} incidents "
        f"with {count['events']} events.",
        f"- SLA comes from {given['sla_source']}. It was missed in {count['sla_missed']} incidents; "
        f"{count['sla_missed_events']} events carry the mark.",
        f"- {count['without_resolve_date']} incidents have no end date; {count['impossible_times']} end before they start. "
        f"They count everywhere but in times; {count['with_resolve_time']} incidents have a time to resolve.",
    ]
    lines += [f"- Rows {names[key]}: {number}." for key, number in problems.items() if number]
    return "\n".join(f"{line} {mark('map', 'counts')}" for line in lines)


def causes_text(causes, explained, top):
    if not causes:
        return "No attribute value stands out among bad tickets beyond what chance explains."
    columns = [
        ("rank", "#"), ("attribute", "Attribute"), ("value", "Value"), ("what", "Tickets that"), ("n", "Tickets"),
        ("bad", "Bad"), ("confidence_percent", "Rate %"), ("rest_percent", "Others %"), ("lift", "Lift"),
        ("extra_bad", "Extra bad"), ("q_text", "q"),
    ]
    for row in causes + explained:
        row["what"] = OUTCOMES[row["outcome"]]
        row["confidence_percent"] = round(100 * row["confidence"], 1)
        row["rest_percent"] = round(100 * row["rest_rate"], 1)
        row["q_text"] = f"{row['q_value']:.1g}" if row["q_value"] >= 1e-12 else "below 1e-12"
    parts = [table(causes[:top], columns, "Candidates for root causes, strongest evidence first", "candidates", "causes")]
    parts.append(
        "Lift is how many times more often a ticket with this value is bad than any ticket. *Extra bad* is how many bad "
        "tickets there are beyond the rate of all others. q is the share of false alarms to expect among candidates this "
        "strong. A candidate goes with bad tickets; whether it causes them, people must find out."
    )
    if explained:
        some = "; ".join(
            f"{row['attribute']} {row['value']} (by {row['explained_by']})" for row in explained[:5] if row["explained_by"]
        )
        if some:
            parts.append("Seen too, but explained by a stronger candidate: " + escape(some) + ".")
    return "\n\n".join(parts)


def theme_facts(themes):
    """What the largest theme is, and what goes up most; each with its source."""
    if not themes:
        return []
    first = themes[0]
    found = [("themes", f"theme {name(first['label'])} has {first['incidents']} tickets ({plain(first['share_percent'])} %)")]
    rising = [row for row in themes if row["times_usual"] is not None and row["times_usual"] >= 1.5 and row["last_four_weeks"] >= 8]
    if rising:
        row = max(rising, key=lambda entry: (entry["times_usual"], -entry["number"]))
        found.append((
            "themes", f"theme {name(row['label'])} had {row['last_four_weeks']} tickets in the last 4 weeks, "
            f"{plain(row['times_usual'])} times its usual number",
        ))
    return found


def themes_text(themes, top, note):
    """The themes of titles and descriptions, with examples."""
    parts = [table(themes[:top], [
        ("label", "Theme"), ("incidents", "Incidents"), ("share_percent", "Share %"), ("sla_missed_percent", "SLA missed %"),
        ("median_hours", "Median h"), ("reopened", "Reopened"), ("last_four_weeks", "Last 4 weeks"),
        ("times_usual", "Times usual"),
    ], "Themes of the free text, named by the words that weigh most in them", "themes", "clusters")]
    for row in themes[:top]:
        parts.append(f"- **{escape(row['label'])}**: " + "; ".join(f"*{escape(text)}*" for text in plain(row["examples"]).split(" | ")))
    lines = [part for part in parts if part]
    return (lines[0] + "\n" + "\n".join(lines[1:]) + "\n\n" if lines else "") + escape(note)


def chapter(focus, tables, top, given):
    """Facts with their sources, and pages, that only this focus has."""
    if focus == "root_cause":
        rows = tables["pairs"]
        for row in rows:
            parts = [kind(row[f"attribute_{part}"], row[f"value_{part}"]) for part in ("a", "b")]
            row["pair"] = unquote(" + ".join(parts))
            row["what"] = OUTCOMES[row["outcome"]]
            row["confidence_percent"] = round(100 * row["confidence"], 1)
        facts = [
            f"{row['bad']} of {row['n']} tickets of the pair {name(row['pair'])} {row['what']} "
            f"(lift {plain(round(row['lift'], 1))})"
            for row in rows[:2]
        ] or ["no pair of values is worse than its parts"]
        page = table(rows[:top], [
            ("pair", "Pair"), ("what", "Tickets that"), ("n", "Tickets"), ("bad", "Bad"), ("confidence_percent", "Rate %"),
            ("lift", "Lift"), ("gain_over_single", "Times the better part"),
        ], "Pairs that are worse than either part alone (chi-square within the better part above 10.83)", "pairs")
        return [("pairs", fact) for fact in facts], "## Focus: pairs of causes\n\n" + (page or "No pair of values is clearly worse than its parts.")
    if focus == "pattern":
        rows = tables["bursts"]
        for row in rows:
            row["kind"] = f"{row['category']} / {row['symptom']}"
        facts = [
            f"{name(row['kind'])} came in a burst of {row['fullest']} tickets {'on' if row['grain'] == 'day' else 'in the week of'} "
            f"{row['fullest_on']}, "
            f"{plain(row['times_the_mean'])} times its mean" for row in rows[:2]
        ] or ["no kind of ticket came in a burst"]
        page = table(rows[:top], [
            ("kind", "Kind"), ("incidents", "Incidents"), ("grain", "Grain"), ("active", "Active"),
            ("fullest_on", "Fullest"), ("fullest", "Tickets"), ("mean", "Mean"), ("times_the_mean", "Times the mean"),
        ], "Bursts: more than three standard deviations above the mean of their kind", "bursts")
        page = page or "No kind of ticket came in a burst: no day or week is far above the mean of its kind.\n"
        months = [row for row in tables["volume"] if row["grain"] == "month"]
        page += "\n" + table([{**row, "period": row["period"][:7]} for row in months], [("period", "Month"), ("opened", "Opened"), ("resolved", "Resolved")], "By month", "volume")
        return [("bursts", fact) for fact in facts], "## Focus: recurring patterns\n\n" + page
    if focus == "predictive":
        rows = [row for row in tables["forecast"] if row["kind"] == "forecast"]
        facts = [
            f"the forecast for the {given['forecast_grain']} of {row['period']} is {plain(row['opened'])} tickets "
            f"({plain(row['low'])} to {plain(row['high'])})" for row in rows[:1]
        ] or [given["forecast_note"][0].lower() + given["forecast_note"][1:].rstrip(".")]
        open_rows = [row for row in tables["backlog"] if row["kind"] == "forecast"]
        open_facts = [
            f"the forecast of the backlog at the end of the {given['forecast_grain']} of {row['period']} is "
            f"{plain(row['backlog'])} tickets ({plain(row['low'])} to {plain(row['high'])})" for row in open_rows[-1:]
        ]
        page = table(rows, [("period", "From"), ("opened", "Expected"), ("low", "Low"), ("high", "High")], "Forecast of new tickets", "forecast", "volume")
        tried = table(given["forecast_tried"], [("method", "Method"), ("mean_absolute_error", "Mean absolute error")],
                      "Back-test of the methods", "forecast")
        page += "\n" + tried
        if open_rows:
            page += "\n### Backlog\n\n" + escape(given["backlog_note"]) + "\n\n" + table(
                open_rows, [("period", "End of the period from"), ("backlog", "Expected open"), ("low", "Low"), ("high", "High")],
                "Forecast of the backlog", "backlog", "volume",
            ) + "\n" + table(
                given["backlog_tried"], [("method", "Method"), ("mean_absolute_error", "Mean absolute error")],
                "Back-test of the methods on the backlog", "backlog")
        return [("forecast", fact) for fact in facts] + [("backlog", fact) for fact in open_facts], \
            "## Focus: forecast\n\n" + escape(given["forecast_note"]) + "\n\n" + page
    if focus == "team":
        rows = tables["team_depth"]
        most = sorted((row for row in rows if row["incidents"] >= given["min_support"]),
                      key=lambda row: (-row["reassigned_percent"], str(row["team"])))
        facts = [
            f"team {name(row['team'])} has {plain(row['reassigned_percent'])} % of its {row['incidents']} tickets handed on"
            for row in most[:2]
        ] or ["no team has enough tickets to compare"]
        page = table(rows[:top], [
            ("team", "Team"), ("incidents", "Incidents"), ("reassigned_percent", "Handed on %"), ("handed_on", "Passed"),
            ("received", "Received"), ("reopened_percent", "Reopened %"), ("fullest_day", "Fullest day"),
            ("mean_hours", "Mean h"),
        ], "How teams hand tickets on, and what comes back", "team_depth")
        return [("team_depth", fact) for fact in facts], "## Focus: teams\n\n" + page
    if focus == "sla":
        rows = [row for row in tables["sla_depth"] if row["view"] == "team and priority"]
        facts = [
            f"{row['sla_missed']} of {row['incidents']} tickets of {name(row['part'])} missed their SLA, "
            f"which is {plain(row['share_of_all_missed_percent'])} % of all misses" for row in rows[:2]
        ] or ["no team and priority has enough tickets to compare"]
        pages = [
            table([row for row in tables["sla_depth"] if row["view"] == view][:top], [
                ("part", view.capitalize()), ("incidents", "Incidents"), ("sla_missed", "SLA missed"),
                ("sla_missed_percent", "Missed %"), ("share_of_all_missed_percent", "Share of all misses %"),
            ], f"SLA by {view}", "sla_depth") for view in ("team and priority", "time of day", "day of week")
        ]
        return [("sla_depth", fact) for fact in facts], "## Focus: SLA\n\n" + "\n".join(pages)
    rows = tables["cost"]
    total = next((row for row in rows if row["view"] == "total"), None)
    facts = [f"the estimated cost of handling is {plain(total['cost'])} for {plain(total['work_hours'])} hours of work"] if total \
        else ["no ticket has a time to resolve, so there is no cost"]
    facts += [
        f"tickets that {row['part']} cost {plain(row['cost'])}, {plain(row['share_percent'])} % of all"
        for row in rows if row["view"] == "cause"
    ][:1]
    pages = [
        table([row for row in rows if row["view"] == view][:top], [
            ("part", heading), ("incidents", "Incidents"), ("hours", "Hours open"), ("work_hours", "Hours of work"),
            ("cost", "Cost"), ("share_percent", "Share %"),
        ], f"Cost by {heading.lower()}", "cost")
        for view, heading in (("total", "All"), ("category", "Category"), ("team", "Team"), ("cause", "Reason"))
    ]
    note = (
        f"An estimate: hours from opened to resolved × {plain(given['work_share'])} (the share of them that is work) × "
        f"{plain(given['hourly_rate'])} an hour. Both are inputs. A ticket may stand under several reasons.\n\n"
    )
    return [("cost", fact) for fact in facts], "## Focus: cost\n\n" + note + "\n".join(pages)


def metrics(count, priorities, causes, themes, given, focus):
    keys = (
        "incidents", "events", "file_incidents", "file_events", "sla_missed", "sla_missed_percent", "sla_missed_events",
        "file_sla_missed_events", "reopened", "long", "median_hours", "mean_hours", "with_resolve_time",
        "without_resolve_date", "impossible_times", "first_day", "last_day",
    )
    return {
        **{key: count[key] for key in keys},
        "rows": given["rows"],
        "rows_dropped": given["rows"] - given["rows_kept"],
        "problems": given["problems"],
        "sla_source": given["sla_source"],
        "focus": focus,
        "by_priority": {
            row["name"]: {key: row[key] for key in ("incidents", "events", "sla_missed", "sla_missed_events")}
            for row in priorities
        },
        "root_causes": [
            {key: row[key] for key in ("rank", "attribute", "value", "outcome", "n", "bad", "lift", "q_value")}
            for row in causes
        ],
        "themes": [
            {key: row[key] for key in ("label", "incidents", "sla_missed", "last_four_weeks", "times_usual")}
            for row in themes
        ],
    }


if __name__ == "__main__":
    main()
