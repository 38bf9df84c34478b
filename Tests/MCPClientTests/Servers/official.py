# SPDX-License-Identifier: Apache-2.0
"""A server made with the official SDK. usage: official.py [http]"""
import os
import sys
import time

from mcp.server import MCPServer

server = MCPServer("official")


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def shout(text: str) -> str:
    """Says it loudly."""
    return text.upper()


@server.tool()
def fail() -> str:
    """Fails."""
    raise ValueError("broken on purpose")


@server.tool()
def die() -> str:
    """Ends the server in the middle of the call."""
    os._exit(9)


@server.tool()
def hold(path: str) -> str:
    """Writes the number of its process into a file and does not answer."""
    with open(path + ".new", "w") as file:
        file.write(f"{os.getpid()}\n")
    os.rename(path + ".new", path)
    while True:
        time.sleep(60)


if sys.argv[1:] == ["http"]:
    import socket
    import threading

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    print(port, flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.run(transport="streamable-http", host="127.0.0.1", port=port)
else:
    server.run()
