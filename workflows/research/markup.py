# SPDX-License-Identifier: Apache-2.0
"""The little Markdown that sections are written in, as Typst and as LaTeX.

Known are paragraphs, lists, `code`, **strong**, *emphasis*, $formulas$ of a small known language, also between \\( \\) and
\\[ \\], and citations [@key]. All else is text: nothing that an agent writes becomes a command of Typst or of LaTeX.
"""

import re

from node import dollar_formulas

GREEK = ("alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega Gamma Delta "
         "Theta Lambda Pi Sigma Phi Psi Omega").split()
# Commands of formulas that are let through, and their names in Typst.
COMMANDS = {name: name for name in GREEK} | {
    "times": "times", "cdot": "dot.op", "pm": "plus.minus", "leq": "<=", "le": "<=", "geq": ">=", "ge": ">=", "neq": "!=",
    "approx": "approx", "sim": "tilde.op", "sum": "sum", "prod": "product", "int": "integral", "infty": "infinity",
    "ln": "ln", "log": "log", "exp": "exp", "min": "min", "max": "max", "partial": "partial", "in": "in", "ldots": "dots",
    "quad": "quad", "left": "", "right": "", "to": "->"}
ONE_ARGUMENT = {"sqrt": "sqrt", "bar": "macron", "hat": "hat", "tilde": "tilde", "overline": "overline", "vec": "arrow",
                "mathrm": "upright", "mathbf": "bold"}
# Words in a formula are one token, which keeps their blanks.
WORDS = r"\\text\{[A-Za-z0-9 .,()/-]*\}"
TOKENS = re.compile(WORDS + r"|\\[A-Za-z]+|\\[,;! %{}]|[A-Za-z]+|\d+(?:\.\d+)?|[{}^_]|\s+|[^\sA-Za-z\d]")
INLINE = re.compile(
    r"`([^`\n]+)`|\$([^$\n]{1,300})\$|\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\n]+)\*(?![\w*])|\[@([\w:-]+(?:,\s*@[\w:-]+)*)\]")


MINUS = re.compile(r"(?<![\w.)\]-])-(?=\d|\.\d)")


class NoFormula(Exception):
    """The formula uses what is not in the known language."""


def tokens(formula):
    return TOKENS.findall(formula)


def typst_formula(formula):
    """The formula in Typst's language."""
    stream = [token for token in tokens(formula) if not token.isspace()]

    def group():
        if not stream:
            raise NoFormula
        if stream[0] == "{":
            stream.pop(0)
            parts = []
            while stream and stream[0] != "}":
                parts.append(one())
            if not stream:
                raise NoFormula
            stream.pop(0)
            return re.sub(r" (?=[_^]\()", "", " ".join(parts))
        return one()

    def one():
        token = stream.pop(0)
        if re.fullmatch(WORDS, token):
            return '"' + token.removeprefix("\\text{").removesuffix("}") + '"'
        if token == "\\frac":
            return f"frac({group()}, {group()})"
        if token.startswith("\\") and token[1:] in ONE_ARGUMENT:
            return f"{ONE_ARGUMENT[token[1:]]}({group()})"
        if token.startswith("\\") and token[1:] in COMMANDS:
            return COMMANDS[token[1:]]
        if token in ("\\,", "\\;", "\\!", "\\ "):
            return "thin"
        if token == "\\%":
            return '"%"'
        if token in "^_":
            return f"{token}({group()})"
        if token == "{":
            stream.insert(0, token)
            return group()
        if token.startswith("\\") or token in "}#$\"`@~&":
            raise NoFormula
        if token.isalpha() and len(token) > 1:
            return " ".join(token)
        return token if token.isalnum() or "." in token or token in "+-=()|,!/<>[]" else '"' + token + '"'

    parts = []
    while stream:
        parts.append(one())
    return re.sub(r" (?=[_^]\()", "", " ".join(part for part in parts if part))


def latex_formula(formula):
    """The formula as it is, if it is of the known language and its braces match."""
    depth = 0
    for token in tokens(formula):
        if re.fullmatch(WORDS, token):
            continue
        depth += (token == "{") - (token == "}")
        name = token[1:]
        if depth < 0 or token in "#$&~\"`@" or (
                token.startswith("\\") and name not in COMMANDS and name not in ONE_ARGUMENT and name not in (
                    "frac", ",", ";", "!", " ", "%")):
            raise NoFormula
    if depth:
        raise NoFormula
    return formula.strip()


def typst_text(text):
    """Text with no meaning in Typst but itself."""
    text = MINUS.sub("−", text).replace(" %", "\u00a0%")
    text = re.sub(r"([\\*_#$@<>`~\[\]=+/\"-])", r"\\\1", text)
    # At the beginning of a line a number with a dot would begin a list.
    return re.sub(r"(?m)^(\s*\d+)\.", r"\1\\.", text)


LATEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "^": r"\^{}", "_": r"\_",
         "~": r"\textasciitilde{}", "%": r"\%", "<": r"$<$", ">": r"$>$", "|": r"$|$", '"': "''", "≤": r"$\leq$",
         "≥": r"$\geq$", "\u00a0": "~", "±": r"$\pm$", "×": r"$\times$", "−": r"$-$", "→": r"$\to$", "≈": r"$\approx$", "–": "--", "—": "---",
         "“": "``", "”": "''", "’": "'", "‘": "`", "…": r"\ldots{}", "²": r"$^2$", "³": r"$^3$", "⁸": r"$^8$", "°": r"$^\circ$",
         "µ": r"$\mu$", "η": r"$\eta$", "α": r"$\alpha$", "β": r"$\beta$", "τ": r"$\tau$", "ρ": r"$\rho$", "σ": r"$\sigma$",
         "μ": r"$\mu$", "χ": r"$\chi$", "Δ": r"$\Delta$", "π": r"$\pi$"}


def latex_text(text):
    """Text with no meaning in LaTeX but itself."""
    text = MINUS.sub("−", text).replace(" %", "\u00a0%")
    return "".join(LATEX.get(letter, letter) for letter in text)


class Typst:
    """Writes Typst."""

    def __init__(self, numbers):
        self.numbers = numbers

    text = staticmethod(typst_text)

    def code(self, text):
        return "#raw(" + string(text) + ")"

    def formula(self, text):
        try:
            return "$" + typst_formula(text) + "$"
        except (NoFormula, IndexError):
            return self.code(text)

    def strong(self, text):
        return f"#strong[{text}]"

    def emphasis(self, text):
        return f"#emph[{text}]"

    def cite(self, keys):
        return "[" + ", ".join(str(self.numbers[key]) for key in keys if key in self.numbers) + "]"

    def items(self, kind, items, first=1):
        marks = [f"{first}." if first > 1 else "+"] + ["+"] * len(items) if kind == "ol" else ["-"] * len(items)
        return "\n".join(f"{mark} {item}" for mark, item in zip(marks, items))


class LaTeX:
    """Writes LaTeX."""

    text = staticmethod(latex_text)

    def code(self, text):
        return r"\texttt{" + latex_text(text) + "}"

    def formula(self, text):
        try:
            return "$" + latex_formula(text) + "$"
        except NoFormula:
            return self.code(text)

    def strong(self, text):
        return r"\textbf{" + text + "}"

    def emphasis(self, text):
        return r"\emph{" + text + "}"

    def cite(self, keys):
        return r"\cite{" + ",".join(keys) + "}"

    def items(self, kind, items, first=1):
        name = "enumerate" if kind == "ol" else "itemize"
        start = f"\\setcounter{{enumi}}{{{first - 1}}}\n" if kind == "ol" and first > 1 else ""
        return f"\\begin{{{name}}}\n" + start + "\n".join(f"\\item {item}" for item in items) + f"\n\\end{{{name}}}"


def string(text):
    """A text as a string of Typst."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def inline(text, writer):
    """A line of text with its marks."""
    result, place = "", 0
    for match in INLINE.finditer(text):
        result += writer.text(text[place:match.start()])
        code, formula, strong, emphasis, keys = match.groups()
        if code:
            result += writer.code(code)
        elif formula:
            # Dollars that hold words, such as prices, are no formula.
            result += writer.formula(formula)
        elif strong:
            result += writer.strong(inline(strong, writer))
        elif emphasis:
            result += writer.emphasis(inline(emphasis, writer))
        else:
            result += writer.cite(re.findall(r"@([\w:-]+)", match[0]))
        place = match.end()
    return result + writer.text(text[place:])


def blocks(text):
    """The paragraphs and lists of a text: (kind, lines, number of the first item), where kind is p, ul or ol."""
    found = []
    for line in text.split("\n"):
        line = re.sub(r"^#{1,6}\s+(.*?)\s*#*$", r"**\1**", line.rstrip())
        item = re.match(r"\s*(?:([-*•])|(\d{1,2})[.)])\s+(.*)", line)
        if item:
            kind = "ul" if item[1] else "ol"
            if not found or found[-1][0] != kind:
                found.append((kind, [], int(item[2] or 1)))
            found[-1][1].append(item[3])
        elif not line.strip():
            if not found or found[-1][0] == "p" and found[-1][1]:
                found.append(("p", [], 1))
            elif found[-1][0] != "p":
                found.append(("gap", [], 1))
        elif found and found[-1][0] in ("ul", "ol") and line.startswith(" "):
            found[-1][1][-1] += " " + line.strip()
        else:
            if not found or found[-1][0] != "p":
                # A list goes on behind an empty line; text ends it.
                found.append(("p", [], 1))
            found[-1][1].append(line.strip())
    joined = []
    for kind, lines, first in found:
        if kind == "gap" or not lines:
            continue
        if joined and kind == joined[-1][0] and kind != "p":
            joined[-1][1].extend(lines)
        else:
            joined.append((kind, lines, first))
    return joined


def write(text, writer):
    """The blocks of a text, each as one text of the language, with the plain text beside it."""
    result = []
    for kind, lines, first in blocks(dollar_formulas(text)):
        plain = " ".join(lines)
        if kind == "p":
            result.append((inline(plain, writer), plain))
        else:
            result.append((writer.items(kind, [inline(line, writer) for line in lines], first), plain))
    return result
