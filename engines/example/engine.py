#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An engine in one file: it reads requests from its standard input, a line of JSON each, and answers on its standard output.

Every answer has the `id` of its request and a `status`. What is printed beside goes into the log of the node.
"""

import json
import os
import queue
import sys
import threading
import urllib.request

requests = queue.Queue()  # what is to be done, one after the other
pausing = threading.Event()
notes = []  # what people said
lock = threading.Lock()


def say(request, status, **more):
    """One line about a request."""
    with lock:
        print(json.dumps({"id": request["id"], "status": status, **more}), flush=True)


def mean(request):
    numbers, pace = request["input"]["numbers"], request["input"]["pace"]
    if not numbers or not all(isinstance(n, (int, float)) for n in numbers):
        raise ValueError("`numbers` holds at least one number, and nothing else")
    done = request.get("checkpoint") or {"count": 0, "sum": 0}
    while done["count"] < len(numbers):
        if pausing.wait(pace):
            say(request, "paused", checkpoint=done)
            return
        done = {"count": done["count"] + 1, "sum": done["sum"] + numbers[done["count"]]}
        say(request, "checkpoint", content=f"{done['count']} of {len(numbers)}", checkpoint=done)
    result = done["sum"] / done["count"]
    report = os.path.join(request["directory"], "report.md")
    with open(report, "w") as file:
        file.write(f"# Mean\n\nThe mean of {len(numbers)} numbers is {result}.\n")
        file.writelines(f"\n> {note}\n" for note in notes)
    say(request, "running", artifacts=[{"name": "report", "path": "report.md", "media_type": "text/markdown"}])
    say(request, "completed", outputs={"mean": result, "summary": f"The mean is **{result}**."})


def ask(request):
    # Any client of the chat completions API does; these two variables are all that it needs.
    settings = request["environment"]
    for _ in range(request["input"]["times"]):
        body = {"model": "example", "messages": [{"role": "user", "content": request["input"]["question"]}]}
        call = urllib.request.Request(
            settings["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(),
            {"Authorization": "Bearer " + settings["OPENAI_API_KEY"], "Content-Type": "application/json"})
        with urllib.request.urlopen(call) as answer:
            text = json.load(answer)["choices"][0]["message"]["content"]
    say(request, "completed", outputs={"answer": text})


def work():
    while True:
        request = requests.get()
        actions = {"mean": mean, "ask": ask}
        try:
            if request["action"] not in actions:
                raise ValueError(f"there is no action {request['action']}")
            actions[request["action"]](request)
        except ValueError as error:
            say(request, "failed", error={"reason": "bad_data", "message": str(error)})
        except OSError as error:
            say(request, "failed", error={"reason": "connection", "message": str(error)})
        pausing.clear()


def main():
    threading.Thread(target=work, daemon=True).start()
    for line in sys.stdin:
        request = json.loads(line)
        method = request["method"]
        if method == "initialize":
            say(request, "ready", protocol=1, name="example", version="1.0",
                capabilities=["pause", "intervene", "estimate"])
        elif method in ("execute", "resume"):
            pausing.clear()
            requests.put(request)
        elif method == "pause":
            pausing.set()
            say(request, "ok")
        elif method == "intervene":
            notes.append(request["message"])
            say(request, "ok")
        elif method == "estimate":
            numbers = request["input"].get("numbers", [])
            say(request, "ok", cost={"usd": 0, "tokens": 0, "seconds": len(numbers) * 0.01})
        elif method == "cleanup":
            say(request, "ok")
        else:
            say(request, "unsupported")


main()
