"""Flags from a server that is not ours: the look at it beforehand, and what is refused."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from poolbench.flagserver import POP20, FlagServer, ServerOptions
from poolbench.workloads import clients, preflight
from poolbench.workloads.flags import SERVER_DEFAULTS
from poolbench.workloads.preflight import _Asked, _cautions

if TYPE_CHECKING:
    from pathlib import Path

HERE = [name for name in clients.NAMES if not clients.missing(name)]


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def at(flags: Any) -> Any:
    """The workload on another server, whose settings are all at their defaults."""
    return lambda url, **settings: flags(url=url, latency=SERVER_DEFAULTS["latency"], **settings)


@pytest.mark.parametrize("client", HERE)
def test_a_good_server_is_asked_at_most_20_times_and_then_used(
    client: str, at: Any, foreign: FlagServer, trial: Any, tmp_path: Path
) -> None:
    before = foreign.stats().requests
    with at(f"{foreign.url}/", client=client, save_to=str(tmp_path)) as workload:
        assert 0 < foreign.stats().requests - before <= 20
        assert [each.check for each in workload.cautions if each.check == "preflight"] == []
        assert (workload.pids, workload.server()) == ((), None)
        row, _, _ = trial(workload, "asyncio" if clients.lacks_plain(client) else "threads", 2, 22)
    assert (row.outcome, row.ok, row.server_busy_s) == ("ok", 22, None)
    assert len(list(tmp_path.iterdir())) == 20
    assert row.params == f"client={client};reuse=worker;timeout=10s;url={foreign.url}/"


def test_the_look_knows_what_each_flag_should_be(foreign: FlagServer) -> None:
    found = preflight.preflight(foreign.url, "httpx", 5.0)
    manifest = foreign.manifest()
    assert found.flags == {cc: (manifest[cc].length, manifest[cc].digest) for cc in POP20}


def test_other_bytes_than_at_first_are_a_failure(at: Any, foreign: FlagServer, trial: Any) -> None:
    with at(foreign.url) as workload:
        workload._expected["IN"] = (1, "")
        row, spans, _ = trial(workload, "threads", 2, 4)
    assert row.outcome == "failed"
    assert row.reason.startswith("1 of 4 tasks: IN: ")
    assert [span.ok for span in spans] == [True, False, True, True]


def test_a_flag_that_did_not_come_at_first_is_taken_from_its_first_download(at: Any, foreign: FlagServer) -> None:
    with at(foreign.url) as workload:
        del workload._expected["IN"]
        assert workload.check((1, "IN"), (200, 3, "abc")) == ""
        assert workload.check((1, "IN"), (200, 3, "abd")) == "IN: not the bytes that were expected"


@pytest.mark.parametrize("client", HERE)
def test_errors_at_first_are_a_caution(client: str, at: Any) -> None:
    faults = ServerOptions(latency_s=0.0, error_rate=0.5, faults=("status", "reset"))
    with FlagServer(faults) as server, at(server.url, client=client) as workload:
        failed = server.stats().faults
        (caution,) = [each for each in workload.cautions if each.check == "preflight"]
    assert 0 < failed < 20
    assert caution.text.startswith(f"{failed} of 20 first requests to {server_url(caution.text)} failed (")
    assert caution.tip == "trials in which a task fails have no throughput"


def server_url(text: str) -> str:
    return next(word for word in text.split() if word.startswith("http://"))


@pytest.mark.parametrize("client", HERE)
def test_an_address_where_nobody_listens(client: str, at: Any, nobody: str, usage: Any) -> None:
    assert usage(at(nobody, client=client).__enter__) == (
        f"no answer from {nobody.removeprefix('http://')} (connection refused)",
        "drop url to use the built-in server, or start yours with poolbench serve",
    )


@pytest.mark.parametrize("client", HERE)
def test_a_server_without_flags(client: str, at: Any, foreign: FlagServer, usage: Any) -> None:
    base = f"{foreign.url}/elsewhere"
    assert usage(at(base, client=client).__enter__) == (
        f"no flags at {base} (CN: status 404)",
        "it must answer /cn/cn.gif; poolbench serve does",
    )


@pytest.mark.parametrize("client", HERE)
def test_somebody_who_does_not_speak_http(client: str, at: Any, usage: Any) -> None:
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line, suppress(OSError):  # whoever asks may be gone again
                    line.recv(4096)
                    line.sendall(b"220 mail at your service\r\n")

        speaker = threading.Thread(target=babble)
        speaker.start()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            message, _ = usage(at(base, client=client).__enter__)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            speaker.join(10)
    assert message.startswith(f"no flags at {base} (CN: ")
    assert not speaker.is_alive()


@pytest.mark.parametrize("key", SERVER_DEFAULTS)
def test_settings_of_the_embedded_server_are_refused(key: str, at: Any, flags: Any, usage: Any) -> None:
    url, value = "http://127.0.0.1:8002", {"latency": "1s", "jitter": "1s", "concurrency": "2"}.get(key, "0.5")
    settings = {"latency": SERVER_DEFAULTS["latency"], key: value}
    assert usage(flags, url=url, **settings) == (
        f"{key} belongs to the embedded server, not to {url}",
        f"drop {key}, or drop url",
    )


@pytest.mark.parametrize("url", ["127.0.0.1:8002", "ftp://127.0.0.1", "localhost"])
def test_a_url_must_be_whole(url: str, at: Any, usage: Any) -> None:
    assert usage(at, url) == (f"cannot use url={url}", "write it whole: http://127.0.0.1:8002")


# The cautions, from what was found.


def asked(*latencies_s: float, errors: tuple[str, ...] = ()) -> _Asked:
    return _Asked(list(latencies_s), {}, list(errors))


def test_kept_connections_that_are_slow_are_a_caution() -> None:
    (caution,) = _cautions("http://x", asked(0.001, 0.044, 0.044, 0.044), asked(0.002, 0.002))
    assert caution.check == "keep-alive"
    assert caution.text == "http://x takes 42 ms longer on a kept connection than on a new one"
    assert caution.tip == "set TCP_NODELAY on the server, or measure with --set reuse=fresh"


@pytest.mark.parametrize(
    ("kept", "new"),
    [
        (asked(0.044, 0.002, 0.002), asked(0.002)),  # the first one opened the connection
        (asked(0.02, 0.02), asked(0.001)),
        (asked(0.1, 0.1), asked(0.1)),  # slow, but alike
        (asked(), asked(0.1)),
        (asked(0.1), asked()),
    ],
)
def test_no_caution_without_reason(kept: _Asked, new: _Asked) -> None:
    assert list(_cautions("http://x", kept, new)) == []


def test_errors_of_both_manners_are_counted() -> None:
    (caution,) = _cautions("http://x", asked(errors=("CN: a", "US: b")), asked(errors=("IN: c",)))
    assert caution.text == "3 of 20 first requests to http://x failed (CN: a)"


def test_new_connections_are_closed_and_the_kept_one_too(foreign: FlagServer, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []

    class Counted:
        def __init__(self, name: str, options: clients.ClientOptions) -> None:
            log.append("open")
            assert options.trust_env
            self._inner = clients.open_client(name, options)
            self.get = self._inner.get

        def close(self) -> None:
            log.append("close")
            self._inner.close()

    monkeypatch.setattr(preflight, "open_client", Counted)
    preflight.preflight(foreign.url, "httpx", 5.0)
    assert (log.count("open"), log.count("close")) == (11, 11)
