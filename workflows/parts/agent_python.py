# SPDX-License-Identifier: Apache-2.0
"""The Python that runs the programs of agents, and what is installed for it."""

import os
import shutil
import subprocess
import sys

# What programs for data use; others are not looked for.
MODULES = ["matplotlib", "numpy", "pandas", "scipy", "sklearn", "astropy", "sympy"]


def interpreter():
    """flow's own Python environment, which has libraries for tables and plots; else the Python of this program."""
    home = os.environ.get("FLOW_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share", "flow")
    found = os.path.join(home, "tools", "bin", "python")
    return found if os.access(found, os.X_OK) else sys.executable


def plot_cache():
    """A folder of this one where matplotlib keeps the list of fonts, which takes it seconds to find out: a copy of the one
    that was made when the environment was, for that may not be written to."""
    folder = os.path.join(os.getcwd(), ".matplotlib")
    made = os.path.join(os.path.dirname(os.path.dirname(interpreter())), "lib", "matplotlib-cache")
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(made) if os.path.isdir(made) else []:
        if name.endswith(".json"):
            shutil.copy(os.path.join(made, name), folder)
    return folder


def modules():
    """Those of `MODULES` that a program can import."""
    code = "import importlib.util as i, sys; print(*[m for m in sys.argv[1:] if i.find_spec(m)])"
    try:
        done = subprocess.run([interpreter(), "-c", code, *MODULES], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.split()
