# SPDX-License-Identifier: Apache-2.0
"""The Python that runs the programs of agents, and what is installed for it."""

import os
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
    """Where matplotlib keeps what it takes seconds to find out, such as the fonts; nothing of a run is in it."""
    found = interpreter()
    return os.getcwd() + "/.matplotlib" if found == sys.executable else os.path.join(
        os.path.dirname(os.path.dirname(found)), "matplotlib-cache")


def modules():
    """Those of `MODULES` that a program can import."""
    code = "import importlib.util as i, sys; print(*[m for m in sys.argv[1:] if i.find_spec(m)])"
    try:
        done = subprocess.run([interpreter(), "-c", code, *MODULES], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.split()
