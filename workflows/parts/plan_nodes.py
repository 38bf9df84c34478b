#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the nodes of a plan from its steps.

Reads `$FLOW_INPUT`
- plan: {"sub_tasks": [{"sub_task", "sub_task_agent", "bullet_points", and if the planner knows: "reads", "writes"}]}, or
  `file`: the path of a JSON file with that, such as the original's final_plan.json
- dependencies: declared (by what steps read and write), sequential, or agent (by `analysis`)
- analysis: [{"step", "needs"}] as an agent sees it, or null
- controlled: whether each step is begun and ended by the agent `control`
- has_start: whether the input `start`, how a program may begin, is there for the steps
- max_steps: the most steps
- stand_in: a plan that cannot be used is mended where that is plain, else the default plan takes its place; with `agents`
  (those that may be used), `task` and `wants_plot`

Writes `$FLOW_OUTPUT`: steps (the sub-tasks in one form), plan (the nodes), order (how they depend on each other, as text),
source (planner or default), notes (what was changed in the plan, and why).

Texts of the plan come from a model. They get into the nodes as inputs, never as a part of an expression.
"""

import json
import os
import sys

WRITERS = {"researcher", "idea_maker", "idea_hater", "camb_context", "classy_context"}
AGENTS = WRITERS | {"engineer"}


class Unusable(Exception):
    pass


def fail(text):
    raise Unusable(text)


def texts(value):
    """A list of texts of whatever stands there."""
    if value is None:
        return []
    if isinstance(value, str):
        value = [value]
    return [str(item).strip() for item in value if str(item).strip()] if isinstance(value, list) else []


def read_steps(plan, most):
    steps = plan.get("sub_tasks") if isinstance(plan, dict) else plan
    if not isinstance(steps, list) or not steps:
        fail("it has no list `sub_tasks` with a step in it")
    if len(steps) > most:
        fail(f"it has {len(steps)} steps, and {most} are allowed")
    found = []
    for number, step in enumerate(steps, 1):
        if not isinstance(step, dict) or not isinstance(step.get("sub_task"), str) or not step["sub_task"].strip():
            fail(f"step {number} has no text `sub_task`")
        agent = step.get("sub_task_agent")
        if agent not in AGENTS:
            fail(f"step {number} names the agent {json.dumps(agent)}, not one of {', '.join(sorted(AGENTS))}")
        found.append({
            "sub_task": step["sub_task"].strip(), "sub_task_agent": agent,
            "bullet_points": texts(step.get("bullet_points")),
            "reads": texts(step.get("reads")), "writes": texts(step.get("writes"))})
    return found


def mended(plan, given, notes):
    """The plan without what a small model likes to add to it."""
    steps = plan.get("sub_tasks") if isinstance(plan, dict) else plan
    if not isinstance(steps, list):
        return plan
    most, allowed, found, seen = given.get("max_steps") or 50, given.get("agents") or [], [], {}
    for step in steps:
        if not isinstance(step, dict) or not isinstance(step.get("sub_task"), str) or not step["sub_task"].strip():
            notes.append("a step without a text was left out")
            continue
        key = (" ".join(step["sub_task"].lower().split()), step.get("sub_task_agent"))
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            continue
        if step.get("sub_task_agent") not in AGENTS or (
                str(step["sub_task_agent"]).endswith("_context") and step["sub_task_agent"] not in allowed):
            notes.append(f"the agent {step.get('sub_task_agent')!r} may not be used: the engineer does its step")
            step = {**step, "sub_task_agent": "engineer"}
        found.append(step)
    notes += [f"the plan has the step {text!r} {n} times; it is done once" for (text, _), n in seen.items() if n > 1]
    if given.get("wants_plot") and found and not any(step["sub_task_agent"] == "engineer" for step in found):
        notes.append("no step of the plan computes anything: a step of the engineer was put first")
        found.insert(0, default_plan(given)[0])
    if len(found) > most:
        notes.append(f"the plan has {len(found)} steps; the first {most} are done")
    return found[:most]


def default_plan(given):
    """The plan for a data set where the planner has written none that can be used."""
    steps = [{
        "sub_task": "Read the data files, print what is in them in numbers, and plot them.", "sub_task_agent": "engineer",
        "bullet_points": [f"The task: {' '.join((given.get('task') or '').split())[:300]}",
                          "Print each number with its name."], "reads": [], "writes": ["findings"]}]
    if (given.get("max_steps") or 50) > 1:
        steps.append({
            "sub_task": "Write a short summary of what the numbers say.", "sub_task_agent": "researcher",
            "bullet_points": ["Use the printed numbers only.", "At most 100 words."],
            "reads": ["findings"], "writes": []})
    return steps


def chain(steps):
    """Each step needs the one before it."""
    return [[number - 1] if number > 1 else [] for number in range(1, len(steps) + 1)]


def by_data(steps):
    """A step needs the last earlier writer of each name that it reads. One that declares nothing needs all before it."""
    if not any(step["reads"] or step["writes"] for step in steps):
        return chain(steps)
    writers, needs = {}, []
    for number, step in enumerate(steps, 1):
        if step["reads"] or step["writes"]:
            found = {writers[name.lower()] for name in step["reads"] if name.lower() in writers}
        else:
            found = set(range(1, number))
        needs.append(sorted(found))
        for name in step["writes"]:
            writers[name.lower()] = number
    return needs


def by_analysis(steps, analysis):
    """What the agent says, if it says something that can be for every step; else one after the other."""
    rows = {row.get("step"): row.get("needs") for row in analysis or [] if isinstance(row, dict)}
    needs = []
    for number in range(1, len(steps) + 1):
        wanted = rows.get(number)
        if not isinstance(wanted, list) or any(not isinstance(n, int) or not 0 < n < number for n in wanted):
            print(f"the analysis says nothing that can be for step {number}: one step after the other")
            return chain(steps)
        needs.append(sorted(set(wanted)))
    return needs


def ancestors(needs):
    found = []
    for direct in needs:
        found.append(set(direct).union(*(found[n - 1] for n in direct)) if direct else set())
    return [sorted(each) for each in found]


def expression(text):
    return "${{ " + text + " }}"


def text_of(number, steps, controlled):
    """The expression of what a step has found."""
    if controlled or steps[number - 1]["sub_task_agent"] == "engineer":
        return f"nodes.step_{number}.outputs.summary ?? ''"
    return f"nodes.step_{number}.outputs.text"


def has_files(number, steps, controlled):
    return controlled or steps[number - 1]["sub_task_agent"] == "engineer"


def make_nodes(steps, needs, controlled, has_start):
    nodes, all_before, total = {}, ancestors(needs), len(steps)
    for number, step in enumerate(steps, 1):
        agent, before = step["sub_task_agent"], all_before[number - 1]
        found = "\n\n".join(
            f"Step {n} ({steps[n - 1]['sub_task_agent']}):\n{expression(text_of(n, steps, controlled))}" for n in before)
        files = ", ".join(
            ["inputs.files"]
            + [f"nodes.step_{n}.outputs.files ?? []" for n in before if has_files(n, steps, controlled)])
        node = {"title": f"Step {number}: {agent}"}
        if needs[number - 1]:
            node["needs"] = [f"step_{n}" for n in needs[number - 1]]
        if controlled or agent == "engineer":
            node["workflow"] = f"parts/{'controlled_step' if controlled else 'step_engineer'}.yaml"
            node["with"] = {
                "task": expression("inputs.task"), "step": expression(f"inputs.steps[{number - 1}]"),
                "number": number, "total": total, "before": found, "about": expression("inputs.about"),
                "files": expression(f"flatten([{files}])")}
            if has_start:
                node["with"]["start"] = expression("inputs.start")
            if controlled:
                node["with"]["agent"] = agent
                node["with"]["documentation"] = expression("inputs.documentation")
                for name in ("carry_over", "stand_in", "seed"):
                    node["with"][name] = expression(f"inputs.{name}")
        else:
            node["agent"] = agent
            step_text = f"inputs.steps[{number - 1}]"
            prompt = [
                f"Main task:\n{expression('inputs.task')}", f"Your step, {number} of {total}: "
                + expression(f"{step_text}.sub_task") + "\n- " + expression(f"join({step_text}.bullet_points, '\\n- ')")]
            if agent.endswith("_context"):
                prompt.append(f"Documentation:\n{expression('inputs.documentation')}")
            prompt.append("What the steps before have found:\n" + (found or "nothing yet"))
            node["prompt"] = "\n\n".join(prompt)
        nodes[f"step_{number}"] = node
    results = ", ".join(
        f"{{step: {n}, agent: '{steps[n - 1]['sub_task_agent']}', text: {text_of(n, steps, controlled)}"
        + (f", model: nodes.step_{n}.outputs.model ?? '', note: nodes.step_{n}.outputs.note ?? ''" if controlled else "")
        + " }" for n in range(1, total + 1))
    files = ", ".join(
        f"nodes.step_{n}.outputs.files ?? []" for n in range(1, total + 1) if has_files(n, steps, controlled))
    return {"nodes": nodes, "outputs": {
        "summary": expression(text_of(total, steps, controlled)), "results": expression(f"[{results}]"),
        "files": expression(f"flatten([{files}])")}}


def main():
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        given = json.load(file)
    plan, source, notes = given.get("plan"), "planner", []
    try:
        if given.get("file"):
            try:
                with open(given["file"], encoding="utf-8-sig") as file:
                    plan = json.load(file)
            except ValueError as error:
                fail(f"the file is not JSON: {error}")
        most = given.get("max_steps") or 50
        steps = read_steps(mended(plan, given, notes) if given.get("stand_in") else plan, most)
    except Unusable as error:
        if not given.get("stand_in"):
            sys.exit(f"the plan cannot be used: {error}")
        source = "default"
        notes = [f"the planner's plan cannot be used ({error}): the default plan takes its place"]
        steps = read_steps(default_plan(given), most)
    how = given.get("dependencies") or "declared"
    if how == "agent":
        needs = by_analysis(steps, given.get("analysis"))
    else:
        needs = by_data(steps) if how == "declared" else chain(steps)
    order = "; ".join(
        f"{number} after {', '.join(map(str, before))}" if before else f"{number} at once"
        for number, before in enumerate(needs, 1))
    print("\n".join([*notes, order]))
    nodes = make_nodes(steps, needs, bool(given.get("controlled")), bool(given.get("has_start")))
    result = {"steps": steps, "plan": nodes, "order": order, "source": source, "notes": notes}
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(result, file)


main()
