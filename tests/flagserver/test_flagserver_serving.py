from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import threading
from http.client import HTTPConnection

import pytest

from poolbench.errors import UsageError
from poolbench.flagserver import lifeline, serving
from poolbench.flagserver.options import ServerOptions

posix = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture(autouse=True)
def _few_flags(monkeypatch, flags):
    monkeypatch.setattr(serving, "all_flags", lambda: flags)


@pytest.fixture
def _signals_as_before():
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def status(url):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/CN/CN.gif")
        return connection.getresponse().status
    finally:
        connection.close()


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_in_the_foreground_until_a_signal(number):
    seen, threads = [], []

    def visit(url):
        try:
            seen.append(status(url))
        finally:
            os.kill(os.getpid(), number)

    def ready(url):
        threads.append(threading.Thread(target=visit, args=(url,)))
        threads[0].start()

    serving.serve_forever(ServerOptions(latency_s=0), ready)
    threads[0].join()
    assert seen == [200]


def test_connections_are_cut_at_the_end(flags):
    async def story():
        async with serving.listening(ServerOptions(), flags) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            await asyncio.sleep(0.05)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_a_name_that_does_not_resolve(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UsageError, match=r"cannot listen on nowhere:0 \(name or service not known\)"):
        serving.run(ServerOptions(host="nowhere"), print)


def test_a_port_in_use_in_the_foreground():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port} .address already in use"):
            serving.serve_forever(ServerOptions(port=port), print)


def test_the_url_of_an_address_with_colons():
    assert serving._url("::1", 80) == "http://[::1]:80"


@posix
@pytest.mark.parametrize(
    ("limits", "room", "asked"),
    [
        ((256, 1024), 960, (1024, 1024)),
        ((256, -1), 4096, (4160, -1)),
        ((-1, -1), 4096, None),
        ((9999, 9999), 4096, None),
    ],
)
def test_room_for_connections(monkeypatch, limits, room, asked):
    import resource

    set_to = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: set_to.append(wanted))
    assert serving._room() == room
    assert set_to == ([] if asked is None else [asked])


def test_room_for_connections_without_a_way_to_ask(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    assert serving._room() == 448


def _until_stopped(watch, monkeypatch, stdin):
    monkeypatch.setattr(lifeline.os, "read", stdin)

    async def story():
        stop = asyncio.Event()
        watch(stop.set)
        await asyncio.wait_for(stop.wait(), 20)

    asyncio.run(story())


def _held():
    """A standard input on which nothing comes until it is released."""
    release = threading.Event()

    def read(*_):
        release.wait(20)
        return b""

    return release, read


def test_the_end_of_the_pipe_ends_the_server(monkeypatch):
    _until_stopped(lambda stop: lifeline.watch_parent(os.getppid(), stop), monkeypatch, lambda *_: b"")


@posix
def test_adoption_ends_the_server(monkeypatch):
    release, stdin = _held()
    parents = iter([4711, 4711, 4711, 1])
    monkeypatch.setattr(lifeline.os, "getppid", lambda: next(parents, 1))
    monkeypatch.setattr(lifeline, "POLL_S", 0.001)
    _until_stopped(lambda stop: lifeline.watch_parent(4711, stop), monkeypatch, stdin)
    release.set()


@posix
def test_a_parent_that_was_gone_at_the_start_ends_the_server(monkeypatch):
    release, stdin = _held()
    monkeypatch.setattr(lifeline, "_alive", lambda pid: False)
    _until_stopped(lambda stop: lifeline.watch_parent(os.getppid() + 1, stop), monkeypatch, stdin)
    release.set()


@posix
@pytest.mark.parametrize(
    ("error", "alive"), [(None, True), (PermissionError, True), (ProcessLookupError, False)], ids=str
)
def test_whether_a_process_is_alive(monkeypatch, error, alive):
    def kill(pid, number):
        assert number == 0
        if error is not None:
            raise error

    monkeypatch.setattr(lifeline.os, "kill", kill)
    assert lifeline._alive(4711) is alive


def _child_main():
    sys.modules.pop("poolbench.flagserver.__main__", None)  # SIGINT is ignored as it is imported
    return importlib.import_module("poolbench.flagserver.__main__").main


@pytest.mark.usefixtures("_signals_as_before")
def test_the_child_tells_its_url_and_ends_with_its_pipe(monkeypatch, capsys):
    monkeypatch.setattr(lifeline.os, "read", lambda *_: b"")
    main = _child_main()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    order = {"options": {"latency_s": 0.1, "faults": ["reset"]}, "parent": os.getppid()}
    assert main(json.dumps(order)) == 0
    assert json.loads(capsys.readouterr().out)["url"].startswith("http://127.0.0.1:")


@pytest.mark.usefixtures("_signals_as_before")
def test_the_child_tells_why_it_cannot_listen(monkeypatch, capsys):
    release, stdin = _held()
    monkeypatch.setattr(lifeline.os, "read", stdin)
    main = _child_main()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        order = {"options": {"port": taken.getsockname()[1], "faults": []}, "parent": os.getppid()}
        assert main(json.dumps(order)) == 2
    release.set()
    said = json.loads(capsys.readouterr().out)
    assert "address already in use" in said["error"]
    assert "--port" in said["tip"]
