# SPDX-License-Identifier: Apache-2.0
"""Serves one model file on loopback, until its standard input ends.

Standard output has one JSON line: {"address": …} when it listens, or {"error": …}. All else goes to standard error.
"""
import argparse
import json
import os
import sys
import threading


def main() -> None:
    # The runtime logs wherever it likes: only this program may write to the real standard output.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**line) -> None:
        out.write(json.dumps(line) + "\n")
        out.flush()

    def fail(message: str) -> None:
        say(error=message)
        os._exit(1)

    def leave_at_end_of_input() -> None:
        while os.read(0, 4096):
            pass
        # At once, even while the model loads or answers: there is nothing to save.
        os._exit(0)

    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--context", type=int, default=8192, help="tokens of one conversation")
    parser.add_argument("--parallel", type=int, default=2, help="conversations at once")
    parser.add_argument("--alias", default="flow-local")
    options = parser.parse_args()

    threading.Thread(target=leave_at_end_of_input, daemon=True).start()
    key = os.environ.pop("FLOW_MODEL_KEY", "")
    if not key:
        fail("FLOW_MODEL_KEY is not set: without a key every page in a browser could use the model")
    try:
        with open(options.model, "rb") as file:
            if file.read(4) != b"GGUF":
                fail(f"{options.model} is not a GGUF model")
    except OSError as error:
        fail(f"the model cannot be read: {error}")
    try:
        import xllamacpp
    except Exception as error:
        fail(f"the model runtime cannot be loaded by {sys.executable}: {error}")
    try:
        params = xllamacpp.CommonParams()
        params.model.path = options.model
        params.model_alias = {options.alias}
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.api_keys = [key]
        params.n_parallel = max(1, options.parallel)
        # The runtime divides the context among the conversations.
        params.n_ctx = max(512, options.context) * params.n_parallel
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, options.threads)
        params.endpoint_metrics = True
        params.ui = False
        params.sleep_idle_seconds = 300
        server = xllamacpp.Server(params)
        say(address=server.listening_address)
    except Exception as error:
        fail(f"the model could not be started: {error}")
    threading.Event().wait()


main()
