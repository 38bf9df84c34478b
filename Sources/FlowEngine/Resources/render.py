# SPDX-License-Identifier: Apache-2.0
"""Renders one document or one plot, as a child process of a render node.

    python render.py JOB.json

A document job: {"kind": "document", "source": PATH, "format": "markdown" | "typst", "title": TEXT,
"resources": [FOLDER], "outputs": [{"format": "pdf" | "html" | "typst", "path": PATH}]}.
A plot job: {"kind": "plot", "spec": VEGA-LITE, "data": {NAME: PATH of .csv .tsv .json .jsonl},
"outputs": [{"format": "svg" | "png" | "pdf", "path": PATH}], "scale": NUMBER}.

Nothing is fetched and no shell runs. A document reads files only from its own folder and the resource folders.
The same job gives the same bytes, but for a plot as PDF: no date is written, and the time zone is UTC. A fault ends
with status 1 and one JSON line on stderr: {"error": TEXT, "line": N, "column": N}; line and column are there when they
are known, and count from 1.
"""

import base64
import csv
import html
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE_LIMIT = 16 * 1024 * 1024
FOLDER_LIMIT = 256 * 1024 * 1024
DATA_LIMIT = 64 * 1024 * 1024
PANDOC_SECONDS = 60
# Raw blocks would let the text of a ticket write typst code or HTML of its own; citations need a bibliography.
MARKDOWN = "markdown-raw_html-raw_attribute-raw_tex-citations-example_lists-latex_macros-yaml_metadata_block"
IMAGES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".svg": "image/svg+xml", ".webp": "image/webp", ".pdf": "application/pdf",
}


class Fault(Exception):
    """What is wrong with the job, and where in its source."""

    def __init__(self, message, line=None, column=None, hints=()):
        super().__init__(message)
        self.report = {"error": message}
        if line:
            self.report["line"] = line
        if column:
            self.report["column"] = column
        if hints:
            self.report["hints"] = list(hints)


# -- files ------------------------------------------------------------------------------------------------------------

def read_text(path, limit=SOURCE_LIMIT):
    """Text of a file, as UTF-8, with or without a byte order mark."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Fault(f"cannot read {path}: {error.strerror}") from None
    if len(data) > limit:
        raise Fault(f"{path} is larger than {limit} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Fault(f"{path} is not UTF-8: byte {error.start}", line, 1) from None


def write(path, data):
    """Writes a result whole or not at all."""
    try:
        folder = os.path.dirname(os.path.abspath(path))
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            try:
                file.write(data)
                file.flush()
                os.chmod(file.name, 0o644)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise Fault(f"cannot write {path}: {error.strerror}") from None


def find(name, folders):
    """The file a document means by a relative path, or nil. Links that lead out of the folders do not count."""
    for folder in folders:
        root = os.path.realpath(folder)
        path = os.path.realpath(os.path.join(root, name))
        if os.path.commonpath([root, path]) == root and os.path.isfile(path):
            return path
    return None


# -- documents --------------------------------------------------------------------------------------------------------

def render_document(job):
    source = text_of(job, "source")
    form = job.get("format", "markdown")
    title = job.get("title") or ""
    folders = [os.path.dirname(os.path.abspath(source))] + list(job.get("resources") or [])
    outputs = outputs_of(job, {"pdf", "html", "typst"})
    text = read_text(source)
    if form == "markdown":
        render_markdown(text, title, folders, outputs)
    elif form == "typst":
        render_typst(source, folders, outputs)
    else:
        raise Fault(f'unknown document format "{form}": use markdown or typst')


def render_markdown(text, title, folders, outputs):
    # Wide enough that no table is given column widths because its lines are long.
    document = json.loads(pandoc(text, "-f", MARKDOWN, "-t", "json", "--columns=100000"))
    with tempfile.TemporaryDirectory(prefix="flow-render-") as stage:
        images = collect_images(document, text, folders, stage)
        page = None
        if any(output["format"] in ("pdf", "typst") for output in outputs):
            body = pandoc(json.dumps(redirect(document, images, "name")), "-f", "json", "-t", "typst")
            page = PAGE % {"title": typst_string(title)} + body
        for output in outputs:
            if output["format"] == "html":
                inlined = redirect(document, images, "uri")
                body = pandoc(json.dumps(inlined), "-f", "json", "-t", "html5", "--syntax-highlighting=none", "--mathml")
                head = f"<h1 class=title>{html.escape(title)}</h1>\n" if title else ""
                whole = HTML % {"title": html.escape(title or "Document"), "body": head + body}
                write(output["path"], whole.encode())
            elif output["format"] == "typst":
                write(output["path"], page.encode())
            else:
                path = os.path.join(stage, "main.typ")
                write(path, page.encode())
                write(output["path"], compile_typst(path, stage, generated=True))


def render_typst(source, folders, outputs):
    # The root is a copy, so that a link in the folder cannot lead out of it.
    with tempfile.TemporaryDirectory(prefix="flow-render-") as stage:
        budget = [FOLDER_LIMIT]
        for folder in reversed(folders):
            copy_folder(folder, stage, budget, skip={os.path.abspath(output["path"]) for output in outputs})
        main = os.path.join(stage, os.path.basename(source))
        text = read_text(source)
        package = re.search(r'#?import\s+"@', text)
        if package:
            line = text.count("\n", 0, package.start()) + 1
            column = package.start() - (text.rfind("\n", 0, package.start()) + 1) + 1
            raise Fault("typst packages are not available: rendering has no network", line, column)
        for output in outputs:
            if output["format"] == "pdf":
                write(output["path"], compile_typst(main, stage))
            elif output["format"] == "typst":
                write(output["path"], text.encode())
            else:
                raise Fault("a typst source renders to pdf; html needs a markdown source")


def copy_folder(folder, stage, budget, skip):
    root = os.path.realpath(folder)
    if not os.path.isdir(root):
        raise Fault(f"the resource folder {folder} does not exist")
    for base, names, files in os.walk(root):
        names[:] = [name for name in names if not name.startswith(".")]
        for name in files:
            path = os.path.join(base, name)
            real = os.path.realpath(path)
            if path in skip or os.path.commonpath([root, real]) != root or not os.path.isfile(real):
                continue
            budget[0] -= os.path.getsize(real)
            if budget[0] < 0:
                raise Fault(f"the folder of the document holds more than {FOLDER_LIMIT} bytes")
            target = os.path.join(stage, os.path.relpath(path, root))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(real, target)


def compile_typst(path, root, generated=False):
    import typst

    try:
        return typst.compile(path, root=root, format="pdf", ignore_system_fonts=True, font_paths=[])
    except typst.TypstError as error:
        where = re.search(r"┌─ .*?:(\d+):(\d+)", getattr(error, "diagnostic", "") or "")
        if where and not generated:
            raise Fault(str(error), int(where[1]), int(where[2]) + 1, error.hints) from None
        raise Fault(f"the document cannot be set: {error}", hints=error.hints) from None


def pandoc(text, *arguments):
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--sandbox", *arguments]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=PANDOC_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Fault(f"pandoc took more than {PANDOC_SECONDS} s") from None
    if done.returncode:
        raise Fault("pandoc: " + done.stderr.decode(errors="replace").strip())
    return done.stdout.decode()


def walk(node, visit):
    """A copy of a pandoc tree in which `visit` has replaced elements."""
    if isinstance(node, list):
        return [walk(item, visit) for item in node]
    if isinstance(node, dict):
        node = {key: walk(value, visit) for key, value in node.items()}
        return visit(node) if "t" in node else node
    return node


def collect_images(document, text, folders, stage):
    """Copies every image of the document to the stage; each gets a plain name and a data URI."""
    images = {}

    def visit(node):
        if node["t"] == "Image":
            target = node["c"][2][0]
            if target not in images:
                images[target] = image(target, text, folders, stage, len(images) + 1)
        return node

    walk(document, visit)
    return images


def image(target, text, folders, stage, number):
    line, column = place(text, target)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", target) or target.startswith("//"):
        raise Fault(f'the image "{target}" is not a file: rendering has no network', line, column)
    name = re.sub(r"%([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), target)
    path = find(name, folders)
    if path is None:
        raise Fault(f'the image "{target}" is not in the folder of the document', line, column)
    ending = os.path.splitext(path)[1].lower()
    if ending not in IMAGES:
        raise Fault(f'the image "{target}" is none of {" ".join(sorted(IMAGES))}', line, column)
    with open(path, "rb") as file:
        data = file.read()
    plain = f"image-{number}{ending}"
    write(os.path.join(stage, plain), data)
    return {"name": plain, "uri": f"data:{IMAGES[ending]};base64,{base64.b64encode(data).decode()}"}


def redirect(document, images, key):
    def visit(node):
        if node["t"] == "Image":
            attributes, label, (target, title) = node["c"]
            return {"t": "Image", "c": [attributes, label, [images[target][key], title]]}
        return node

    return walk(document, visit)


def place(text, part):
    at = text.find(part)
    if at < 0:
        return None, None
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def typst_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


PAGE = r"""// A plain page: fonts that come with typst, page numbers, tables with a line under their header.
#let title = %(title)s
#set document(title: title, date: none)
#set page(
  paper: "a4", margin: (x: 22mm, top: 22mm, bottom: 20mm),
  header: context if counter(page).get().first() > 1 [#set text(8pt, luma(90)); #title],
  footer: context [#set text(8pt, luma(90)); #h(1fr) #counter(page).display("1 / 1", both: true)],
)
#set text(font: "Libertinus Serif", size: 10.5pt, lang: "en")
#set par(justify: true, leading: 0.62em)
#set smartquote(enabled: false)
#show raw: set text(font: "DejaVu Sans Mono", size: 8pt)
#show raw.where(block: true): it => block(fill: luma(245), inset: 7pt, radius: 2pt, width: 100%%, it)
#show heading: set text(fill: rgb("#1f3a5f"))
#show heading: set block(above: 1.3em, below: 0.7em)
#show link: set text(fill: rgb("#1f5fa8"))
#show quote.where(block: true): it => block(inset: (left: 9pt), stroke: (left: 2pt + luma(190)), it.body)
#set table(
  inset: (x: 5pt, y: 3.6pt),
  stroke: (x, y) => if y > 0 { (bottom: 0.3pt + luma(215)) },
)
#set table.hline(stroke: 0.8pt + rgb("#1f3a5f"))
#show table: set text(9pt)
#show table: set par(justify: false)
#show table.cell.where(y: 0): strong
#show figure: set block(breakable: true, above: 1.1em, below: 1.1em)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.caption: set text(9pt, luma(70))
#let horizontalrule = line(length: 100%%, stroke: 0.4pt + luma(180))
#if title != "" { block(below: 1.2em, text(20pt, weight: "bold", fill: rgb("#1f3a5f"), title)) }

"""

HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>%(title)s</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --line: #d0d7de; --head: #1f3a5f; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --line: #3d444d; --head: #9ecbff; --paper: #12161c; } }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem;
  color: var(--ink); background: var(--paper); }
h1, h2, h3 { color: var(--head); line-height: 1.25; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .92em; display: block; overflow-x: auto; }
th { text-align: left; border-bottom: 2px solid var(--head); }
td { border-bottom: 1px solid var(--line); }
th, td { padding: .3rem .7rem; font-variant-numeric: tabular-nums; }
figure { margin: 1.2rem 0; }
figcaption { font-size: .9em; opacity: .8; }
img { max-width: 100%%; height: auto; background: #fff; }
pre { overflow-x: auto; padding: .7rem; border: 1px solid var(--line); border-radius: 4px; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); }
</style>
</head>
<body>
%(body)s
</body>
</html>
"""


# -- plots ------------------------------------------------------------------------------------------------------------

def render_plot(job):
    spec = job.get("spec")
    if not isinstance(spec, dict):
        raise Fault('"spec" must be a Vega-Lite object')
    outputs = outputs_of(job, {"svg", "png", "pdf"})
    scale = job.get("scale") or 2
    if not isinstance(scale, (int, float)) or not 0.1 <= scale <= 8:
        raise Fault('"scale" must be a number from 0.1 to 8')
    refuse_urls(spec, "spec")
    spec = dict(spec)
    sets = dict(spec.get("datasets") or {})
    for name, path in (job.get("data") or {}).items():
        sets[name] = read_rows(path)
    for name in named_data(spec):
        if name not in sets:
            known = ", ".join(sorted(sets)) or "none"
            raise Fault(f'the spec draws the data "{name}", which is not given (given: {known})')
    spec["datasets"] = sets
    spec.setdefault("$schema", "https://vega.github.io/schema/vega-lite/v5.json")

    import vl_convert

    fixed = {"vl_version": "v5.21", "allowed_base_urls": []}
    for output in outputs:
        try:
            if output["format"] == "svg":
                data = vl_convert.vegalite_to_svg(spec, **fixed).encode()
            elif output["format"] == "png":
                data = vl_convert.vegalite_to_png(spec, scale=scale, **fixed)
            else:
                data = vl_convert.vegalite_to_pdf(spec, **fixed)
        except Exception as error:  # the binding raises plain ValueError with a stack of JavaScript in it
            first = re.sub(r"\s+at .*", "", str(error), flags=re.S).strip()
            raise Fault("the plot cannot be drawn: " + first) from None
        write(output["path"], data)


def refuse_urls(node, path):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "url" and isinstance(value, str) and not value.startswith("data:"):
                raise Fault(f'{path}.url: "{value}": data comes from "data", rendering has no network')
            refuse_urls(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            refuse_urls(value, f"{path}[{index}]")


def named_data(node):
    """Names of the data sets that a spec draws."""
    found = set()
    if isinstance(node, dict):
        data = node.get("data")
        if isinstance(data, dict) and isinstance(data.get("name"), str) and len(data) == 1:
            found.add(data["name"])
        for key, value in node.items():
            if key != "datasets":
                found |= named_data(value)
    elif isinstance(node, list):
        for value in node:
            found |= named_data(value)
    return found


def read_rows(path):
    text = read_text(path, DATA_LIMIT)
    ending = os.path.splitext(path)[1].lower()
    if not ending and text[:1] in "[{":
        ending = ".json" if text[0] == "[" else ".jsonl"
    try:
        if ending == ".json":
            rows = json.loads(text)
            if not isinstance(rows, list):
                raise Fault(f"{path}: a JSON list of rows is wanted")
            return rows
        if ending in (".jsonl", ".ndjson"):
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise Fault(f"{path}: {error.msg}", error.lineno, error.colno) from None
    csv.field_size_limit(DATA_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if ending == ".tsv" else ",")
    try:
        header = next(reader, [])
        rows = [row for row in reader if row]
    except csv.Error as error:
        raise Fault(f"{path}: {error}", reader.line_num) from None
    columns = [typed([row[index] if index < len(row) else "" for row in rows]) for index in range(len(header))]
    return [dict(zip(header, values)) for values in zip(*columns)] if columns else []


def typed(values):
    """A column of numbers where every value that is there is a plain number; else text. An empty field is null."""
    numbers = []
    for value in values:
        if value == "":
            numbers.append(None)
            continue
        if not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", value):
            return [item if item != "" else None for item in values]
        number = float(value)
        if not math.isfinite(number):
            return [item if item != "" else None for item in values]
        numbers.append(int(number) if number.is_integer() and abs(number) < 2**53 else number)
    return numbers


# -- the job ----------------------------------------------------------------------------------------------------------

def text_of(job, key):
    value = job.get(key)
    if not isinstance(value, str) or not value:
        raise Fault(f'the job has no "{key}"')
    return value


def outputs_of(job, formats):
    outputs = job.get("outputs")
    if not isinstance(outputs, list) or not outputs:
        raise Fault('the job has no "outputs"')
    for output in outputs:
        if not isinstance(output, dict) or output.get("format") not in formats or not output.get("path"):
            raise Fault(f'an output needs a "path" and a "format" out of {" ".join(sorted(formats))}')
    return outputs


def main(arguments):
    if len(arguments) != 1:
        print("usage: render.py JOB.json", file=sys.stderr)
        return 2
    # A package or a font that something asks for must fail at once, whatever the source says.
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ[name] = os.environ[name.upper()] = "http://127.0.0.1:9"
    os.environ["TZ"] = "UTC"
    try:
        try:
            job = json.loads(read_text(arguments[0], DATA_LIMIT))
        except json.JSONDecodeError as error:
            raise Fault(f"the job is not JSON: {error.msg}", error.lineno, error.colno) from None
        kinds = {"document": render_document, "plot": render_plot}
        if not isinstance(job, dict) or job.get("kind") not in kinds:
            raise Fault('"kind" must be document or plot')
        kinds[job["kind"]](job)
    except Fault as fault:
        print(json.dumps(fault.report, ensure_ascii=False), file=sys.stderr)
        return 1
    except ImportError as error:
        print(json.dumps({"error": f"{error.name} is missing: run scripts/install-dependencies"}), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
