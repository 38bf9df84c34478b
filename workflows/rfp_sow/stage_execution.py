# SPDX-License-Identifier: Apache-2.0
"""Stage 6: milestones, acceptance and risks. Weeks come from the phases; rules name risks with what they rest on.

Input beside those of stage.py: requirements, implementation and cloud (data of these stages), estimate. Data: milestones,
risks. Output beside those of stage.py: risks_page.
"""

from collections import Counter

from requirements import most_relevant
from stage import Stage
from text import escape, quote, same, short, table

LEVELS = {"low": 1, "medium": 2, "high": 3}
RISKS = [
    ("security", "Data that must be protected is seen by others", "medium", "high",
     "Encryption on the way and at rest, rights by role, a test by outsiders before go-live"),
    ("data", "Existing data or its structure is other than assumed", "medium", "high",
     "Look at a copy in the first phase, map fields in a file that both sides sign"),
    ("interface", "Systems on the other side change or are late", "medium", "medium",
     "Agree on the interface first, test against a stand-in"),
    ("platform", "The target environment differs from that of development", "medium", "medium",
     "Build the environments from code, deliver to the target early"),
    ("staffing", "A key person is not available", "medium", "medium", "A named deputy for each key person, pair work"),
    ("delivery", "The duration is too short for all requirements", "medium", "high",
     "Musts first, review at each sprint end, the customer decides what waits"),
    ("quality", "Acceptance is argued about", "low", "medium", "Acceptance tests for each must, agreed before the build"),
    ("price", "The price is exceeded", "low", "high", "Weekly view of hours and cloud cost, warning at four fifths"),
    ("legal", "A clause is not met", "low", "high", "A compliance matrix with an owner for each clause"),
]


def risks_of(stage, requirements):
    """Risks by rule, each with the requirement that it rests on, then those of the agent."""
    found = []
    for topic, risk, likelihood, impact, mitigation in RISKS:
        mine = [item for item in requirements if item["topic"] == topic and item["party"] != "customer"]
        if mine:
            found.append({
                "risk": risk, "likelihood": likelihood, "impact": impact, "mitigation": mitigation,
                "evidence": mine[0]["id"], "by": "rule"})
    ids = {item["id"] for item in requirements}
    for item in stage.answer("notes").get("risks") or []:
        risk, mitigation = (stage.take("risk_analyst", item.get(key)) for key in ("risk", "mitigation"))
        if risk and mitigation and item.get("likelihood") in LEVELS and item.get("impact") in LEVELS \
                and risk not in [entry["risk"] for entry in found]:
            evidence = item.get("requirement") if item.get("requirement") in ids else ""
            found.append({
                "risk": risk, "likelihood": item["likelihood"], "impact": item["impact"], "mitigation": mitigation,
                "evidence": evidence, "by": "agent risk_analyst"})
    if not found:
        found.append({
            "risk": "Requirements are unclear", "likelihood": "high", "impact": "high", "evidence": "", "by": "rule",
            "mitigation": "Questions to the customer before the build"})
    return sorted(found, key=lambda entry: -LEVELS[entry["likelihood"]] * LEVELS[entry["impact"]])


def milestones_of(stage, phases):
    """The milestones of the agent that hold, and a rule's for each phase that has none."""
    milestones = []
    drafted = stage.answer("draft").get("milestones") or []
    # A condition that stands at several milestones does not say when one of them is reached.
    conditions = Counter(same(item.get("acceptance")).lower() for item in drafted)
    for item in drafted:
        number = item.get("phase")
        if conditions[same(item.get("acceptance")).lower()] > 1:
            stage.refuse("operations_planner", item.get("acceptance"), "it stands at several milestones")
            continue
        name, acceptance = (stage.take("operations_planner", item.get(key)) for key in ("name", "acceptance"))
        if name and acceptance and isinstance(number, int) and 1 <= number <= len(phases):
            milestones.append({"name": name, "acceptance": acceptance, "phase": number, "by": "agent operations_planner"})
        elif name:
            stage.refuse("operations_planner", name, "a milestone needs a phase that is there and an acceptance that holds")
    covered = {item["phase"] for item in milestones}
    for number, phase in enumerate(phases, start=1):
        if number not in covered:
            milestones.append({
                "name": f"End of {phase['name']}", "acceptance": f"Accepted when this is reached: {phase['goal'].rstrip('.')}",
                "phase": number, "by": "rule"})
    stage.part("Milestones", "operations_planner" if covered else "")
    return milestones


def main():
    stage = Stage("execution", "operations_planner", "risk_analyst")
    given = stage.given
    phases = given["implementation"]["phases"]
    milestones = milestones_of(stage, phases)
    milestones.sort(key=lambda item: item["phase"])
    for number, item in enumerate(milestones, start=1):
        item.update({"id": f"M{number}", "week": phases[item["phase"] - 1]["last_week"]})
    risks = risks_of(stage, given["requirements"])
    for number, risk in enumerate(risks, start=1):
        risk["id"] = f"K{number}"
    stage.part("Risks", "")
    if any(risk["by"] != "rule" for risk in risks):
        stage.part("Further risks", "risk_analyst")

    musts = most_relevant([item for item in given["requirements"] if item["strength"] == "must"], 8)
    risk_table = table(["Id", "Risk", "Likelihood", "Impact", "Mitigation", "Rests on", "By"], [
        [risk["id"], escape(risk["risk"]), risk["likelihood"], risk["impact"], escape(risk["mitigation"]), risk["evidence"],
         "rule" if risk["by"] == "rule" else "agent"] for risk in risks])
    sections = [
        ("Milestones", table(["Id", "Milestone", "End of week", "Accepted when", "By"], [
            [item["id"], escape(item["name"]), str(item["week"]), escape(item["acceptance"]),
             "rule" if item["by"] == "rule" else "agent"] for item in milestones], (2,))),
        ("Acceptance", "These musts are shown to the customer, each by a test:\n\n" + table(["Id", "Requirement"], [
            [item["id"], quote(short(item["quote"], 160)) if len(item["quote"]) <= 160 else escape(short(item["quote"], 160))]
            for item in musts]) if musts else ""),
        ("Working together", "A person on each side decides. Progress, cost and risks are reviewed at the end of each sprint. "
         "Changes of scope are written down with their effect on time and cost, and hold when both sides have agreed."),
        ("Risks", risk_table),
    ]
    brief = (
        "Milestones: " + "; ".join(f"{item['name']} week {item['week']}" for item in milestones[:6])
        + ". Greatest risks: " + "; ".join(risk["risk"] for risk in risks[:3]) + ".")
    page = "# Risks\n\n" + risk_table + (
        "\n\nLikelihood and impact are judgements, not measurements. *Rests on* names the requirement that a risk comes from.")
    stage.finish("Execution", sections, brief, {"milestones": milestones, "risks": risks}, {"risks_page": page})


if __name__ == "__main__":
    main()
