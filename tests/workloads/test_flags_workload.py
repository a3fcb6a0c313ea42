"""Flags end to end, on the embedded server."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from poolbench.errors import UsageError
from poolbench.executors import strategy
from poolbench.flagserver import POP20, FlagServer, ServerOptions
from poolbench.workloads import clients
from poolbench.workloads.downloads import _shared, digest
from poolbench.workloads.flags import DEFAULTS, REUSES, FlagsWorkload

if TYPE_CHECKING:
    from collections.abc import Iterator

WAYS = ("sequential", "threads:submission=as_completed", "processes", "processes:chunksize=3", "asyncio")
PLAIN = [name for name in clients.NAMES if not clients.lacks_plain(name)]
PAIRS = [(client, way) for client in PLAIN for way in WAYS if way != "asyncio" or not clients.lacks_asyncio(client)]


@pytest.fixture(scope="module")
def shared_server() -> Iterator[FlagServer]:
    """One process for the tests that care for the clients only."""
    with FlagServer(ServerOptions(latency_s=0.0)) as server:
        yield server


@pytest.fixture
def on_server(flags: Any, shared_server: FlagServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Workloads that find the server running, and leave it so."""

    class Running:
        def __init__(self, options: ServerOptions) -> None:
            self.pid, self.url = shared_server.pid, shared_server.url
            self.manifest, self.stats = shared_server.manifest, shared_server.stats

        def start(self, meanwhile: object = None) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr("poolbench.workloads.flags.FlagServer", Running)
    return flags


@pytest.mark.parametrize("reuse", REUSES)
@pytest.mark.parametrize(("client", "way"), PAIRS)
def test_every_client_reuse_and_executor_saves_the_servers_bytes(
    client: str, way: str, reuse: str, on_server: Any, shared_server: FlagServer, trial: Any, tmp_path: Path
) -> None:
    with on_server(client=client, reuse=reuse, save_to=str(tmp_path)) as workload:
        row, spans, values = trial(workload, way, 1 if way == "sequential" else 3, 25)
    assert (row.outcome, row.reason, row.ok, row.tasks) == ("ok", "", 25, 25)
    assert all(span.ok for span in spans)
    assert {value[0] for value in values} == {200}
    saved = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    manifest = shared_server.manifest()
    assert set(saved) == {f"{cc.lower()}.gif" for cc in POP20}
    for cc in POP20:
        body = saved[f"{cc.lower()}.gif"]
        assert body.startswith(b"GIF8")
        assert (len(body), digest(body)) == (manifest[cc].length, manifest[cc].digest)


@pytest.mark.parametrize("way", ["threads", "asyncio"])
def test_a_shared_client_is_one_and_is_closed(
    way: str, on_server: Any, trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = watch_clients(monkeypatch)
    with on_server(reuse="shared") as workload:
        row, _, _ = trial(workload, way, 4, 12)
    assert row.outcome == "ok"
    assert log == ["open 4", "close"]
    assert _shared._held == {}


@pytest.mark.parametrize(("reuse", "opened"), [("worker", 3), ("fresh", 3 + 12)])
@pytest.mark.parametrize("way", ["threads", "asyncio"])
def test_clients_of_workers_or_of_requests_are_closed_too(
    way: str, reuse: str, opened: int, on_server: Any, trial: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = watch_clients(monkeypatch)
    with on_server(reuse=reuse) as workload:
        trial(workload, way, 3, 12)
    assert (log.count("open 1"), log.count("close"), len(log)) == (opened, opened, 2 * opened)


def watch_clients(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes each client that opens, with its connections, and each that closes."""
    log: list[str] = []

    def watched(make: Any, *, asynchronous: bool) -> Any:
        def open_one(name: str, options: Any) -> Any:
            log.append(f"open {options.connections}")
            client = make(name, options)
            close = client.close

            def noted() -> Any:
                log.append("close")
                return close()

            client.close = noted
            return client

        return open_one

    monkeypatch.setattr(clients, "open_client", watched(clients.open_client, asynchronous=False))
    monkeypatch.setattr(clients, "open_async_client", watched(clients.open_async_client, asynchronous=True))
    return log


@pytest.mark.parametrize("client", PLAIN)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("status", r"CN: status 503"),
        ("wrong", r"CN: not the bytes that were expected"),
        ("truncated", r"\w+: .*(without sending complete message body|IncompleteRead|Connection broken).*"),
        ("reset", r"\w+(Error|Reset)\w*: .*(reset|disconnected|aborted).*"),
    ],
)
def test_faults_fail_the_trial_with_a_reason_to_read(
    fault: str, reason: str, client: str, flags: Any, trial: Any, tmp_path: Path
) -> None:
    workload = flags(client=client, save_to=str(tmp_path))
    workload._options = ServerOptions(latency_s=0.0, error_rate=1.0, faults=(fault,))
    with workload:
        row, spans, _ = trial(workload, "threads", 2, 4)
    assert (row.outcome, row.ok, row.failed, row.throughput_per_s) == ("failed", 0, 4, None)
    assert re.fullmatch(f"4 of 4 tasks: {reason}", row.reason, re.IGNORECASE), row.reason
    assert not any(span.ok for span in spans)
    if fault != "wrong":
        warm = {"cn.gif", "in.gif"}
        assert {path.name for path in tmp_path.iterdir()} == warm, "what did not come whole is not saved"


@pytest.mark.parametrize("client", PLAIN)
def test_a_server_that_hangs_fails_by_the_timeout(client: str, flags: Any, trial: Any) -> None:
    workload = flags(client=client, timeout="50ms")
    workload._options = ServerOptions(latency_s=0.0, error_rate=1.0, faults=("hang",))
    workload.patience_s = 60.0  # on a busy machine the client may be late
    with workload:
        row, spans, _ = trial(workload, "threads", 1, 1)
    assert (row.outcome, row.failed) == ("timeout", 1)
    assert "timeout" in row.reason.lower() or "timed out" in row.reason.lower()
    assert spans[0].finished_s - spans[0].started_s >= 0.05, "a timeout is never early"


def test_some_faults_leave_the_other_tasks_alone(flags: Any, trial: Any) -> None:
    with flags(error_rate="30%", seed=5) as workload:
        rows = [trial(workload, way, 2, 40) for way in ("threads", "asyncio", "processes:start=spawn")]
    failed = [[span.task for span in spans if not span.ok] for _, spans, _ in rows]
    assert 0 < len(failed[0]) < 40
    assert failed[1:] == failed[:1] * 2, "the same tasks fail in every cell"
    assert [row.failed for row, _, _ in rows] == [len(each) for each in failed]


def test_the_latency_is_never_early_and_the_same_in_every_cell(flags: Any, trial: Any) -> None:
    with flags(latency="20ms", jitter="10ms", concurrency="2", bandwidth="10000000") as workload:
        row, spans, _ = trial(workload, "threads", 4, 8)
    assert row.outcome == "ok"
    assert all(span.finished_s - span.started_s >= 0.02 for span in spans)
    assert row.server_in_flight_max == 2
    assert row.server_busy_s is not None
    assert row.server_busy_s >= 0


def test_the_server_and_the_folder_go_with_the_workload(flags: Any) -> None:
    import psutil

    workload = flags()
    assert (workload.pids, workload.server()) == ((), None)
    with workload:
        (pid,) = workload.pids
        folder = Path(workload._save_to)
        assert psutil.pid_exists(pid)
        assert folder.is_dir()
        figures = workload.server(reset=True)
        assert figures is not None
        assert figures.busy_s > 0
    assert not psutil.pid_exists(pid)
    assert not folder.exists()
    assert (workload.pids, workload.server()) == ((), None)


def test_the_server_ends_when_the_folder_cannot_be_made(flags: Any, tmp_path: Path) -> None:
    import psutil

    (tmp_path / "file").touch()
    workload, before = flags(save_to=str(tmp_path / "file" / "flags")), psutil.Process().children()
    with pytest.raises(UsageError, match="cannot save flags to"):
        workload.__enter__()
    assert psutil.Process().children() == before
    assert workload.pids == ()


def test_a_folder_of_the_users_stays(on_server: Any, trial: Any, tmp_path: Path) -> None:
    with on_server(save_to=str(tmp_path / "new" / "flags")) as workload:
        trial(workload, "sequential", 1, 2)
    assert sorted(path.name for path in (tmp_path / "new" / "flags").iterdir()) == ["cn.gif", "in.gif"]


def test_the_temporary_folder_is_on_disk_where_there_is_no_other(
    on_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolbench.workloads.flags._RAM_DISK", str(tmp_path / "missing"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with on_server() as workload:
        assert Path(workload._save_to).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_items_are_the_most_populous_countries_cycled(flags: Any) -> None:
    items = flags().items(43)
    assert [task for task, _ in items] == list(range(43))
    assert [cc for _, cc in items] == [*POP20, *POP20, *POP20[:3]]
    assert flags().items(2) == [(0, "CN"), (1, "IN")]
    assert [cc for _, cc in flags().warmup(22)] == [*POP20, "CN", "IN"]


def test_a_workers_first_request_does_not_wait_as_a_task_does(on_server: Any) -> None:
    with on_server() as workload:
        job = workload.job(1)
        assert [job.url(item).partition("?")[2] for item in workload.warmup(2)] == ["warm", "warm"]
        assert [job.url(item).partition("?")[2] for item in workload.items(2)] == ["task=0", "task=1"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ((200, 4, "abc"), ""),
        ((404, 4, "abc"), "CN: status 404"),
        ((200, 3, "abc"), "CN: 3 bytes, not 4"),
        ((200, 4, "xyz"), "CN: not the bytes that were expected"),
        (None, "CN: status 0"),
    ],
)
def test_a_download_is_checked_by_status_length_and_digest(flags: Any, value: Any, reason: str) -> None:
    workload = flags()
    workload._expected = {"CN": (4, "abc")}
    assert workload.check((0, "CN"), value) == reason


def test_the_digest_is_the_manifests() -> None:
    assert digest(b"flag") == hashlib.blake2b(b"flag", digest_size=16).hexdigest()


@pytest.mark.parametrize(
    ("settings", "message", "tip"),
    [
        ({"client": "htpx"}, "no client named htpx", "did you mean httpx? Others: aiohttp, requests"),
        ({"client": "curl"}, "no client named curl", "choose from aiohttp, httpx, requests"),
        ({"reuse": "share"}, "no reuse named share", "did you mean shared? Others: fresh, worker"),
        ({"latency": "50"}, "cannot read latency 50", "write it with its unit: 50ms, 2s or 1m"),
        ({"jitter": "x"}, "cannot read jitter x", "write it with its unit: 50ms, 2s or 1m"),
        ({"timeout": "-1s"}, "cannot read timeout -1s", "write it with its unit: 50ms, 2s or 1m"),
        ({"error_rate": "2"}, "cannot read error_rate 2", "write a share such as 3% or 0.03"),
        ({"concurrency": "many"}, "cannot use concurrency=many", "write a number, 0 for no limit"),
        ({"bandwidth": "-1"}, "cannot use bandwidth=-1", "write a number, 0 for no limit"),
        ({"bandwidth": "nan"}, "cannot use bandwidth=nan", "write a number, 0 for no limit"),
        (
            {"timeout": "2s", "latency": "2s"},
            "a timeout of 2s fails requests that take 2s",
            "raise it: --set timeout=4s",
        ),
        (
            {"timeout": "60ms", "latency": "50ms", "jitter": "20ms"},
            "a timeout of 60ms fails requests that take 70ms",
            "raise it: --set timeout=140ms",
        ),
        ({"timeout": "0"}, "a timeout of 0 fails requests that take 0", "raise it: --set timeout=1s"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, str], message: str, tip: str, usage: Any, flags: Any) -> None:
    assert usage(flags, **settings) == (message, tip)


@pytest.mark.parametrize("settings", [{"concurrency": "2.5"}])
def test_a_part_of_a_request_cannot_be_concurrent(settings: dict[str, str], usage: Any, flags: Any) -> None:
    usage(flags, **settings)


@pytest.mark.parametrize("rate", ["0.0", "0%", "1", "100%"])
def test_all_or_none_may_fail(rate: str, flags: Any) -> None:
    assert flags(error_rate=rate)._options.error_rate in (0.0, 1.0)


def test_requests_has_no_asyncio(flags: Any, usage: Any) -> None:
    workload = flags(client="requests")
    assert usage(strategy("asyncio").verify, workload) == (
        "requests has no asyncio client",
        "add --set client=httpx, or use --executor threads,processes",
    )
    strategy("threads").verify(workload)
    strategy("processes").verify(workload)


def test_a_client_that_is_not_installed_says_what_to_install(usage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "find_spec", lambda name: None)
    assert usage(clients.verify, "requests") == ("client requests is not installed", "pip install requests")


def test_what_a_result_depends_on_is_shown() -> None:
    assert dict(FlagsWorkload({**DEFAULTS, "save_to": "/somewhere"}).params) == {
        "client": "httpx",
        "reuse": "worker",
        "timeout": "10s",
        "latency": "50ms",
        "jitter": "0",
        "concurrency": "0",
        "bandwidth": "0",
        "error_rate": "0",
    }


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("name", PLAIN)
def test_proxies_of_the_environment_count_only_for_other_servers(
    name: str, own: bool, shared_server: FlagServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy"):
        monkeypatch.delenv(key, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client = clients.open_client(name, clients.ClientOptions(1, 5.0, trust_env=not own))
    try:
        if own:
            assert client.get(f"{shared_server.url}/cn/cn.gif")[0] == 200
        else:
            with pytest.raises(Exception, match=r"(?i)refused|proxy"):
                client.get(f"{shared_server.url}/cn/cn.gif")
    finally:
        client.close()


def test_clients_share_one_context() -> None:
    assert clients.ssl_context() is clients.ssl_context()
