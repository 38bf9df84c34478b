# SPDX-License-Identifier: Apache-2.0
"""The package denario as an engine of flow. Its project folder comes in as a folder, or as files, and goes out as files."""

import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import flow_engine  # noqa: E402

TEXTS = {"data_description": "data_description.md", "idea": "idea.md", "methods": "methods.md", "results": "results.md"}
KEPT = set(TEXTS.values()) | {"literature.md", "referee.md"}
PICTURES = (".png", ".jpg", ".jpeg")


def load():
    import denario  # noqa: F401


def language_model(name):
    """A model by any name: the package keeps a list of its own."""
    from denario.llm import LLM, models

    if name in models:
        return models[name]
    if not any(part in name for part in ("gpt", "o3")):
        raise flow_engine.Failure("bad_data", f"denario knows models by their names: `{name}` has neither `gpt` nor `o3` in it")
    return LLM(name=name, max_output_tokens=16384, temperature=0.5)


def copy(path, inputs):
    """A file of a project to its place."""
    # Of two files of one name a run keeps the second under a longer one.
    name = re.sub(r"^project_\d+-", "", os.path.basename(path))
    if name in KEPT:
        shutil.copyfile(path, os.path.join(inputs, name))
    elif name.lower().endswith(PICTURES):
        shutil.copyfile(path, os.path.join(inputs, "plots", name))


def open_project(work):
    """Makes the project folder of what the node is given, and opens it with the package."""
    from denario import Denario

    folder = os.path.join(work.directory, "project")
    inputs = os.path.join(folder, "input_files")
    given = work.input.get("project")
    if isinstance(given, str) and given:
        if not os.path.isdir(given):
            raise flow_engine.Failure("bad_data", f"`project` is no folder: {given}")
        shutil.copytree(given, folder, dirs_exist_ok=True)
    os.makedirs(os.path.join(inputs, "plots"), exist_ok=True)
    for path in given if isinstance(given, list) else []:
        copy(path, inputs)
    for path in work.input.get("plots") or []:
        shutil.copyfile(path, os.path.join(inputs, "plots", os.path.basename(path)))
    for key, name in TEXTS.items():
        text = work.input.get(key)
        if not text:
            continue
        if "\n" not in text and text.endswith(".md") and os.path.isfile(text):
            with open(text, encoding="utf-8") as file:
                text = file.read()
        with open(os.path.join(inputs, name), "w", encoding="utf-8") as file:
            file.write(text)
    return Denario(project_dir=folder)


def require(work, *keys):
    for key in keys:
        if not os.path.isfile(os.path.join("project/input_files", TEXTS[key])):
            raise flow_engine.Failure("bad_data", f"the project has no {TEXTS[key]}: give `{key}` or `project`")


def read(key):
    path = os.path.join("project/input_files", TEXTS[key])
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def project_files():
    """The files of the project that another node, or Denario itself, can go on with."""
    found = []
    for folder, _, names in sorted(os.walk("project/input_files")):
        found += [os.path.join(folder, name) for name in sorted(names) if name in KEPT or name.lower().endswith(PICTURES)]
    return found


def finish(work, key, **more):
    text = read(key)
    if not text.strip():
        raise flow_engine.Failure("schema_mismatch", f"denario has left no {TEXTS[key]}")
    return {key: text, "project": project_files(), **more}


def idea(work):
    project = open_project(work)
    require(work, "data_description")
    model = language_model(work.input["model"])
    if work.input["mode"] == "fast":
        project.get_idea_fast(llm=model, iterations=work.input["iterations"])
    else:
        project.get_idea_cmagent(
            idea_maker_model=model, idea_hater_model=model, planner_model=model, plan_reviewer_model=model,
            orchestration_model=model, formatter_model=model)
    return finish(work, "idea")


def method(work):
    project = open_project(work)
    require(work, "data_description", "idea")
    model = language_model(work.input["model"])
    if work.input["mode"] == "fast":
        project.get_method_fast(llm=model)
    else:
        project.get_method_cmbagent(
            method_generator_model=model, planner_model=model, plan_reviewer_model=model, orchestration_model=model,
            formatter_model=model)
    return finish(work, "methods")


def results(work):
    project = open_project(work)
    require(work, "data_description", "idea", "methods")
    model = language_model(work.input["model"])
    project.get_results(
        engineer_model=model, researcher_model=model, planner_model=model, plan_reviewer_model=model,
        orchestration_model=model, formatter_model=model, max_n_steps=work.input["max_n_steps"],
        max_n_attempts=work.input["max_n_attempts"], restart_at_step=work.input["restart_at_step"],
        hardware_constraints=work.input.get("hardware_constraints"))
    return finish(work, "results")


def paper(work):
    from denario import Journal

    project = open_project(work)
    require(work, "idea", "methods", "results")
    project.get_paper(
        journal=Journal[work.input["journal"]], llm=language_model(work.input["model"]), writer=work.input["writer"],
        add_citations=work.input["citations"])
    if not os.path.isdir("project/paper"):
        raise flow_engine.Failure("schema_mismatch", "denario has left no paper")
    work.artifact("sources", "project/paper")
    for version in ("paper_v4_final", "paper_v3_citations", "paper_v2_no_citations", "paper_v1_preliminary"):
        for ending in (".pdf", ".tex"):
            path = os.path.join("project/paper", version + ending)
            if os.path.isfile(path):
                return {"paper": path, "project": project_files()}
    raise flow_engine.Failure("schema_mismatch", "denario has left no paper")


def load_project(work):
    project = open_project(work)
    found = project.research
    plots = "project/input_files/plots"
    return {
        "data_description": found.data_description or "", "idea": found.idea or "", "methods": found.methodology or "",
        "results": found.results or "", "plots": len(os.listdir(plots)) if os.path.isdir(plots) else 0,
        "project": project_files()}


flow_engine.serve(
    "denario", "1.0.1", {"idea": idea, "method": method, "results": results, "paper": paper, "load": load_project},
    load=load)
