#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what a call of a model costs flow itself, at 50 streams at the same time, and that 200 lose nothing.

usage: scripts/bench.d/streams.py FLOW [CALLS]

The endpoint is a process of its own on loopback that streams an answer of 40 pieces over half a second. What a run without
calls costs is taken off; what the nodes around the calls cost (log, store, transcript) is not: answers of two pieces, in the
same time, tell it apart from what the stream itself costs, and stores in memory from what the file system costs.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time

MEMORY = "/dev/shm"
PIECES = 40
SECONDS = 0.5


def serve(pipe):
    import asyncio

    most = [0, 0]

    def piece(text, finish=None):
        chunk = {"model": "bench", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}
        return b"data: " + json.dumps(chunk).encode() + b"\n\n"

    async def answer(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                body = json.loads(await reader.readexactly(int(length[0].split(b":")[1])))
                pieces = int(body["model"].split("-")[1])
                most[0] += 1
                most[1] = max(most)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                for number in range(pieces):
                    data = piece(f"<{number}>")
                    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                    await writer.drain()
                    await asyncio.sleep(SECONDS / pieces)
                usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": pieces}}
                data = piece("", "stop") + b"data: " + json.dumps(usage).encode() + b"\n\ndata: [DONE]\n\n"
                most[0] -= 1
                writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        loop = asyncio.get_running_loop()
        while True:
            await loop.run_in_executor(None, pipe.recv)
            pipe.send(most[1])
            most[1] = 0

    asyncio.run(main())


def workflow(folder, calls, parallel, pieces=PIECES):
    nodes = {
        f"ask_{n}": {"agent": "bench", "model": f"bench-{pieces}", "prompt": f"Question {n}", "max_tokens": 100}
        for n in range(calls)
    } or {"none": {"set": {"a": 1}}}
    path = os.path.join(folder, f"streams_{calls}_{parallel}_{pieces}.yaml")
    with open(path, "w") as file:
        json.dump(
            {"flow": 1, "name": "streams", "concurrency": {"max_parallel": parallel},
             "agents": {"bench": {"instructions": "Count."}}, "nodes": nodes}, file)
    return path


def run(flow, folder, path, url):
    """The processor seconds and the seconds of a run."""
    environment = {**os.environ, "FLOW_MODEL_URL": url, "FLOW_STORE_DIR": path + ".flow"}
    start = time.monotonic()
    process = subprocess.Popen(
        [flow, "run", path, "--json"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"the run failed: {errors[-1000:]}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start


def whole(path, pieces):
    """How many answers came whole."""
    expected = "".join(f"<{n}>" for n in range(pieces))
    count = 0
    for folder, _, files in os.walk(path + ".flow"):
        for name in files:
            if name == "transcript.json":
                with open(os.path.join(folder, name)) as file:
                    count += json.load(file)["messages"][-1]["content"] == expected
    return count


LOADS = ((50, PIECES, "50 streams"), (50, 2, "50 streams of two pieces"), (200, PIECES, "200 streams"))


def loads(flow, calls, where=None):
    """For each load: its name, calls, seconds, milliseconds of processor a call, most at the same time, whole answers.
    The stores are in the folder `where`, else in that of temporary files."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}/v1"
    try:
        with tempfile.TemporaryDirectory(prefix="flow-streams-", dir=where) as folder:
            base, _ = run(flow, folder, workflow(folder, 0, 1), url)
            for parallel, pieces, name in LOADS:
                count = calls if parallel < 200 else max(400, calls // 2)
                path = workflow(folder, count, parallel, pieces)
                used, took = run(flow, folder, path, url)
                here.send("most")
                yield name, count, took, (used - base) / count * 1000, here.recv(), whole(path, pieces)
    finally:
        server.terminate()


def measure(bench, quick):
    """A part of scripts/bench: what a call costs flow itself, and that none is lost."""
    for name, count, took, each, most, complete in loads(bench.flow, 400 if quick else 1000):
        goal = 2 if name == "50 streams" else None
        bench.row(f"{count} calls, {name}: processor a call", each, "ms", goal, f"{took:.1f} s, {most} at the same time")
        bench.row("  answers that were lost", count - complete, "answers", 0)
    for name, count, took, each, _, _ in loads(bench.flow, 400 if quick else 1000, MEMORY):
        bench.row(f"  {name}, the store in memory", each, "ms", None, "the rest is the file system's")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    bad = False
    for where in (None, MEMORY):
        for name, count, took, each, most, complete in loads(
                os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000, where):
            print(
                f"{name}{', the store in memory' if where else ''}: {count} calls in {took:.1f} s, {each:.2f} ms of "
                f"processor a call, {most} at the same time, {complete} answers whole", flush=True)
            bad = bad or complete != count
    sys.exit("answers were lost" if bad else 0)


if __name__ == "__main__":
    main()
