"""Malformed requests and idle connections at the flag server: it goes on answering, in time and in bounds."""

from __future__ import annotations

import random
import resource
import socket
import sys
import time
from contextlib import suppress
from urllib.request import urlopen

import psutil
from common import SLACK, finish, options

from poolbench.flagserver import FlagServer, ServerOptions

_PIECES = (
    b"GET ",
    b"/cn/cn.gif",
    b" HTTP/1.1\r\n",
    b"Host: x\r\n",
    b"\r\n",
    b"\x00",
    b"POST / HTTP/1.1\r\n",
    b"A" * 500,
)
_PIECES += (
    b"Content-Length: 99999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"ffffffffff\r\n",
    b"/../../etc/passwd",
)
_PIECES += (
    b"Content-Length: -1\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    b"\xff\xfe",
    b"?task=-1",
    b"%00",
    b": \r\n",
)


def malformed(chance: random.Random) -> bytes:
    """Pieces of requests in no order, or bytes of no kind."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(1, 2000))
    return b"".join(chance.choices(_PIECES, k=chance.randrange(1, 12)))


def main() -> int:
    """So many requests, then so many idle connections."""
    given = options(("requests", 100_000), ("idle", 2_000))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, given.idle + 100), hard), hard))
    chance, failures = random.Random(given.seed), []
    until = time.monotonic() + given.seconds
    with FlagServer(ServerOptions(latency_s=0.0)) as server:
        host, port = server.url.removeprefix("http://").split(":")
        process = psutil.Process(server.pid)
        ask(server.url)
        before, sent = process.memory_info().rss, 0
        while sent < given.requests and time.monotonic() < until:
            with suppress(OSError), socket.create_connection((host, int(port)), timeout=5) as line:
                for _ in range(50):
                    sent += 1
                    line.sendall(malformed(chance))
        flooded_s = ask(server.url)
        lines = [socket.create_connection((host, int(port)), timeout=5) for _ in range(given.idle)]
        idle_s = ask(server.url)
        grown = (process.memory_info().rss - before) / 1e6
        for line in lines:
            line.close()
        if max(flooded_s, idle_s) > 0.1 * SLACK:
            failures.append("a good request took over 100 ms")
        if grown > 20:
            failures.append(f"memory grew by {grown:.1f} MB")
        return finish(
            failures,
            malformed_requests=sent,
            idle_connections=len(lines),
            good_request_after_them_ms=f"{flooded_s * 1e3:.1f}",
            good_request_beside_idle_ms=f"{idle_s * 1e3:.1f}",
            memory_grew_by_mb=f"{grown:.1f}",
        )


def ask(url: str) -> float:
    """Seconds that a good request takes: the best of three, since the machine has other work."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        with urlopen(f"{url}/cn/cn.gif", timeout=10) as answer:
            assert answer.read(4) == b"GIF8"
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
