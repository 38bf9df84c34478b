# SPDX-License-Identifier: Apache-2.0
"""Draws the flow of the Nile with the fitted means as SVG."""
import csv
import os


def main():
    with open(os.path.join(os.environ["FLOW_WORKFLOW_DIR"], "nile", "nile.csv")) as file:
        rows = [(int(row["year"]), float(row["flow"])) for row in csv.DictReader(file)]
    step, before, after = int(os.environ["STEP"]), float(os.environ["BEFORE"]), float(os.environ["AFTER"])

    def x(year):
        return 40 + (year - 1871) * 5.5

    def y(flow):
        return 210 - (flow - 400) * 0.19

    points = " ".join(f"{x(year):.1f},{y(flow):.1f}" for year, flow in rows)
    border = step or 1970
    lines = [f'<line x1="{x(1871)}" y1="{y(before):.1f}" x2="{x(border)}" y2="{y(before):.1f}" stroke="#c62828"/>']
    if step:
        lines.append(f'<line x1="{x(step)}" y1="{y(after):.1f}" x2="{x(1970)}" y2="{y(after):.1f}" stroke="#c62828"/>')
    with open("nile.svg", "w") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" width="600" height="240" font-family="sans-serif" '
                   'font-size="11" stroke-width="2">\n<rect width="600" height="240" fill="white"/>\n'
                   f'<polyline points="{points}" fill="none" stroke="#1565c0" stroke-width="1"/>\n'
                   + "\n".join(lines) + f'\n<text x="40" y="230">1871</text><text x="560" y="230">1970</text>'
                   f'<text x="40" y="14">Nile at Aswan, 10^8 m^3 a year; {"step in " + str(step) if step else "no step"}'
                   "</text>\n</svg>\n")


main()
