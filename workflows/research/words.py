# SPDX-License-Identifier: Apache-2.0
"""Texts made from templates, for where no agent writes or what it has written does not pass its checks.

Input: what (idea, methods or paper), description, facts of the data (data_facts), facts that were computed (facts), idea,
methods, focus, guidance, figures (name and caption of each), by_program and computed_by (who has computed). Output:
text for idea and methods; sections (by name) for a paper.
"""

import re

from node import read_input, spoken, without_programs, write_output


def columns(data_facts):
    """(table, time, numbers, groups) as the facts of the data name them."""
    table = re.search(r"The table (\S+) has", data_facts)
    time = re.search(r"The column (.+?) goes from (\S+) to (\S+?)[;.]", data_facts)
    numbers = re.findall(r"The column (.+?) holds numbers", data_facts)
    groups = re.findall(r"The column (.+?) has \d+ values", data_facts)
    numbers, groups = ([spoken(name) for name in names] for names in (numbers, groups))
    return (table[1] if table else ""), time, numbers, groups


def subject(data_facts):
    """What an analysis of these data is about, in a few words."""
    table, time, numbers, groups = columns(data_facts)
    if numbers and time:
        return f"the {numbers[0]} over {time[1]}"
    if numbers and groups:
        return f"the {numbers[0]} by {groups[0]}"
    return f"the {numbers[0]} in {table}" if numbers else "the data"


def question(data_facts):
    _, time, numbers, groups = columns(data_facts)
    if numbers and time:
        return f"whether the {numbers[0]} has a trend or a step over {time[1]}, and where"
    if numbers and groups:
        return f"whether the {numbers[0]} differs between the values of {groups[0]}, and by how much"
    return "what the data hold"


def idea(given):
    about, asked = subject(given["data_facts"]), question(given["data_facts"])
    focus = f" The focus is on {given['focus'].strip().rstrip('.')}." if given.get("focus") else ""
    return (f"Title: An analysis of {about}\n\nIdea: It is asked {asked}. The description of the data does not answer it. "
            f"The table is described, and what stands out is tested both by least squares and by ranks. Only the given data are "
            f"used. A difference that both ways find would be worth an explanation.{focus}")


def methods(given):
    _, time, numbers, groups = columns(given["data_facts"])
    steps = ["Read the table, and count the rows and the empty cells.",
             "Describe each column of numbers by its mean, its median and its standard deviation."]
    if numbers and time:
        steps += [
            f"Fit a straight line to the {numbers[0]} by least squares, and give its slope with its standard error.",
            f"Look for the step in the {numbers[0]} that leaves the least squared error, each side with at least five values, "
            "and compare it with one mean by the Bayesian information criterion.",
            "Repeat both by ranks, which a few extreme values do not lead astray: the Mann-Kendall test for a trend, and the "
            "Pettitt test for a change."]
    if numbers and groups:
        steps.append(f"Compare the means of the {numbers[0]} between the values of {groups[0]} by an analysis of variance.")
    if len(numbers) > 1:
        steps.append("Compute the correlation of each pair of columns of numbers, and take the strongest.")
    steps.append("Draw what was found.")
    text = "\n".join(f"{place}. {step}" for place, step in enumerate(steps, start=1))
    guidance = f"\n\nA person has asked for this: {given['guidance'].strip()}" if given.get("guidance") else ""
    return f"The analysis goes through these steps.\n\n{text}{guidance}"


def title_of(idea_text):
    found = re.search(r"^\W*title\W*:\W*(.+?)\W*$", idea_text, flags=re.I | re.M)
    title = re.sub(r"[*`#\"]", "", found[1]).strip() if found else ""
    return title if 2 <= len(title.split()) <= 20 and not re.search(r"\d", title) else ""


def plain_idea(text):
    """The sentences of an idea, without its title."""
    text = re.sub(r"^\W*title\W*:.*$", "", text, count=1, flags=re.I | re.M)
    text = re.sub(r"^\W*idea\W*:\s*", "", text.strip(), flags=re.I)
    return re.sub(r"\s+", " ", re.sub(r"[*#`]", "", text)).strip()


def paper(given):
    data_facts = given["data_facts"]
    # Results that another run has written end in a list of what was computed.
    lines = (given.get("facts") or "").partition("## What was computed")
    items = [line[2:] for line in lines[2].splitlines() if line.startswith("- ")]
    facts = items or [line.strip().removeprefix("- ") for line in lines[0].splitlines() if line.strip() and line[0] != "#"]
    if given.get("by_program") and not all(fact.endswith(".") for fact in facts):
        # Lines such as `mean flow: 919.35` are no sentences.
        facts = [f"The program gives {'; '.join(fact.rstrip('.;') for fact in facts[place:place + 4])}."
                 for place in range(0, min(len(facts), 16), 4)]
    table, *_ = columns(data_facts)
    figures = given.get("figures") or []
    about, asked = subject(data_facts), question(data_facts)
    made = given.get("computed_by") or "the fixed analysis"
    who = ("a program that a model wrote" if given.get("by_program") else "a fixed program" if "fixed analysis" in made
           else "an analysis that was given")
    main = (facts if given.get("by_program") else facts[1:4]) or facts
    title = title_of(given.get("idea") or "") or f"An analysis of {about}"
    shown = "".join(
        f"\n\nFigure {number} shows this: {figure['caption'][:1].lower() + figure['caption'][1:]}"
        for number, figure in enumerate(figures, start=1))
    return {
        "abstract": f"{title}\n\nThis paper looks at {about} and asks {asked}. The data were analysed by {who}. "
        + " ".join(main[:3]),
        "introduction": f"The data behind this paper hold {about}. It is asked {asked}. The question matters because a change "
        "that is not seen is not explained, and one that is only believed misleads.\n\nThe paper describes the data, says how "
        "they were analysed, and tells each result with its number. Nothing beyond these data was used.",
        "methods": re.sub(r"(?m)^#+\s*(.*)$", r"**\1**", without_programs(given.get("methods") or "")),
        "results": "\n\n".join(" ".join(facts[place:place + 3]) for place in range(0, len(facts), 3)) + shown,
        "conclusions": f"This paper asked {asked}. The data were analysed by {who}, and what it has found is told above with "
        "its numbers.\n\n" + " ".join(main[:2]) + "\n\nWhat causes this, these data alone do not say.",
        "report": "\n\n".join(" ".join(facts[place:place + 3]) for place in range(0, len(facts), 3)),
    }


def main():
    given = read_input()
    for name in ("data_facts", "focus", "guidance"):
        given[name] = given.get(name) or ""
    if given["what"] == "idea":
        write_output({"text": idea(given)})
    elif given["what"] == "methods":
        write_output({"text": methods(given)})
    else:
        write_output({"sections": paper(given)})


if __name__ == "__main__":
    main()
