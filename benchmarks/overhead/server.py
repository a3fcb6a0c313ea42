"""What the flag server costs beside nginx, and how late its delays are: `python benchmarks/overhead/server.py`.

Needs nginx and wrk (`apt-get install nginx wrk`). Servers take turns, each for some seconds at 64 connections, which
ask as sweeps do, for one numbered task after the other; CPU is that of the server's process, system calls included.
With `cost` or `delay` as its argument only that part is run.
"""

from __future__ import annotations

import re
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import numpy as np
import psutil

from poolbench.flagserver import FlagServer, ServerOptions
from poolbench.flagserver.drawing import all_flags

ROUNDS, SECONDS = 7, 5
CONNECTIONS, THREADS = 64, 2
ASKED_RATIO = 1.3
PATH = "/cn/cn.gif"
DELAY_S, WAITING = 0.02, 128
ASKED_MS = {"p50": 2.5, "p99": 8.0}
_REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
_TASKS = 2000
_SCRIPT = f"""local asked, n = {{}}, 0
function init() for task = 0, {_TASKS - 1} do asked[task] = wrk.format("GET", wrk.path .. "?task=" .. task) end end
function request() n = n + 1; return asked[n % {_TASKS}] end
"""
_TIMESTAMP = 35  # SO_TIMESTAMPNS, which Python does not name
_CONF = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; types {{ image/gif gif; }} {more}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@dataclass
class Contender:
    name: str
    url: str
    pid: int
    cpu_us: list[float] = field(default_factory=list)
    per_s: list[float] = field(default_factory=list)

    def serve(self) -> None:
        """One turn: CPU a request, requests a second."""
        process = psutil.Process(self.pid)
        before = process.cpu_times()
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_SCRIPT)
            script.flush()
            wrk = ["wrk", f"-c{CONNECTIONS}", f"-t{THREADS}", f"-d{SECONDS}s", "-s", script.name, self.url + PATH]
            said = subprocess.run(wrk, check=True, capture_output=True, text=True).stdout
        after = process.cpu_times()
        found = re.search(r"(\d+) requests in ([\d.]+)s", said)
        if not found or "Non-2xx" in said or "Socket errors" in said:
            raise SystemExit(f"{self.name} failed under wrk:\n{said}")
        requests = int(found[1])
        self.per_s.append(requests / float(found[2]))
        self.cpu_us.append(1e6 * (after.user + after.system - before.user - before.system) / requests)


@contextmanager
def nginx(name: str, more: str = "") -> Iterator[Contender]:
    """One worker that serves the flags as files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, PATH[1:])
        path.parent.mkdir()
        path.write_bytes(all_flags()["CN"])
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        conf = Path(folder, "nginx.conf")
        conf.write_text(_CONF.format(folder=folder, port=port, more=more))
        process = subprocess.Popen(["nginx", "-p", folder, "-e", "stderr", "-c", str(conf)])
        try:
            yield Contender(name, f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.wait()


def answered(url: str) -> bytes:
    """The body, once the server listens."""
    until = time.monotonic() + 10
    while True:
        try:
            with urlopen(url + PATH) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def cost() -> None:
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        print(f"not measured: {' and '.join(missing)} missing (apt-get install nginx wrk)")
        return
    with ExitStack() as stack:
        ours = stack.enter_context(FlagServer(ServerOptions(latency_s=0.0)))
        contenders = [
            Contender("flag server", ours.url, ours.pid),
            stack.enter_context(nginx("nginx")),
            stack.enter_context(nginx("nginx, open_file_cache", "open_file_cache max=100;")),
        ]
        assert len({answered(each.url) for each in contenders}) == 1
        for _ in range(ROUNDS):
            for each in contenders:
                each.serve()
    print(f"{'':26}{'us a request':>14}{'requests/s':>12}{'ours is':>10}{'asked':>8}   medians of {ROUNDS} turns")
    for each in contenders:
        ratios = [mine / theirs for mine, theirs in zip(contenders[0].cpu_us, each.cpu_us, strict=True)]
        beside = f"{median(ratios):10.2f}{f'<= {ASKED_RATIO}':>8}" if each is not contenders[0] else ""
        print(f"{each.name:26}{median(each.cpu_us):14.2f}{median(each.per_s):12,.0f}{beside}")


@dataclass
class Line:
    """One connection with one request at a time."""

    link: socket.socket
    sent_s: float = 0.0
    missing: int = 0

    def ask(self) -> None:
        self.sent_s, self.missing = time.time(), -1
        self.link.sendall(_REQUEST)

    def take(self) -> float | None:
        """Seconds from the request to the answer's last byte, once it is there.

        The kernel says when that came: how late this process is to read it is no fault of the server's.
        """
        data, extra, _, _ = self.link.recvmsg(1 << 16, 64)
        if self.missing < 0:
            head, _, _ = data.partition(b"\r\n\r\n")
            length = re.search(rb"Content-Length: (\d+)", head)
            assert length, data[:200]
            self.missing = len(head) + 4 + int(length[1])
        self.missing -= len(data)
        if self.missing:
            return None
        stamps = [struct.unpack("qq", value) for level, kind, value in extra if kind == _TIMESTAMP]
        arrived = stamps[-1][0] + 1e-9 * stamps[-1][1] if stamps else time.time()
        return arrived - self.sent_s


def delays(host: str, port: int) -> list[float]:
    """Milliseconds by which each answer was late; all connections ask again as soon as they are answered."""
    found = []
    with ExitStack() as stack:
        ready = stack.enter_context(selectors.DefaultSelector())
        lines = [Line(stack.enter_context(socket.create_connection((host, port)))) for _ in range(WAITING)]
        for line in lines:
            if sys.platform == "linux":
                line.link.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
            ready.register(line.link, selectors.EVENT_READ, line)
        time.sleep(0.1)  # the kernel begins to stamp a moment after it is asked to
        for line in lines:
            line.ask()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for key, _ in ready.select():
                took = key.data.take()
                if took is not None:
                    found.append(1000 * (took - DELAY_S))
                    key.data.ask()
    return found


def delay() -> None:
    with FlagServer(ServerOptions(latency_s=DELAY_S)) as server:
        host, port = server.url.removeprefix("http://").split(":")
        late = sorted(delays(host, int(port))[WAITING:])
        stats = server.stats()
    own = {"earliest": stats.excess_min_s, "p50": stats.excess_p50_s, "p99": stats.excess_p99_s}
    seen = {"earliest": late[0], **{f"p{share}": float(np.percentile(late, share)) for share in (50, 99)}}
    head = f"{'late by, ms':26}{'seen':>14}{'by its clock':>14}{'asked':>8}"
    print(f"\n{head}   {1000 * DELAY_S:g} ms, {WAITING} connections, {len(late):,} answers")
    for name, value in seen.items():
        asked = f"<= {ASKED_MS[name]}" if name in ASKED_MS else ">= 0"
        print(f"{name:26}{value:14.2f}{1000 * own[name]:14.2f}{asked:>8}")


def main() -> None:
    parts = {"cost": cost, "delay": delay}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
