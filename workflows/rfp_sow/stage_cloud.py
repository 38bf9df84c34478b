# SPDX-License-Identifier: Apache-2.0
"""Stage 3: cloud items, and what they cost. Rules size, the agents may change quantities, a program adds up.

Input beside those of stage.py: paragraphs (path), requirements, provider, budget, price_file. Data: quantities, and estimate as it is written
to cost_estimate.json.
"""

import re

from cost import asked, budget, cost_table, estimate, jsonable, prices
from node import write_json
from stage import Stage, words
from text import escape, money, table

MOST = 3  # how many times more than the rule an agent may ask for


def by_rule(text):
    """How much of each item, with the reason."""
    sizes = {
        "compute": (2, "two, so that one may fail"), "compute_small": (1, "a place to try a release"),
        "database": (1, "one primary"), "load_balancer": (1, "one way in"), "traffic": (5, "a small service"),
        "backup": (3, "a copy of data and configuration"), "monitoring": (3, "each server"),
        "secrets": (1, "keys and passwords"), "firewall": (1, "reachable from outside"),
    }
    if re.search(r"upload|document|file|attachment|image|storage", text):
        sizes["object_storage"] = (5, "the document speaks of files")
    if re.search(r"oracle|existing (?:system|database)|legacy|on-premises|data cent|vpn|integrat", text):
        sizes["vpn"] = (1, "the document speaks of systems that are there")
    return sizes


def main():
    stage = Stage("cloud", "cloud_architect", "capacity_planner")
    given = stage.given
    table_of_prices = prices(given.get("price_file"))
    currency, provider = table_of_prices["currency"], given["provider"]
    sizes = {name: (number, why, "rule") for name, (number, why) in by_rule(words(given["paragraphs"])).items()}
    ruled = {name: number for name, (number, _, _) in sizes.items()}
    for key, list_name, agent in (("draft", "items", "cloud_architect"), ("notes", "changes", "capacity_planner")):
        for item in stage.answer(key).get(list_name) or []:
            name, number = item.get("item"), item.get("quantity")
            most = MOST * ruled.get(name, 1)
            if name not in table_of_prices["items"] or not isinstance(number, int) or not 1 <= number <= most:
                stage.refuse(agent, f"{number} {name}", f"the quantity is not 1 to {most}, {MOST} times what the rule gives")
                continue
            why = stage.take(agent, item.get("reason"), f"{number} {name}")
            if why:
                sizes[name] = (number, why, f"agent {agent}")
            else:
                stage.refuse(agent, f"{number} {name}", "a quantity needs a reason that holds")
    # In the order of the price file, so that the same items give the same table.
    sizes = {name: sizes[name] for name in table_of_prices["items"] if name in sizes}
    quantities = {name: number for name, (number, _, _) in sizes.items()}
    stage.part("Quantities", "" if all(by == "rule" for _, _, by in sizes.values()) else "cloud_architect, capacity_planner")
    stage.part("Prices and sums", "")

    chosen = [estimate(table_of_prices, name, quantities) for name in asked(provider)]
    every = [estimate(table_of_prices, name, quantities) for name in table_of_prices["providers"]]
    least = min(result["monthly"] for result in every)
    cheapest = min(chosen, key=lambda result: result["monthly"])
    summary = stage.take("cloud_architect", stage.answer("draft").get("summary"))
    stage.part("Summary", "cloud_architect" if summary else "")
    told = (
        f"At {cheapest['provider']} the items cost {money(cheapest['monthly'], currency)} a month and "
        f"{money(cheapest['annual'], currency)} a year" + (
            ", the least of the three." if provider == "Multi-Cloud" else "."))
    limit = budget(given["budget"])
    if limit:
        fits = "is within" if cheapest["annual"] <= limit else "is above"
        told += f" The amount of a year {fits} the upper end of the budget, {money(limit, currency)}."
    sections = [
        ("Summary", (escape(summary) + "\n\n" if summary else "") + told),
        ("Items", table(["Item", "Quantity", "Why", "Sized by"], [
            [table_of_prices["items"][name]["title"], str(number), escape(why), by]
            for name, (number, why, by) in sizes.items()], (1,))),
    ]
    for result in chosen:
        sections.append((f"Cost at {result['provider']}", table(
            ["Item", "Product", "Unit", "Quantity", "Monthly", "Annual"], cost_table(result, currency), (3, 4, 5))))
    sections += [
        ("Comparison of providers", "The same items at each provider:\n\n" + table(
            ["Provider", "Monthly", "Annual", "Above the least, a month"], [
                [result["provider"], money(result["monthly"], currency), money(result["annual"], currency),
                 money(result["monthly"] - least, currency)] for result in every], (1, 2, 3))
         + ("\n\nWhat the providers call it:\n\n" + table(["Subject", *table_of_prices["providers"][:3]], [
             [escape(cell) for cell in row] for row in table_of_prices["comparison"]])
            if table_of_prices.get("comparison") else "")),
        ("Basis of the prices", f"Prices of {table_of_prices['date']}, in {currency}. {escape(table_of_prices['source'])} "
         f"{escape(table_of_prices.get('note', ''))} Annual is 12 times monthly. Work is not part of these sums."),
    ]
    brief = (
        f"Cloud: {provider}. Items: " + ", ".join(
            f"{number} {table_of_prices['items'][name]['title'].lower()}" for name, number in quantities.items())
        + f". Cost at {cheapest['provider']}: {money(cheapest['monthly'], currency)} a month, "
        f"{money(cheapest['annual'], currency)} a year.")
    result = jsonable({
        "currency": currency, "prices_date": table_of_prices["date"], "prices_source": table_of_prices["source"],
        "prices_note": table_of_prices.get("note", ""), "asked": provider, "estimates": chosen,
        "comparison": [{key: entry[key] for key in ("provider", "monthly", "annual")} for entry in every],
        "least": {key: cheapest[key] for key in ("provider", "monthly", "annual")},
        "budget": limit if limit is not None else None,
        "within_budget": None if limit is None else bool(cheapest["annual"] <= limit),
    })
    write_json("cost_estimate.json", result)
    stage.finish("Cloud", sections, brief, {
        "quantities": quantities, "products": {
            row["item"]: row["product"] for row in (cheapest if provider == "Multi-Cloud" else chosen[0])["items"]}},
        {"estimate": result})


if __name__ == "__main__":
    main()
