# SPDX-License-Identifier: Apache-2.0
"""Says which Python modules a program of an agent may use on this machine. Output: text."""

import importlib.util

from node import write_output

WANTED = ("numpy", "pandas", "scipy", "matplotlib", "statsmodels", "sklearn")
there = [name for name in WANTED if importlib.util.find_spec(name)]
missing = [name for name in WANTED if name not in there]
text = "Python with its standard library" + (f" and {', '.join(there)}" if there else "") + "."
if missing:
    text += f" Not installed: {', '.join(missing)}."
if "matplotlib" in missing:
    text += (" To draw a figure write a Vega-Lite specification with its data inline into a file that ends in .vl.json; its"
             " member description says what it shows.")
write_output({"text": text})
