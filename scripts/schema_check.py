# SPDX-License-Identifier: Apache-2.0
"""Checks the JSON Schemas that flow prints: every shipped file fits, and files with structural faults do not.

usage: schema_check.py FLOW    with a Python that has jsonschema; scripts/test calls it

Files are read by flow itself (`flow inspect --stage document --json`), so that YAML 1.2 holds: `no` is a word.
"""
import json
import subprocess
import sys
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests/FlowEngineTests/Fixtures"
# Faults of keys, shapes, names, words and ranges: what a schema can know.
STRUCTURAL = {
    "F0201", "F0202", "F0203", "F0206", "F0207", "F0208", "F0209", "F0210", "F0211", "F0212", "F0213",
}
LEAST_REJECTED = 0.95


def flow(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.argv[1], *words], cwd=ROOT, capture_output=True, text=True, timeout=60)


def schema(*options: str) -> jsonschema.Draft202012Validator:
    document = json.loads(flow("schema", *options).stdout)
    jsonschema.Draft202012Validator.check_schema(document)
    undescribed = [name for name, value in document["properties"].items() if not value.get("description")]
    assert not undescribed, f"keys without a description: {undescribed}"
    return jsonschema.Draft202012Validator(document)


def value(path: Path):
    """The file's value; None when its text is no YAML."""
    result = flow("inspect", str(path), "--stage", "document", "--json")
    try:
        return json.loads(result.stdout).get("value")
    except json.JSONDecodeError:
        return None


def codes(path: Path) -> set:
    lines = flow("validate", str(path), "--format", "json").stdout.splitlines()
    return {fault["code"] for fault in map(json.loads, lines) if fault.get("severity") == "error"}


def accepted(validator, paths: list) -> int:
    faults = 0
    for path in paths:
        problem = jsonschema.exceptions.best_match(validator.iter_errors(value(path)))
        if problem:
            faults += 1
            print(f"{path.relative_to(ROOT)} is refused: {problem.json_path}: {problem.message}", file=sys.stderr)
    return faults


def main() -> int:
    workflow, agent = schema(), schema("--agent")
    good = sorted(ROOT.glob("workflows/*.yaml")) + sorted(ROOT.glob("workflows/examples/*.yaml"))
    good += sorted((FIXTURES / "Plans").glob("*.yaml"))
    agents = sorted(ROOT.glob("agents/*.yaml"))
    assert good and agents
    faults = accepted(workflow, good) + accepted(agent, agents)
    structural, missed, unread, wrong = 0, [], 0, []
    for path in sorted((FIXTURES / "Diagnostics").glob("*.yaml")) + sorted((FIXTURES / "Planted").glob("*.yaml")):
        document = value(path)
        if document is None:
            unread += 1
            continue
        found = codes(path)
        is_valid = workflow.is_valid(document)
        if found & STRUCTURAL:
            structural += 1
            if is_valid:
                missed.append(f"{path.name} {sorted(found & STRUCTURAL)}")
        elif not found and not is_valid:
            wrong.append(path.name)
    rate = 1 - len(missed) / structural
    print(f"schema: {len(good)} workflows and {len(agents)} agents fit; of {structural} files with structural faults "
          f"{rate:.1%} are refused; {unread} more are no YAML")
    for line in missed:
        print(f"  not refused: {line}")
    for line in wrong:
        print(f"  refused without need: {line}")
    return 1 if faults or wrong or rate < LEAST_REJECTED or structural < 30 else 0


if __name__ == "__main__":
    sys.exit(main())
