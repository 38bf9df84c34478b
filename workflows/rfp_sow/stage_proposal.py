# SPDX-License-Identifier: Apache-2.0
"""Stage 7: the proposal and the statement of work, from what all stages have found.

Input beside those of stage.py: stages (name to text, data, by), requirements, terms, estimate, provider, budget,
weeks_source. Output beside those of stage.py: sow (Markdown), glossary (list of term and meaning).
"""

import re

from cost import cost_table
from decimal import Decimal
from node import read_json, write_text
from requirements import counts, most_relevant
from stage import Stage, bullets
from text import escape, money, quote, short, table

# Where a requirement is answered, by its topic.
ANSWERS = {
    "function": "Solution", "interface": "Solution", "data": "Solution", "security": "Solution, security",
    "platform": "Tools; Cloud and cost", "quality": "Acceptance", "delivery": "Plan and team", "operation": "Plan and team",
    "staffing": "Plan and team", "price": "Cloud and cost", "legal": "Assumptions",
}
OPEN = "open: bidder's papers"


def demoted(text):
    """A person's document as a part of another one."""
    lines = [line for line in text.strip().split("\n") if not re.match(r"# ", line)]
    return "\n".join("#" + line if re.match(r"#{1,5} ", line) else line for line in lines).strip()


def as_decimal(result):
    """An estimate of the JSON with amounts that can be shown."""
    return {
        **result, "monthly": Decimal(str(result["monthly"])), "annual": Decimal(str(result["annual"])),
        "items": [{**row, "monthly": Decimal(str(row["monthly"])), "annual": Decimal(str(row["annual"]))} for row in result["items"]],
    }


def costs(estimate):
    """The cost tables of the providers that were asked for."""
    currency = estimate["currency"]
    parts = []
    for result in estimate["estimates"]:
        head = f"### Cost at {result['provider']}\n\n" if len(estimate["estimates"]) > 1 else ""
        parts.append(head + table(["Item", "Product", "Unit", "Quantity", "Monthly", "Annual"],
                                  cost_table(as_decimal(result), currency), (3, 4, 5)))
    return "\n\n".join(parts) + (
        f"\n\nPrices of {estimate['prices_date']}, in {currency}. {escape(estimate['prices_source'])} {escape(estimate['prices_note'])} "
        "Annual is 12 times monthly.")


def compared(estimate):
    """The comparison of all providers."""
    currency = estimate["currency"]
    return table(["Provider", "Monthly", "Annual"], [
        [row["provider"], money(Decimal(str(row["monthly"])), currency), money(Decimal(str(row["annual"])), currency)]
        for row in estimate["comparison"]], (1, 2))


def matrix(requirements, tools):
    """Each requirement of product and supplier, and where it is answered."""
    rows = []
    for item in requirements:
        if item["party"] == "customer":
            continue
        answer = ANSWERS.get(item["topic"], OPEN)
        if item["party"] == "supplier" and item["topic"] in ("submission", "legal", "function", "quality"):
            answer = OPEN
        named = [option["name"] for option in tools.values()
                 if option["named"] and re.search(rf"\b{re.escape(option['name'].split(' ')[0])}", item["quote"], re.I)]
        if named and item["party"] == "product":
            answer = "Tools: " + ", ".join(named)
        rows.append([item["id"], escape(short(item["quote"], 110)), item["strength"], answer, escape(short(item["place"], 44))])
    return rows


def glossary(text, terms):
    """The abbreviations of a text that somebody explains: the document, else glossary.json."""
    known = {term: f"{meaning}" for term, meaning in read_json("glossary.json").items()}
    places = {item["term"]: item for item in terms}
    used = sorted({word for word in re.findall(r"\b[A-Za-z]?[A-Z][A-Z0-9]{1,6}\b", text)})
    rows = []
    for word in used:
        if word in places:
            rows.append([word, escape(places[word]["meaning"]), escape(places[word]["place"])])
        elif word in known:
            rows.append([word, escape(known[word]), "general"])
    return rows


def main():
    stage = Stage("proposal", "proposal_writer", "contract_editor")
    given = stage.given
    stages, requirements, estimate = given["stages"], given["requirements"], given["estimate"]
    data = {name: found["data"] for name, found in stages.items()}
    tools, plan = data["tools"]["chosen"], data["implementation"]
    architecture, execution = data["architecture"], data["execution"]
    title, currency = given["title"], estimate["currency"]
    edited = {name: demoted(found["text"]) for name, found in stages.items() if found["by"] == "person"}
    count = counts(requirements)
    rows = matrix(requirements, tools)
    still_open = sum(row[3] == OPEN for row in rows)
    least = estimate["least"]
    monthly, annual = money(Decimal(str(least["monthly"])), currency), money(Decimal(str(least["annual"])), currency)

    draft, terms = stage.answer("draft"), stage.answer("notes")
    summary, approach = (stage.take("proposal_writer", draft.get(key)) for key in ("summary", "approach"))
    stage.part("Executive summary", "proposal_writer" if summary else "")
    stage.part("Approach", "proposal_writer" if approach else "")
    assumptions, exclusions = (
        stage.take_all("contract_editor", terms.get(key)) for key in ("assumptions", "exclusions"))
    stage.part("Assumptions and exclusions", "contract_editor" if assumptions or exclusions else "")
    stage.part("Tables, sums and matrix", "")
    told = (
        f"This proposal answers *{escape(title)}*, which asks for {count['all']} things. The solution has {len(architecture['components'])} components, takes "
        f"{plan['weeks']} weeks with {plan['people']} people, and its cloud items cost {monthly} a month, {annual} a year, at "
        f"{least['provider']}. Of {len(rows)} requirements on solution and supplier, {still_open} stay with the bidder's own papers.")
    if not approach:
        approach = (
            "The work begins with the parts that carry the greatest risk. What is a must is built first, each sprint ends with "
            "something that the customer can try, and nothing counts as done without a test that shows it.")
    assumptions = ["The customer gives access to systems and people in the first phase."] + assumptions + [
        f"The duration of {plan['weeks']} weeks is from {given['weeks_source']}.",
        f"Cloud prices are those of {estimate['prices_date']}; the provider's invoice counts."]
    exclusions = exclusions + [
        "Licences and hardware that the tables do not name.", "Operation after the handover, unless agreed on.",
        "Papers that only the bidder has: certificates, résumés, references, signed statements."]

    component_table = table(["Component", "Runs on", "Purpose"], [
        [escape(part["name"]), escape(architecture["products"].get(part["item"], "")), escape(part["purpose"])]
        for part in architecture["components"]])
    phase_table = table(["Phase", "Weeks", "Goal"], [
        [escape(span["name"]), f"{span['first_week']} to {span['last_week']}", escape(span["goal"])] for span in plan["phases"]])
    head = ["Role", "People", "Person-days"]
    team_rows = [[item["role"], str(item["people"]), str(item["days"])] for item in plan["roles"]]
    team_rows.append(["**Total**", f"**{plan['people']}**", f"**{plan['person_days']}**"])
    team = table(head, team_rows, (1, 2))
    if plan["labour"]:
        team += (
            f"\n\nWork: {plan['person_days']} person-days at {money(Decimal(plan['day_rate']), currency)} are "
            f"{money(Decimal(plan['labour']), currency)}.")
    else:
        team += "\n\nWork is not priced in this document."
    milestone_table = table(["Id", "Milestone", "End of week", "Accepted when"], [
        [item["id"], escape(item["name"]), str(item["week"]), escape(item["acceptance"])] for item in execution["milestones"]], (2,))
    risk_table = table(["Id", "Risk", "Likelihood", "Impact", "Mitigation"], [
        [risk["id"], escape(risk["risk"]), risk["likelihood"], risk["impact"], escape(risk["mitigation"])]
        for risk in execution["risks"]])
    tool_table = table(["Need", "Chosen"], [[name, escape(option["name"])] for name, option in tools.items()])
    product = [item for item in requirements if item["party"] == "product"]
    scope = product or most_relevant(requirements, 12)
    scope_table = table(["Id", "Requirement", "Strength"], [
        [item["id"], quote(item["quote"]) if len(item["quote"]) < 220 else escape(short(item["quote"], 200)), item["strength"]]
        for item in scope])
    picture = "![Architecture](architecture.png){width=100%}"

    sections = [
        ("Executive summary", (escape(summary) + "\n\n" if summary else "") + told),
        ("Understanding", edited.get("requirements") or table(["Topic", "Requirements"], [
            [name, str(number)] for name, number in count["topic"].items()], (1,))),
        ("Approach", escape(approach)),
        ("Solution", edited.get("architecture") or f"{picture}\n\n{component_table}\n\n### Security\n\n" + table(
            ["Component", "Control"], [[escape(item["component"]), escape(item["control"])] for item in architecture["controls"]])),
        ("Tools", edited.get("tools") or tool_table),
        ("Cloud and cost", edited.get("cloud") or costs(estimate) + "\n\n### Comparison of providers\n\n" + compared(estimate)),
        ("Plan and team", edited.get("implementation") or f"{phase_table}\n\n{team}"),
        ("Acceptance", edited.get("execution") or milestone_table),
        ("Risks", risk_table),
        ("Compliance matrix", table(["Id", "Requirement", "Strength", "Answered in", "Place"], rows)),
        ("Assumptions", bullets(assumptions)),
        ("Exclusions", bullets(exclusions)),
    ]
    words = "\n".join(body for _, body in sections)
    terms_used = glossary(words + title, given["terms"])
    terms_table = table(["Term", "Meaning", "From"], terms_used) if terms_used else "No abbreviation needs an explanation."
    sections.append(("Glossary", terms_table))

    sow = [
        ("Purpose", f"This statement of work says what is delivered for *{escape(title)}*, by when, and when it counts as done. "
         f"It rests on {count['all']} requirements, which are quoted with their places."),
        ("Scope", scope_table),
        ("Out of scope", bullets(exclusions)),
        ("Deliverables and schedule", milestone_table + f"\n\n{phase_table}"),
        ("Tasks", "\n\n".join(f"### {escape(span['name'])}{bullets(span['tasks'], chr(10) * 2)}" for span in plan["phases"])),
        ("Architecture", f"{picture}\n\n{component_table}"),
        ("Team", team),
        ("Price of the cloud", costs(estimate)),
        ("Acceptance", "A milestone is accepted when its condition in the table holds. The customer answers within ten working days; "
         "what does not hold is named and mended."),
        ("Changes", "A change of scope is written down with its effect on time and cost. It holds when both sides have agreed."),
        ("Assumptions", bullets(assumptions)),
        ("Risks", risk_table),
        ("Agreement", table(["", "For the customer", "For the supplier"], [[word, "", ""] for word in ("Name", "Date", "Signature")])),
        ("Glossary", terms_table),
    ]
    machine = "\n\n## About this document\n\n- Made by flow, mode rfp\\_sow. Tables, sums and quotes are made by programs."
    for part in ("Assumptions and exclusions",):
        machine += f"\n- {part}: " + ("agent contract\\_editor and programs." if terms else "programs.")
    for part, name in (("Phases and tasks", "implementation"), ("Architecture", "architecture"), ("Milestones and risks", "execution")):
        writers = sorted({entry["by"] for entry in stages[name].get("parts") or [] if entry["part"] != "Review"})
        machine += f"\n- {part}: " + escape(", ".join(writers) or "programs") + "."
    text = f"# Statement of work: {escape(title)}\n\n" + "\n\n".join(f"## {name}\n\n{body}" for name, body in sow if body) + machine
    write_text("sow.md", text)
    brief = f"Proposal for {title}: {plan['weeks']} weeks, {monthly} a month."
    stage.finish(f"Proposal: {escape(title)}", sections, brief, {"open": still_open, "answered": len(rows) - still_open},
                 {"sow": text + "\n", "glossary": [{"term": row[0], "meaning": row[1]} for row in terms_used]})


if __name__ == "__main__":
    main()
