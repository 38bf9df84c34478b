# SPDX-License-Identifier: Apache-2.0
"""The frame of an engine around a Python package that is slow to import, prints a lot, and may end the process.

The packages are imported once. Each piece of work runs in a fork of its own, in the folder of its node: what it prints goes
into the log, what it changes is gone with it, and when it dies the engine tells so and lives on. Use it like this:

    import flow_engine

    def greet(work):
        work.say("working")
        work.artifact("greeting", "greeting.txt")
        return {"text": "hello " + work.input["name"]}

    flow_engine.serve("greeter", "1.0", {"greet": greet}, load=lambda: __import__("slow_package"))
"""

import json
import os
import signal
import sys
import threading
import traceback


class Failure(Exception):
    """A failure with a reason that retries can tell apart, such as `bad_data` or `unavailable`."""

    def __init__(self, reason, message):
        super().__init__(message)
        self.reason = reason


class Work:
    """A piece of work, as the function of an action sees it. It runs in the folder of the node."""

    def __init__(self, request, write):
        self.action = request["action"]
        self.input = request.get("input") or {}
        self.directory = request["directory"]
        self.attempt = request.get("attempt", 1)
        self.checkpoint = request.get("checkpoint")
        self._write = write

    def say(self, content=None, **metadata):
        """A line for people; what is given by name is for programs."""
        self._write("running", **({"content": content} if content else {}), **({"metadata": metadata} if metadata else {}))

    def artifact(self, name, path, media_type=None):
        """A file, or a folder with files, that is to be kept."""
        self._write("running", artifacts=[{"name": name, "path": path, "media_type": media_type}])

    def keep(self, checkpoint):
        """Where another attempt can go on."""
        self._write("checkpoint", checkpoint=checkpoint)

    def cost(self, usd=0, prompt_tokens=0, completion_tokens=0, model=None):
        """What was spent elsewhere than at flow's gateway."""
        self._write("running", cost={"usd": usd, "prompt_tokens": prompt_tokens,
                                     "completion_tokens": completion_tokens, "model": model})


def reason_of(error):
    """The reason that retries are told, by the class of an error; only names, so that no package is needed."""
    names = {each.__name__ for each in type(error).__mro__}
    for reason, known in (
        ("rate_limit", {"RateLimitError"}), ("timeout", {"APITimeoutError", "TimeoutError"}),
        ("connection", {"APIConnectionError", "ConnectionError"}), ("server_error", {"InternalServerError"}),
        ("client_error", {"APIStatusError"}), ("unavailable", {"ImportError"}),
        ("bad_data", {"ValueError", "KeyError", "FileNotFoundError"}),
    ):
        if names & known:
            return reason
    return "exit_code"


class Engine:
    def __init__(self, name, version, actions, load, estimate):
        self.name, self.version, self.actions, self.load, self.estimate = name, version, actions, load, estimate
        # The lines of the protocol have the standard output for themselves: what packages print becomes the log.
        self.out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", closefd=False)
        self.lock = threading.Lock()
        self.child = None  # (pid, request) of the work that runs
        self.follower = None  # the thread that passes on what it says
        self.over = set()  # ids of work that has had its last word

    def answer(self, request, status, **more):
        with self.lock:
            if status not in ("running", "checkpoint"):
                self.over.add(request["id"])
            self.out.write(json.dumps({"id": request["id"], "status": status, **more}, default=str) + "\n")
            self.out.flush()

    def run(self):
        for line in sys.stdin:
            try:
                request = json.loads(line)
                method = request["method"]
            except (ValueError, KeyError):
                print("a line that is no request is ignored", file=sys.stderr)
                continue
            if method == "initialize":
                self.initialize(request)
            elif method in ("execute", "resume"):
                self.execute(request)
            elif method in ("pause", "cancel"):
                self.answer(request, "ok")
                self.stop()
            elif method == "estimate" and self.estimate:
                self.answer(request, "ok", cost=self.estimate(request.get("action"), request.get("input") or {}))
            elif method == "cleanup":
                self.answer(request, "ok")
            else:
                self.answer(request, "unsupported")
        self.stop()

    def initialize(self, request):
        try:
            if self.load:
                self.load()
        except Exception as error:  # noqa: BLE001 - packages fail to import in all ways
            traceback.print_exc()
            return self.answer(request, "failed", error={"reason": "unavailable", "message": f"{error!r}"})
        offers = ["pause"] + (["estimate"] if self.estimate else [])
        self.answer(request, "ready", protocol=1, name=self.name, version=self.version, capabilities=offers)

    def execute(self, request):
        if self.follower:
            # What was stopped may still be dying.
            self.follower.join(5)
        if self.child:
            return self.answer(request, "failed", error={"reason": "unavailable", "message": "the engine is busy"})
        if request.get("action") not in self.actions:
            return self.answer(request, "failed", error={
                "reason": "bad_data", "message": f"there is no action {request.get('action')}"})
        read, write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                os.close(read)
                code = self.work(request, os.fdopen(write, "w", encoding="utf-8"))
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        os.close(write)
        self.child = (pid, request)
        lines = os.fdopen(read, encoding="utf-8")
        self.follower = threading.Thread(target=self.follow, args=(pid, request, lines), daemon=True)
        self.follower.start()

    def follow(self, pid, request, lines):
        """Passes on what the work says. What it does not say is said of it."""
        last = None
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue  # it was cut off
            if message["status"] not in ("running", "checkpoint"):
                last = message
                continue
            self.answer(request, **message)
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self.child = None
        if request["id"] in self.over:
            return  # it was stopped
        if last is None:
            word = f"signal {-code}" if code < 0 else f"exit code {code}"
            last = {"status": "failed", "error": {"reason": "exit_code", "message": f"the package ended the process: {word}"}}
        self.answer(request, **last)

    def stop(self):
        """Ends the work that runs, with all that it has started."""
        if not self.child:
            return
        pid, request = self.child
        self.answer(request, "cancelled", error={"message": "it was stopped"})
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def work(self, request, pipe):
        """Does the work, in the fork. Returns the exit code."""

        def write(status, **more):
            pipe.write(json.dumps({"status": status, **more}, default=str) + "\n")
            pipe.flush()

        os.setpgid(0, 0)
        os.environ.update(request.get("environment") or {})
        os.chdir(request["directory"])
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        try:
            outputs = self.actions[request["action"]](Work(request, write))
            write("completed", outputs=outputs or {})
            return 0
        except Failure as error:
            write("failed", error={"reason": error.reason, "message": str(error)})
        except SystemExit as error:
            write("failed", error={"reason": "exit_code", "message": f"the package ended the process: exit code {error.code}"})
        except BaseException as error:  # noqa: BLE001 - whatever it is, flow is to be told
            traceback.print_exc()
            write("failed", error={"reason": reason_of(error), "message": f"{type(error).__name__}: {error}"[:2000]})
        return 1


def serve(name, version, actions, load=None, estimate=None):
    """Serves until the end of the input.

    actions: by name, functions that take a `Work` and return outputs. load: imports what is slow to import.
    estimate: takes an action's name and input, and returns {"usd": …, "tokens": …, "seconds": …}.
    """
    Engine(name, version, actions, load, estimate).run()
