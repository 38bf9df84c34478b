# SPDX-License-Identifier: Apache-2.0
"""Prices and sums. An agent names items and how many; amounts come from the price file and are added up here."""

import json
import re
from decimal import Decimal

from node import read_json, stop
from text import money

THREE = ["AWS", "Azure", "GCP"]


def prices(path):
    """The price file: the one of the input, else the one that comes with the mode."""
    if not path:
        return checked(read_json("prices.json"))
    try:
        with open(path, encoding="utf-8") as file:
            return checked(json.load(file))
    except (ValueError, UnicodeDecodeError) as error:
        stop(f"the price file is not JSON: {error}")


def checked(table):
    """The table, or an end with what is wrong with it."""
    for key in ("date", "currency", "source", "items"):
        if not table.get(key):
            stop(f"the price file has no `{key}`")
    if not re.fullmatch(r"[A-Z]{3}", table["currency"]):
        stop("`currency` of the price file is not a code of three letters")
    for name, item in table["items"].items():
        for provider, price in item.get("prices", {}).items():
            if not re.fullmatch(r"\d+(?:\.\d{1,2})?", str(price.get("monthly", ""))):
                stop(f"the price file has no amount for {name} of {provider}")
    return table


def asked(provider):
    """The providers that are estimated."""
    return THREE if provider == "Multi-Cloud" else [provider]


def estimate(table, provider, quantities):
    """What the items cost at a provider: rows with Decimal amounts, and the sums."""
    rows = []
    for name, quantity in quantities.items():
        item = table["items"][name]
        price = item["prices"].get(provider)
        if price is None:
            stop(f"the price file has no price of {name} for {provider}")
        monthly = Decimal(str(price["monthly"])) * quantity
        rows.append({
            "item": name, "title": item["title"], "product": price["product"], "unit": item["unit"], "quantity": quantity,
            "unit_price": Decimal(str(price["monthly"])), "monthly": monthly, "annual": 12 * monthly,
        })
    monthly = sum((row["monthly"] for row in rows), Decimal(0))
    return {"provider": provider, "items": rows, "monthly": monthly, "annual": 12 * monthly}


def budget(text):
    """The greatest amount that a budget names, or nothing: "50k-100k" is 100000."""
    found = []
    for digits, scale in re.findall(r"(\d[\d,]*(?:\.\d+)?)\s*(k|m|thousand|million)?", (text or "").lower()):
        number = Decimal(digits.replace(",", "") or "0")
        found.append(number * {"k": 1000, "thousand": 1000, "m": 10**6, "million": 10**6}.get(scale, 1))
    return max(found) if found else None


def jsonable(value):
    """Amounts as numbers with two digits."""
    if isinstance(value, Decimal):
        return float(value.quantize(Decimal("0.01")))
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    return [jsonable(item) for item in value] if isinstance(value, list) else value


def cost_table(result, currency):
    """The rows of a cost table, with the sum as the last one."""
    rows = [
        [row["title"], row["product"], row["unit"], str(row["quantity"]), money(row["monthly"], currency),
         money(row["annual"], currency)] for row in result["items"]]
    return rows + [[
        "**Total**", "", "", "", f"**{money(result['monthly'], currency)}**", f"**{money(result['annual'], currency)}**"]]
