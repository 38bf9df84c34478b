# SPDX-License-Identifier: Apache-2.0
"""What the programs of the stages share: taking texts of agents after a check, and the end of each document.

Each stage gets: title, facts (what its agents were told), team (what they answered, or null), edit (a document of a
person that takes the place of the made one). It gives: text (Markdown), brief (for later stages), data, and record: who
wrote which part, what of the agents was refused and why, the texts that were taken with their facts, the review.
"""

from node import read_input, read_json, write_output, write_text
from text import escape, fault, once, plain, short, strange_numbers, whole

BRIEF = 600


class Stage:
    def __init__(self, name, primary, specialist):
        self.name, self.primary, self.specialist = name, primary, specialist
        self.given = read_input()
        self.team = self.given.get("team") or {}
        self.facts = self.given.get("facts") or ""
        self.refused, self.taken, self.parts = [], [], []

    def answer(self, key):
        """The answer `draft` or `notes` of the team as an object, an empty one where there is none."""
        found = self.team.get(key)
        return found if isinstance(found, dict) else {}

    def take(self, agent, text, more="", least=12):
        """A text of an agent if it holds nothing but what its facts say, else an empty one."""
        text = once(whole(text or ""))
        if not text:
            return ""
        wrong = fault(text, self.facts + "\n" + more, least)
        if wrong:
            self.refused.append({"agent": agent, "text": short(text, 200), "why": wrong})
            return ""
        self.taken.append({"text": text, "facts": self.facts + "\n" + more})
        return text

    def take_all(self, agent, texts, least=12):
        """The texts that hold, each once, at most five."""
        found = [self.take(agent, text, least=least) for text in dict.fromkeys(plain(text) for text in texts or [])]
        return [text for text in found if text][:5]

    def refuse(self, agent, text, why):
        self.refused.append({"agent": agent, "text": short(str(text), 200), "why": why})

    def part(self, title, agent):
        """Says who wrote a part: an agent, or a program where `agent` is empty."""
        self.parts.append({"part": title, "by": f"agent {agent}" if agent else "program"})

    def review(self):
        """The reviewer's verdict and remarks."""
        found = self.team.get("review") or {}
        remarks = found.get("remarks") or [] if found.get("verdict") == "change" else []
        return found.get("verdict") or "", self.take_all("rfp_reviewer", remarks)

    def finish(self, title, sections, brief, data=None, more=None):
        """Writes the document and the outputs. `sections`: (heading, Markdown) pairs."""
        verdict, remarks = self.review()
        if verdict:
            told = {"accept": "The reviewer accepts this document.", "change": "The reviewer asks for changes."}[verdict]
            if self.team.get("revised"):
                told += " The first draft was written again after the review."
            sections = sections + [("Review", told + bullets(remarks, "\n\n"))]
            self.part("Review", "rfp_reviewer")
        text = f"# {title}\n\n" + "\n\n".join(f"## {head}\n\n{body}" for head, body in sections if body)
        text += "\n\n## About this document\n\n" + self.about()
        by = "machine"
        edit = self.given.get("edit") or ""
        if edit.strip():
            text, by = edit.strip(), "person"
            self.parts = [{"part": "Whole document", "by": "a person"}]
            self.taken = []
            brief = short("As a person has written it: " + plain(edit), BRIEF)
        write_text(f"{self.name}.md", text)
        write_output({
            "text": text, "brief": short_lines(brief), "data": data or {},
            "record": {
                "stage": self.name, "by": by, "parts": self.parts, "refused": self.refused, "taken": self.taken,
                "verdict": verdict, "problems": self.team.get("problems") or [],
            },
            **(more or {}),
        })

    def about(self):
        """Who wrote which part, and what was refused."""
        written = {}
        for part in self.parts:
            written.setdefault(part["by"], []).append(part["part"])
        lines = [f"Written by {who}: {', '.join(dict.fromkeys(parts))}." for who, parts in sorted(written.items())]
        if self.given.get("team") is None:
            lines.append("No model was asked.")
        for item in self.refused:
            lines.append(f"Refused of {item['agent']}, because {escape(item['why'])}: *{escape(item['text'])}*")
        return "\n".join("- " + line for line in lines)


def words(paragraphs):
    """The whole document in lower case, for rules that look for what it speaks of."""
    return " ".join(row["text"] for row in read_json(paragraphs)).lower()


def bullets(texts, before=""):
    """A list of texts, nothing for none."""
    return before + "\n".join("- " + escape(text) for text in texts) if texts else ""


def short_lines(text):
    """The text with at most BRIEF characters, cut at a line."""
    lines, size = [], 0
    for line in text.split("\n"):
        line = short(line, 260)
        if size + len(line) > BRIEF:
            break
        lines.append(line)
        size += len(line) + 1
    return "\n".join(lines)


def clean_name(text, facts, most=48):
    """A short name of an agent, or nothing."""
    text = plain(text).strip(" .:-*#")
    return text if 2 <= len(text) <= most and not strange_numbers(text, facts) else ""
