# SPDX-License-Identifier: Apache-2.0
"""Stage 5: the architecture as components and links, validated here, drawn by diagram.py.

Input beside those of stage.py: paragraphs (path), requirements, cloud (data of the stage cloud), tools (data of the stage tools), provider.
Data: components (id, name, kind, item, purpose), links (from, to, label), controls.
"""

import re

from stage import Stage, clean_name, words
from text import escape, table

KINDS = ["person", "client", "gateway", "service", "database", "storage", "queue", "external", "security", "monitoring"]
COVERS = {
    "function": ["service"], "interface": ["gateway", "service"], "data": ["database", "storage", "external"],
    "security": ["security", "gateway"], "platform": ["service", "database"], "quality": ["monitoring"],
    "operation": ["monitoring"], "delivery": ["service"],
}


def by_rule(quantities, tools, text):
    """An architecture of the items that were sized and the tools that were chosen."""
    tool = {name: option["name"] for name, option in tools.items()}
    parts = [
        ("people", "People", "person", "none", "use the solution through a client program"),
        ("clients", "Client programs", "client", "none", "call the interface"),
        ("gateway", "Gateway", "gateway", "load_balancer", "ends the encrypted connection and spreads the load"),
        ("service", "Service", "service", "compute", f"holds the rules; {tool['service']}"),
        ("database", "Database", "database", "database", f"keeps the data of the solution; {tool['database']}"),
        ("identity", "Identity and keys", "security", "secrets", f"says who may do what; {tool['security']}"),
        ("monitoring", "Monitoring", "monitoring", "monitoring", f"watches all parts; {tool['monitoring']}"),
    ]
    links = [
        ("people", "clients", "use"), ("clients", "gateway", "HTTPS"), ("gateway", "service", "requests"),
        ("service", "database", "SQL"), ("service", "identity", "checks rights"), ("service", "monitoring", "measures and logs"),
    ]
    if "object_storage" in quantities:
        parts.append(("files", "Files", "storage", "object_storage", "keeps documents, encrypted"))
        links.append(("service", "files", "documents"))
    if "vpn" in quantities:
        name = "Oracle database of the customer" if "oracle" in text else "Existing systems of the customer"
        parts.append(("existing", name, "external", "vpn", f"holds what is there already; {tool['connector']}"))
        links.append(("service", "existing", "reads and writes"))
    keys = ("id", "name", "kind", "item", "purpose")
    return [dict(zip(keys, part)) for part in parts], [dict(zip(("from", "to", "label"), link)) for link in links]


def validated(stage, items):
    """The agent's components and links, as far as they hold."""
    agent, components, links, known = "system_architect", [], [], set()
    for item in stage.answer("draft").get("components") or []:
        name = clean_name(item.get("name"), stage.facts)
        key = re.sub(r"\W+", "_", str(item.get("id") or "").lower()).strip("_")
        purpose = stage.take(agent, item.get("purpose"), least=6)
        if not name or not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", key) or key in known or item.get("kind") not in KINDS or not purpose:
            stage.refuse(agent, item.get("name") or item, "a component needs an id of its own, a name, a kind and a purpose that hold")
            continue
        known.add(key)
        running = item.get("item")
        components.append({
            "id": key, "name": name, "kind": item["kind"], "item": running if running in items else "none", "purpose": purpose})
    for item in stage.answer("draft").get("links") or []:
        ends = [re.sub(r"\W+", "_", str(item.get(end) or "").lower()).strip("_") for end in ("from", "to")]
        label = clean_name(item.get("label"), stage.facts, 30)
        if ends[0] not in known or ends[1] not in known or ends[0] == ends[1] \
                or any([link["from"], link["to"]] == ends for link in links):
            stage.refuse(agent, f"{ends[0]} to {ends[1]}", "a link joins two components that are there, once")
            continue
        links.append({"from": ends[0], "to": ends[1], "label": label})
    joined = {end for link in links for end in (link["from"], link["to"])}
    for component in [part for part in components if part["id"] not in joined]:
        stage.refuse(agent, component["name"], "nothing is linked with it")
    components = [part for part in components if part["id"] in joined]
    kinds = {part["kind"] for part in components}
    if len(components) >= 4 and len(links) >= 3 and "service" in kinds and len(kinds) >= 3:
        return components, links
    if stage.answer("draft"):
        stage.refuse(agent, "the whole model", "an architecture needs four linked components of three kinds, one a service")
    return None


def main():
    stage = Stage("architecture", "system_architect", "security_architect")
    given = stage.given
    quantities, products = given["cloud"]["quantities"], given["cloud"]["products"]
    text = words(stage.given["paragraphs"])
    found = validated(stage, set(quantities))
    components, links = found or by_rule(quantities, given["tools"]["chosen"], text)
    stage.part("Components and links", "system_architect" if found else "")
    summary = stage.take("system_architect", stage.answer("draft").get("summary")) if found else ""
    stage.part("Summary", "system_architect" if summary else "")
    names = {part["id"]: part["name"] for part in components}

    controls = []
    for item in stage.answer("notes").get("controls") or []:
        key = next((key for key, name in names.items() if str(item.get("component")).lower() in (key, name.lower())), None)
        control = stage.take("security_architect", item.get("control"))
        if key and control:
            controls.append({"component": names[key], "control": control, "by": "agent security_architect"})
        elif control:
            stage.refuse("security_architect", control, "it is about a component that is not there")
    by_kind = {
        "gateway": "Takes encrypted connections only", "service": "Checks the rights of each call and logs it",
        "database": "Is encrypted and reachable from the service only", "storage": "Is encrypted and reachable from the service only",
        "external": "Is read and written by an account with the least rights", "security": "Changes keys regularly",
    }
    controlled = {item["component"] for item in controls}
    for part in components:
        if part["kind"] in by_kind and part["name"] not in controlled:
            controls.append({"component": part["name"], "control": by_kind[part["kind"]], "by": "rule"})
    stage.part("Security", "security_architect" if any(item["by"] != "rule" for item in controls) else "")

    topics = {}
    for item in given["requirements"]:
        if item["party"] == "product" and item["topic"] in COVERS:
            topics.setdefault(item["topic"], []).append(item["id"])
    covers = []
    for topic, ids in sorted(topics.items()):
        parts = [part["name"] for part in components if part["kind"] in COVERS[topic]]
        covers.append([topic, ", ".join(ids), escape(", ".join(parts)) or "no component: see Acceptance"])
    told = f"{len(components)} components with {len(links)} links, on {escape(given['provider'])}."
    sections = [
        ("Summary", (escape(summary) + "\n\n" if summary else "") + told),
        ("Diagram", "![Architecture](architecture.png)"),
        ("Components", table(["Component", "Kind", "Runs on", "Purpose"], [
            [escape(part["name"]), part["kind"], escape(products.get(part["item"], "")), escape(part["purpose"])]
            for part in components])),
        ("Links", table(["From", "To", "What"], [
            [escape(names[link["from"]]), escape(names[link["to"]]), escape(link["label"])] for link in links])),
        ("Security", table(["Component", "Control", "By"], [
            [escape(item["component"]), escape(item["control"]), item["by"]] for item in controls])),
        ("What covers which requirement", table(["Topic", "Requirements", "Components"], covers) if covers else ""),
    ]
    brief = "Architecture: " + "; ".join(
        f"{names[link['from']]} to {names[link['to']]}" + (f" ({link['label']})" if link["label"] else "") for link in links) + "."
    stage.finish("Architecture", sections, brief, {
        "title": given["title"], "components": components, "links": links, "controls": controls, "products": products})


if __name__ == "__main__":
    main()
