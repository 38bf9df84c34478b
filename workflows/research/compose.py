# SPDX-License-Identifier: Apache-2.0
"""Sets a paper: one model of it, journal-neutral, as Typst, as LaTeX with its bibliography, and as Markdown.

Input: title_and_abstract, sections (introduction, methods, results, conclusions), keywords, figures, plots (paths, in their
order), papers (found), cited (keys), journal, authors, colophon (rows: what, by), costs (rows), notes (lines). Output: typst,
plan (the render node that sets it, as a `plan:` takes it), images (paths), markdown. Files: paper.tex, bibliography.bib,
paper.md, document.json.
"""

import json
import os
import re

from markup import LaTeX, Typst, latex_text, string, typst_text, write
from node import read_input, write_output, write_text

HERE = os.path.dirname(os.path.abspath(__file__))
SECTIONS = [("introduction", "Introduction"), ("methods", "Methods"), ("results", "Results"), ("conclusions", "Conclusions")]


def with_figures(text, figures, writer, draw):
    """The blocks of the results, each figure behind the block that first names it; those not named at the end."""
    left, result = list(figures), []
    for block, plain in write(text, writer):
        result.append(block)
        for figure in list(left):
            if re.search(rf"\bfig(?:ure|\.)?s?\s*(?:\d+(?:,| and) )*{figure['number']}\b", plain, re.I):
                left.remove(figure)
                result.append(draw(figure))
    return result + [draw(figure) for figure in left]


def shape(path):
    """Height by width of a PNG; of other pictures that of a usual chart."""
    try:
        with open(path, "rb") as file:
            head = file.read(24)
    except OSError:
        return 0.55
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        return 0.55
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    return height / width if width else 0.55


def authors_of(paper):
    names = paper["authors"]
    return ", ".join(names[:6]) + (" and others" if len(names) > 6 else "") if names else "Unknown"


# -- Typst --

def typst_paper(model, journal):
    two = journal["columns"] == 2
    numbers = {paper["key"]: place for place, paper in enumerate(model["references"], start=1)}
    writer = Typst(numbers)
    size, column = ("9.5pt", 84) if two else ("10.5pt", 156)
    head = f"set in the manner of: {journal['title']}" if journal["title"] else ""
    parts = [f'''#set document(title: {string(model["title"])}, date: none)
#set page(
  paper: "a4", margin: (x: {"18mm" if two else "27mm"}, top: 22mm, bottom: 22mm), columns: {journal["columns"]},
  header: context if counter(page).get().first() > 1 [#set text(8pt, luma(90)); {typst_text(model["title"][:90])}],
  footer: context [#set text(8pt, luma(90)); {typst_text(head)} #h(1fr) #counter(page).display("1 / 1", both: true)],
)
#set columns(gutter: 7mm)
#set text(font: "Libertinus Serif", size: {size}, lang: "en", hyphenate: true)
#set par(justify: true, leading: 0.6em, spacing: 0.95em)
#set heading(numbering: "1")
#show heading: set text({"10.5pt" if two else "12.5pt"})
#show heading: set block(above: 1.5em, below: 0.8em)
#show figure: set block(above: 1.4em, below: 1.4em, breakable: false)
#set figure(placement: auto)
#set place(clearance: 1.6em)
#show figure.caption: set text(0.88em)
#show figure.caption: set par(justify: false)
#show figure.caption: set align(left)
#show raw: set text(font: "DejaVu Sans Mono", size: 0.82em)
#show table: set text(0.88em)
#show table: set par(justify: false)
#set table(inset: (x: 4pt, y: 3pt), stroke: (x, y) => if y > 0 {{ (bottom: 0.3pt + luma(200)) }})
#show table.cell.where(y: 0): strong
''']
    keywords = f'\n#v(0.4em)\n#text(0.92em)[#strong[Keywords:] {typst_text(", ".join(model["keywords"]))}]' if model["keywords"] else ""
    top = f'''#align(center)[
#text(17pt, weight: "bold", hyphenate: false)[#set par(justify: false); {typst_text(model["title"])}]
#v(0.3em)
#text(10.5pt)[{typst_text(model["authors"])}]
]
#v(0.5em)
#block(inset: (x: {"6%" if two else "4%"}))[
#strong[Abstract.] {typst_text(model["abstract"])}{keywords}
]
#v(0.8em)'''
    parts.append(f'#place(top + center, scope: "parent", float: true, clearance: 1.6em)[\n#set align(left)\n{top}\n]' if two else top)

    def draw(figure):
        # As wide as the column, or a part of it, and no higher than 80 mm.
        width = min(column * (1 if two else 0.78), 80 / figure.get("shape", 0.55))
        return (f'#figure(image({string(figure["file"])}, width: {width:.0f}mm), '
                f'caption: [{typst_text(figure["caption"])}])')

    for name, title in SECTIONS:
        blocks = with_figures(model["sections"][name], model["figures"] if name == "results" else [], writer, draw)
        parts.append(f"= {title}\n\n" + "\n\n".join(blocks))
    if model["references"]:
        parts.append("#heading(numbering: none)[References]\n\n#set par(justify: false, hanging-indent: 1.4em)\n\n" + "\n\n".join(
            f"\\[{place}\\] " + typst_text(reference_text(paper)) for place, paper in enumerate(model["references"], start=1)))
    parts.append(typst_colophon(model))
    return "\n\n".join(parts) + "\n"


def typst_rows(rows, head, columns):
    cells = ", ".join(f"[{typst_text(str(cell))}]" for row in [head, *rows] for cell in row)
    return f"#table(columns: {columns}, {cells})"


def typst_colophon(model):
    parts = ["#heading(numbering: none)[How this paper was made]\n\n#set text(0.92em)",
             typst_rows(model["colophon"], ["text", "written by"], "(auto, 1fr)")]
    if model["costs"]:
        parts.append(typst_rows(model["costs"], ["agent", "model", "tokens", "cost ($)"], "(auto, auto, auto, auto)"))
    parts += ["\n".join(f"- {typst_text(line)}" for line in model["notes"])] if model["notes"] else []
    return "\n\n".join(parts)


def reference_text(paper):
    parts = [authors_of(paper), paper["title"], paper["venue"], str(paper["year"] or "")]
    text = ". ".join(part.rstrip(".") for part in parts if part) + "."
    link = f" doi:{paper['doi']}" if paper["doi"] else f" {paper['url']}" if paper["url"] else ""
    return text + link


# -- LaTeX --

def latex_paper(model, name, journal):
    writer = LaTeX()
    two = journal["columns"] == 2
    front = {"title": latex_text(model["title"]), "authors": latex_text(model["authors"]),
             "abstract": latex_text(model["abstract"]), "keywords": latex_text(", ".join(model["keywords"]))}
    options = f"[{journal['options']}]" if journal["options"] else ""
    parts = [f"\\documentclass{options}{{{journal['class']}}}", "\\usepackage{graphicx}"]
    if name != "APS":
        parts.append("\\usepackage{amsmath,amssymb}")
    parts += journal["packages"]
    # Any engine takes the source: the accents of names are UTF-8 for all of them.
    parts.append("\\usepackage{iftex}\n\\ifpdftex\\usepackage[T1]{fontenc}\\usepackage[utf8]{inputenc}\\fi")
    parts.append("\\newcommand{\\missingfigure}[1]{\\fbox{\\parbox{0.8\\linewidth}{The picture \\texttt{#1} is a drawing: turn it "
                 "into PDF.}}}")
    parts.append(latex_front(name, front))

    def draw(figure):
        size = f"width={'' if two else '0.8'}\\linewidth,height=0.4\\textheight,keepaspectratio"
        picture = (f"\\includegraphics[{size}]{{{figure['file']}}}"
                   if not figure["file"].endswith(".svg") else f"\\missingfigure{{{latex_text(figure['file'])}}}")
        return (f"\\begin{{figure}}[htbp]\n\\centering\n{picture}\n\\caption{{{latex_text(figure['caption'])}}}\n"
                f"\\label{{fig:{figure['number']}}}\n\\end{{figure}}")

    for key, title in SECTIONS:
        blocks = with_figures(model["sections"][key], model["figures"] if key == "results" else [], writer, draw)
        parts.append(f"\\section{{{title}}}\n\n" + "\n\n".join(blocks))
    parts.append("\\section*{How this paper was made}\n\n" + latex_rows(model["colophon"], ["text", "written by"], two))
    if model["costs"]:
        parts.append(latex_rows(model["costs"], ["agent", "model", "tokens", "cost (\\$)"], two, raw_head=True))
    if model["notes"]:
        parts.append(writer.items("ul", [latex_text(line) for line in model["notes"]]))
    if model["references"]:
        # The class of the APS chooses the style itself.
        style = "" if name == "APS" else f"\\bibliographystyle{{{journal['style']}}}\n"
        parts.append(style + "\\bibliography{bibliography}")
    return "\n\n".join(parts) + "\n\n\\end{document}\n"


def latex_front(name, front):
    begin = "\\begin{document}\n\n"
    if name == "AAS":
        words = f"\n\n\\keywords{{{front['keywords']}}}" if front["keywords"] else ""
        return (f"{begin}\\title{{{front['title']}}}\n\n\\author{{{front['authors']}}}\n\\affiliation{{none given}}\n\n"
                f"\\begin{{abstract}}\n{front['abstract']}\n\\end{{abstract}}{words}")
    if name == "APS":
        return (f"{begin}\\title{{{front['title']}}}\n\\author{{{front['authors']}}}\n\n\\begin{{abstract}}\n"
                f"{front['abstract']}\n\\end{{abstract}}\n\n\\maketitle")
    if name == "ICML":
        return (f"\\icmltitlerunning{{{front['title']}}}\n\n{begin}\\twocolumn[\n\\icmltitle{{{front['title']}}}\n"
                f"\\begin{{icmlauthorlist}}\n\\icmlauthor{{{front['authors']}}}{{none}}\n\\end{{icmlauthorlist}}\n"
                f"\\icmlaffiliation{{none}}{{none given}}\n\\icmlkeywords{{{front['keywords']}}}\n\\vskip 0.3in\n]\n"
                f"\\printAffiliationsAndNotice{{}}\n\n\\begin{{abstract}}\n{front['abstract']}\n\\end{{abstract}}")
    if name == "JHEP":
        return (f"\\title{{{front['title']}}}\n\\author{{{front['authors']}}}\n\\affiliation{{none given}}\n"
                f"\\abstract{{{front['abstract']}}}\n\\keywords{{{front['keywords']}}}\n\n{begin}\\maketitle")
    words = f"\n\n\\noindent\\textbf{{Keywords:}} {front['keywords']}" if front["keywords"] else ""
    return (f"\\title{{{front['title']}}}\n\\author{{{front['authors']}}}\n\\date{{}}\n\n{begin}\\maketitle\n\n"
            f"\\begin{{abstract}}\n{front['abstract']}\n\\end{{abstract}}{words}")


def latex_rows(rows, head, two, raw_head=False):
    width = "0.62\\linewidth" if len(head) == 2 else "0.3\\linewidth"
    form = "l" * (len(head) - 1) + f"p{{{width}}}" if len(head) == 2 else f"p{{{width}}}" + "l" * (len(head) - 1)
    first = " & ".join(head if raw_head else map(latex_text, head))
    lines = [" & ".join(latex_text(str(cell)) for cell in row) + r" \\" for row in rows]
    return ("{\\small\\noindent\\begin{tabular}{" + form + "}\n" + first + " \\\\\n\\hline\n" + "\n".join(lines)
            + "\n\\end{tabular}\\par}")


def bibliography(papers):
    entries = []
    for paper in papers:
        fields = {"title": "{" + latex_text(paper["title"]) + "}", "author": latex_text(" and ".join(paper["authors"])),
                  "year": str(paper["year"] or ""), "journal": latex_text(paper["venue"]), "doi": paper["doi"], "url": paper["url"]}
        lines = [f"  {key} = {{{value}}}" for key, value in fields.items() if value and value != "{}"]
        entries.append(f"@article{{{paper['key']},\n" + ",\n".join(lines) + "\n}")
    return "\n\n".join(entries) or "% No search for literature has found anything, so there is nothing to cite."


# -- Markdown --

def markdown_paper(model):
    parts = [f"# {model['title']}", f"*{model['authors']}*", f"**Abstract.** {model['abstract']}"]
    if model["keywords"]:
        parts.append("**Keywords:** " + ", ".join(model["keywords"]))
    for key, title in SECTIONS:
        parts += [f"## {title}", model["sections"][key]]
        if key == "results":
            parts += [f"![Figure {figure['number']}. {figure['caption']}]({figure['file']})" for figure in model["figures"]]
    if model["references"]:
        parts += ["## References", "\n".join(f"- [{paper['key']}] {reference_text(paper)}" for paper in model["references"])]
    parts += ["## How this paper was made", "| text | written by |\n|---|---|\n" + "\n".join(
        f"| {what} | {by} |" for what, by in model["colophon"])]
    if model["costs"]:
        parts.append("| agent | model | tokens | cost ($) |\n|---|---|---:|---:|\n" + "\n".join(
            "| " + " | ".join(map(str, row)) + " |" for row in model["costs"]))
    if model["notes"]:
        parts.append("\n".join(f"- {line}" for line in model["notes"]))
    return "\n\n".join(parts)


def main():
    given = read_input()
    title, _, abstract = (given.get("title_and_abstract") or "").strip().partition("\n")
    papers = given.get("papers") or []
    cited = given.get("cited") or []
    with open(os.path.join(HERE, "journals.json"), encoding="utf-8") as file:
        journals = json.load(file)
    name = given.get("journal") or "NONE"
    model = {
        "title": title.strip() or "Untitled", "abstract": re.sub(r"\s+", " ", abstract).strip(),
        "authors": (given.get("authors") or "").strip() or "no author named; written by programs and language models",
        "keywords": given.get("keywords") or [], "journal": name,
        "sections": {key: (given["sections"].get(key) or "").strip() for key, _ in SECTIONS},
        "figures": [{**figure, "shape": round(shape(path), 4)}
                    for figure, path in zip(given.get("figures") or [], given.get("plots") or [])],
        "references": [paper for paper in papers if paper["key"] in cited],
        "colophon": given.get("colophon") or [], "costs": given.get("costs") or [], "notes": given.get("notes") or []}
    typst = typst_paper(model, journals[name])
    write_text("paper.tex", latex_paper(model, name, journals[name]))
    write_text("bibliography.bib", bibliography(papers))
    markdown = markdown_paper(model)
    write_text("paper.md", markdown)
    write_text("document.json", json.dumps(model, ensure_ascii=False, indent=1))
    images = {figure["file"]: "${{ inputs.images[%d] }}" % place for place, figure in enumerate(model["figures"])}
    # Texts go in as values: what a plan holds itself is read for expressions.
    document = {"text": "${{ inputs.typst }}", "format": "typst"}
    if images:
        document["images"] = images
    plan = {
        "nodes": {"paper": {"title": "Set the paper", "render": {"document": document, "to": ["pdf"]}}},
        "outputs": {"pdf": {"type": "file", "value": "${{ nodes.paper.artifacts.pdf }}"}}}
    write_output({"typst": typst, "plan": plan, "images": given.get("plots") or [], "markdown": markdown,
                  "title": model["title"]})
    print(f"{model['title']}: {len(model['figures'])} figures, {len(model['references'])} references")


if __name__ == "__main__":
    main()
