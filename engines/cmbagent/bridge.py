# SPDX-License-Identifier: Apache-2.0
"""The package cmbagent as an engine of flow."""

import glob
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import flow_engine  # noqa: E402

MOST_FILES = 400


def load():
    import cmbagent  # noqa: F401


def models(given):
    """The arguments that name a model, all alike."""
    if not given:
        return {}
    return {key: given for key in ("engineer_model", "researcher_model", "default_llm_model", "default_formatter_model")}


def renew_keys():
    """The package was imported before the node's key was known, and keeps what it found then."""
    from cmbagent import utils

    keys = utils.get_api_keys_from_env()
    utils.api_keys_env.update(keys)
    for config in list(utils.default_agent_llm_configs.values()) + list(utils.default_llm_config_list):
        if config.get("api_type") == "openai":
            config["api_key"] = keys["OPENAI"]
    return keys


def answer(results):
    """What the agents have come to: the last that one of those who work has said."""
    speakers = ("executor", "researcher", "researcher_response_formatter", "engineer", "engineer_nest", "terminator")
    for message in reversed(results.get("chat_history") or []):
        name, text = message.get("name") or "", message.get("content") or ""
        if isinstance(text, str) and text.strip() not in ("", "None") and name in speakers:
            return text.strip()
    return ""


def costs(folder):
    """CMBAgent's own cost tables, row by row."""
    rows = []
    for path in sorted(glob.glob(os.path.join(folder, "**", "cost", "*.json"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            for row in json.load(file):
                # JSON has no word for what is no number.
                rows.append({key: (None if value != value else value) for key, value in row.items()})
    return rows


def leave(work, folder):
    """Names the files that the agents have left."""
    count = 0
    for path in sorted(glob.glob(os.path.join(folder, "**", "*"), recursive=True)):
        if os.path.isfile(path) and "/." not in path and count < MOST_FILES:
            count += 1
            work.artifact(os.path.relpath(path, folder), path)


def one_shot(work):
    import cmbagent

    given = dict(work.input)
    keys = renew_keys()
    results = cmbagent.one_shot(
        given["task"], agent=given["agent"], max_rounds=given["max_rounds"], max_n_attempts=given["max_n_attempts"],
        work_dir=os.path.join(work.directory, "work"), api_keys=keys, **models(given.get("model")))
    leave(work, "work")
    return {"answer": answer(results), "cost": costs("work")}


def planning_and_control(work):
    import cmbagent

    given = dict(work.input)
    keys = renew_keys()
    named = given.pop("model", None)
    task = given.pop("task")
    extra = {key: named for key in ("planner_model", "plan_reviewer_model", "idea_maker_model", "idea_hater_model")}
    results = cmbagent.planning_and_control_context_carryover(
        task, work_dir=os.path.join(work.directory, "work"), api_keys=keys, **given, **models(named),
        **(extra if named else {}))
    with open("work/planning/final_plan.json", encoding="utf-8") as file:
        plan = json.load(file)
    leave(work, "work")
    return {"answer": answer(results), "plan": plan, "cost": costs("work")}


flow_engine.serve(
    "cmbagent", "0.0.1.post63", {"one_shot": one_shot, "planning_and_control": planning_and_control}, load=load)
