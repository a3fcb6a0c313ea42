from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from hashlib import blake2b
from http.client import HTTPConnection

import pytest

from poolbench.errors import UsageError
from poolbench.flagserver import POP20, FlagServer, ServerGoneError, ServerOptions

posix = pytest.mark.skipif(os.name != "posix", reason="signals and process ids as POSIX has them")


@pytest.fixture(scope="module")
def server():
    with FlagServer(ServerOptions(latency_s=0.01)) as started:
        yield started


def fetch(url, path):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid, patience_s=20.0):
    deadline = time.monotonic() + patience_s
    while exists(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not exists(pid)


def test_the_manifest_matches_the_downloads(server):
    manifest = server.manifest()
    assert tuple(manifest) == POP20
    for cc, entry in manifest.items():
        data = fetch(server.url, f"/{cc}/{cc}.gif")
        assert data.startswith(b"GIF8")
        assert (entry.length, entry.digest) == (len(data), blake2b(data, digest_size=16).hexdigest())


def test_the_figures(server):
    server.stats(reset=True)
    before = server.stats()
    fetch(server.url, "/CN/CN.gif")
    after = server.stats(reset=True)
    assert (before.in_flight_max, after.in_flight_max, server.stats().in_flight_max) == (0, 1, 0)
    assert after.requests - before.requests == 1
    assert after.busy_s >= before.busy_s > 0
    assert after.excess_min_s >= 0


def test_starting_twice_is_starting_once(server):
    pid = server.pid
    assert server.start().pid == pid


def test_something_else_is_done_while_it_starts():
    server, seen = FlagServer(), []
    with server.start(lambda: seen.append((server.pid, server._url))):
        assert seen == [(server.pid, "")]


@posix
def test_an_error_meanwhile_leaves_no_process():
    server, seen = FlagServer(), []

    def fails():
        seen.append(server.pid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        server.start(fails)
    assert not exists(seen[0])


@posix
def test_closing_twice_is_closing_once_and_leaves_no_process():
    server = FlagServer().start()
    pid = server.pid
    os.kill(pid, signal.SIGINT)  # as Ctrl-C does to the whole group: not the server's business
    assert server.stats().requests == 0
    server.close()
    assert not exists(pid)
    server.close()
    with pytest.raises(ServerGoneError, match=r"call start\(\) first"):
        _ = server.url


@posix
def test_a_server_that_is_killed_is_missed():
    with FlagServer() as server:
        os.kill(server.pid, signal.SIGKILL)
        server._child.wait(20)
        with pytest.raises(ServerGoneError, match="does not answer"):
            server.stats()


@posix
def test_a_server_that_does_not_end_when_asked_is_killed(monkeypatch):
    monkeypatch.setattr("poolbench.flagserver.process._END_TIMEOUT_S", 0.1)
    server = FlagServer().start()
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)  # SIGTERM then waits
    server.close()
    assert not exists(pid)


def test_a_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = FlagServer(ServerOptions(port=port))
        with pytest.raises(UsageError) as caught:
            server.start()
    assert caught.value.message == f"cannot listen on 127.0.0.1:{port} (address already in use)"
    assert "--port" in caught.value.tip
    with pytest.raises(ServerGoneError):
        _ = server.pid


def test_a_child_that_says_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr("poolbench.flagserver.process.sys.executable", _script(tmp_path, "exit 1"))
    with pytest.raises(ServerGoneError, match="did not start"):
        FlagServer().start()


@posix
def test_a_child_that_takes_too_long_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr("poolbench.flagserver.process.START_TIMEOUT_S", 0.1)
    monkeypatch.setattr("poolbench.flagserver.process.sys.executable", _script(tmp_path, "exec sleep 30"))
    with pytest.raises(ServerGoneError, match="did not start"):
        FlagServer().start()


def _script(folder, line):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return str(path)


def test_the_parent_imports_nothing_that_only_the_server_needs():
    code = (
        "import sys, poolbench; before = set(sys.modules); import poolbench.flagserver;"
        "print(sorted({'PIL', 'httptools', 'asyncio', 'ssl'} & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


PARENT = """
import json, os, sys, time
from poolbench.flagserver import FlagServer
server = FlagServer().start()
sibling = os.fork()
if sibling == 0:
    server.close()  # not its server: nothing happens
    time.sleep(60)
    os._exit(0)
print(json.dumps([server.pid, sibling]), flush=True)
time.sleep(60)
"""


@posix
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_server_ends_with_a_parent_that_is_killed_while_a_sibling_holds_the_pipe():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        pid, sibling = json.loads(parent.stdout.readline())
        try:
            assert exists(pid)
            parent.kill()
            parent.wait()
            assert gone(pid)
            assert exists(sibling)
        finally:
            os.kill(sibling, signal.SIGKILL)


@posix
def test_the_server_ends_when_its_pipe_does(server):
    other = FlagServer().start()
    try:
        other._child.stdin.close()
        assert other._child.wait(20) == 0
    finally:
        other.close()


def test_many_ask_at_once(server):
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch(server.url, "/JP/JP.gif"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8
