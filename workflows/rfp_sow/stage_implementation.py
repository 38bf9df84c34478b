# SPDX-License-Identifier: Apache-2.0
"""Stage 4: phases and people. Weeks and person-days are computed from the duration; agents weigh and word.

Input beside those of stage.py: requirements, weeks, weeks_source, day_rate, currency. Data: phases (name, first_week,
last_week), roles, person_days.
"""

from decimal import Decimal

from requirements import most_relevant
from stage import Stage, bullets, clean_name
from text import escape, money, short, table

PHASES = [
    ("Start", "Agree on scope, working ways and access", 1,
     ["Kick-off with the customer", "Confirm requirements and open questions", "Set up repository and environments"]),
    ("Foundation", "Prove the riskiest parts end to end", 2,
     ["Skeleton of the architecture with build and delivery", "Access to existing systems", "Rights and keys"]),
    ("Build", "Build the requirements in sprints, most important first", 5,
     ["Implementation with tests", "Review with the customer at the end of each sprint", "Documentation beside the code"]),
    ("Proof", "Show that it does what was asked for", 2,
     ["Acceptance tests for each must", "Load and security tests", "Mend what they find"]),
    ("Handover", "Give everything to those who run it", 1,
     ["Transition plan", "Training and operation manual", "Go-live and support"]),
]
ROLES = {
    "project_lead": "Project lead", "product_owner": "Product owner of the supplier", "architect": "Architect",
    "backend_developer": "Backend developer", "frontend_developer": "Frontend developer", "tester": "Tester",
    "security_engineer": "Security engineer", "operations_engineer": "Operations engineer", "designer": "Designer",
    "writer": "Technical writer",
}
TEAM = [
    ("project_lead", 1, "leads the work and talks with the customer"), ("architect", 1, "decides on structure and interfaces"),
    ("backend_developer", 2, "build the service and its tests"), ("tester", 1, "writes and runs acceptance tests"),
    ("operations_engineer", 1, "runs delivery and environments"),
]
DAYS_A_WEEK = 5


def allot(weights, weeks):
    """Whole weeks by weight, at least one each where there are enough, which add up to all weeks."""
    if weeks < len(weights):
        return [1 if place < weeks else 0 for place in range(len(weights))]
    spare = weeks - len(weights)
    shares = [spare * weight / sum(weights) for weight in weights]
    result = [1 + int(share) for share in shares]
    order = sorted(range(len(weights)), key=lambda place: (-(shares[place] % 1), place))
    for place in order[:weeks - sum(result)]:
        result[place] += 1
    return result


def phases_of(stage):
    """The agent's phases if at least three hold, else those of the table above."""
    found = []
    for item in stage.answer("draft").get("phases") or []:
        name, weight = clean_name(item.get("name"), stage.facts), item.get("weight")
        goal = stage.take("delivery_planner", item.get("goal"))
        tasks = stage.take_all("delivery_planner", item.get("tasks"), least=4)
        if name and goal and tasks and isinstance(weight, int) and 1 <= weight <= 10 and name not in [p[0] for p in found]:
            found.append((name, goal, weight, tasks))
        elif item:
            stage.refuse("delivery_planner", item.get("name"), "a phase needs a name, a goal, a weight and a task that hold")
    if len(found) >= 3:
        return found[:6], "delivery_planner"
    if found:
        stage.refuse("delivery_planner", ", ".join(phase[0] for phase in found), "a plan needs at least three phases")
    return PHASES, ""


def main():
    stage = Stage("implementation", "delivery_planner", "team_planner")
    given = stage.given
    weeks, currency = given["weeks"], given["currency"]
    phases, by = phases_of(stage)
    stage.part("Phases", by)
    stage.part("Weeks, days and sums", "")
    spans, week = [], 1
    for (name, goal, _, tasks), length in zip(phases, allot([phase[2] for phase in phases], weeks)):
        if length:
            spans.append({"name": name, "goal": goal, "tasks": tasks, "first_week": week, "last_week": week + length - 1})
            week += length
        else:
            stage.refuse("delivery_planner" if by else "program", name, "there are fewer weeks than phases")

    roles = []
    for item in stage.answer("notes").get("roles") or []:
        people, role = item.get("people"), item.get("role")
        duty = stage.take("team_planner", item.get("duty"), least=4)
        if role in ROLES and isinstance(people, int) and 1 <= people <= 6 and role not in [entry[0] for entry in roles]:
            roles.append((role, people, duty or next((entry[2] for entry in TEAM if entry[0] == role), "")))
        else:
            stage.refuse("team_planner", role, "there is no such role, it is there twice, or it is not 1 to 6 people")
    by_team = "team_planner" if len(roles) >= 2 else ""
    if not by_team:
        roles = TEAM
    stage.part("Team", by_team)
    people = sum(entry[1] for entry in roles)
    days = [weeks * DAYS_A_WEEK * entry[1] for entry in roles]
    rate = Decimal(str(given["day_rate"]))
    head, right = ["Role", "People", "Duty", "Person-days"], (1, 3, 4)
    rows = [[ROLES[role], str(count), escape(duty), str(mine)] for (role, count, duty), mine in zip(roles, days)]
    rows.append(["**Total**", f"**{people}**", "", f"**{sum(days)}**"])
    if rate > 0:
        head.append("Cost")
        for row, amount in zip(rows, days + [sum(days)]):
            row.append(money(rate * amount, currency))
    effort = (
        f"{people} people for {weeks} weeks of {DAYS_A_WEEK} days are {sum(days)} person-days, as a ceiling: nobody has to be there "
        "all the time. " + (f"A day is priced at {money(rate, currency)}." if rate > 0 else
                            "Work is not priced here: give the input day_rate to have it priced."))
    sections = [
        ("Duration", f"{weeks} weeks, from {escape(given['weeks_source'])}."),
        ("Phases", table(["Phase", "Weeks", "Goal"], [
            [escape(span["name"]), f"{span['first_week']} to {span['last_week']}", escape(span["goal"])] for span in spans])),
        ("Tasks", "\n\n".join(f"### {escape(span['name'])}{bullets(span['tasks'], chr(10) * 2)}" for span in spans)),
        ("Team", table(head, rows, right) + "\n\n" + effort),
        ("First in the build", "The requirements that are built first:\n\n" + table(["Id", "Requirement"], [
            [item["id"], escape(short(item["quote"], 140))] for item in most_relevant(given["requirements"], 8)])),
    ]
    brief = (
        "Phases: " + "; ".join(f"{span['name']} weeks {span['first_week']} to {span['last_week']}" for span in spans)
        + f". Team: {people} people, {sum(days)} person-days.")
    stage.finish("Implementation", sections, brief, {
        "phases": spans, "roles": [{"role": ROLES[role], "people": count, "duty": duty, "days": mine}
                                   for (role, count, duty), mine in zip(roles, days)],
        "people": people, "person_days": sum(days), "day_rate": str(rate),
        "labour": str(rate * sum(days)) if rate > 0 else "", "weeks": weeks,
    })


if __name__ == "__main__":
    main()
