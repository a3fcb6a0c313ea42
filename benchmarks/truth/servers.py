"""Servers with a known fault, each in a process of its own, on 127.0.0.1: `python servers.py KIND` prints its port.

They end when their standard input does, so that none outlives who started it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WAIT_S = 0.02
BODY = bytes(2048)


class Kept(BaseHTTPRequestHandler):
    """Keeps connections, and writes head and body apart with Nagle's algorithm on: 44 ms a request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(WAIT_S)
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


def without_nodelay() -> tuple[int, object]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kept)
    return server.server_port, server.serve_forever


def backlog_of_five() -> tuple[int, object]:
    """Accepts one connection every 10 ms, as a server does that is busy with others."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=5)

    def serve() -> None:
        while True:
            line, _ = listener.accept()
            threading.Timer(WAIT_S, lambda line=line: (line.sendall(b"."), line.close())).start()
            time.sleep(0.01)

    return listener.getsockname()[1], serve


KINDS = {"nodelay": without_nodelay, "backlog": backlog_of_five}


@contextmanager
def running(kind: str) -> Iterator[int]:
    """Its port."""
    with subprocess.Popen(
        [sys.executable, __file__, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield int(process.stdout.readline())
        process.stdin.close()
        process.wait(10)


def main() -> None:
    port, serve = KINDS[sys.argv[1]]()
    threading.Thread(target=serve, daemon=True).start()
    print(port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
