"""flags: downloads country flags and saves each, as the tutorial does, and checks that they are the right ones."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from poolbench import interrupts
from poolbench.errors import UsageError, refusal, unknown
from poolbench.flagserver import POP20, FlagServer, ServerGoneError, ServerOptions
from poolbench.units import duration, fraction, seconds
from poolbench.workloads import clients
from poolbench.workloads.base import Recipe, ServerFigures, Workload
from poolbench.workloads.clients import ClientOptions
from poolbench.workloads.downloads import WARM, AsyncFlagsJob, FlagsJob, Item, Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

REUSES = ("worker", "shared", "fresh")
SERVER_DEFAULTS = {"latency": "50ms", "jitter": "0", "concurrency": "0", "bandwidth": "0", "error_rate": "0"}
DEFAULTS = {
    "client": "httpx",
    "reuse": "worker",
    "timeout": "10s",
    "url": "",
    "save_to": "",
    **SERVER_DEFAULTS,
}
_PATIENCE = 3
"""Timeouts that a whole download may take."""
SLOW = {"latency": "500ms", "jitter": "1s"}
_RAM_DISK = "/dev/shm"  # noqa: S108  a folder of our own is made in it
"""Where there is one, flags are saved there: opening a file on a slow disk costs more than the request."""


class FlagsWorkload(Workload):
    """The 20 most populous countries, cycled when more tasks are asked for."""

    def __init__(self, settings: Mapping[str, str], seed: int = 0) -> None:
        self._settings = dict(settings)
        self._timeout_s = seconds(settings["timeout"], "timeout")
        clients.verify(settings["client"])
        if settings["reuse"] not in REUSES:
            raise unknown("reuse", settings["reuse"], REUSES)
        self._base = settings["url"].rstrip("/")
        self._options = _server_options(settings, seed)
        if self._base:
            _verify_foreign(settings)
        elif self._timeout_s <= (slowest := self._options.latency_s + self._options.jitter_s):
            raise UsageError(
                f"a timeout of {duration(self._timeout_s)} fails requests that take {duration(slowest)}",
                f"raise it: --set timeout={duration(2 * slowest or 1.0)}",
            )
        self._server: FlagServer | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._expected: dict[str, tuple[int, str]] = {}
        super().__init__("flags", _shown(settings))
        self.starts_processes = False
        # A client's timeout is for each read: a body that trickles in would never end.
        self.patience_s = _PATIENCE * self._timeout_s

    def __enter__(self) -> Self:
        try:
            if self._base:
                self._ask_foreign()
            else:
                self._start_server()
            self._save_to = self._settings["save_to"] or self._temporary()
            _make_folder(self._save_to)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            self._server, self.pids = None, ()
        if self._folder is not None:
            self._folder.cleanup()
            interrupts.rubbish.discard(self._folder.name)
            self._folder = None

    def _start_server(self) -> None:
        self._server = FlagServer(self._options)
        try:
            self._server.start(partial(clients.load, self._settings["client"]))
            self.pids = (self._server.pid,)
            manifest = self._server.manifest()
        except ServerGoneError as problem:
            raise UsageError(str(problem), "allow it more open files (ulimit -n), or try once more") from None
        self._expected = {cc.upper(): (entry.length, entry.digest) for cc, entry in manifest.items()}

    def _ask_foreign(self) -> None:
        from poolbench.workloads.preflight import preflight

        found = preflight(self._base, self._settings["client"], self._timeout_s, self.patience_s)
        self._expected = dict(found.flags)
        self.cautions[:] = found.cautions

    def _temporary(self) -> str:
        ram = _RAM_DISK if os.access(_RAM_DISK, os.W_OK) else None
        self._folder = tempfile.TemporaryDirectory(prefix="poolbench-flags-", dir=ram)
        interrupts.rubbish.add(self._folder.name)
        return self._folder.name

    def items(self, count: int) -> Sequence[Item]:
        """Task number and country code."""
        return list(enumerate(islice(cycle(POP20), count)))

    def warmup(self, workers: int) -> Sequence[Item]:
        """One flag for each worker, without the delay that a task has."""
        return [(WARM, cc) for _, cc in self.items(workers)]

    def _parts(self, workers: int) -> tuple[Any, ...]:
        connections = workers if self._settings["reuse"] == "shared" else 1
        own = self._server is not None
        options = ClientOptions(connections, self._timeout_s, trust_env=not own)
        base = self._server.url if self._server is not None else self._base
        folder = getattr(self, "_save_to", "")
        return base, self._settings["client"], self._settings["reuse"], options, folder, own

    def job(self, workers: int) -> FlagsJob | UsageError:
        """A job for threads, processes or a loop, if the client has plain functions."""
        return clients.lacks_plain(self._settings["client"]) or FlagsJob(*self._parts(workers))

    def async_job(self, workers: int) -> AsyncFlagsJob | UsageError:
        """A job for asyncio, if the client has coroutines."""
        return clients.lacks_asyncio(self._settings["client"]) or AsyncFlagsJob(*self._parts(workers))

    def label(self, item: Item) -> str:
        """The country code."""
        return item[1]

    def doing(self, item: Item) -> str:
        """All of them do the same."""
        del item
        return "downloading"

    def telling(self) -> Told:
        """As in the tutorial: the country code, or an error."""
        return Told(self._expected)

    def check(self, item: Item, value: Any) -> str:
        """Status, length and digest against the server's list, or the first download from a foreign server."""
        status, length, found = value if value is not None else (0, 0, "")
        if status != 200:
            return f"{item[1]}: status {status}"
        expected = self._expected.setdefault(item[1], (length, found))
        if length != expected[0]:
            return f"{item[1]}: {length} bytes, not {expected[0]}"
        return "" if found == expected[1] else f"{item[1]}: not the bytes that were expected"

    def server(self, *, reset: bool = False) -> ServerFigures | None:
        """Of the embedded one."""
        if self._server is None:
            return None
        stats = self._server.stats(reset=reset)
        return ServerFigures(stats.busy_s, stats.in_flight_max)


def _make_folder(path: str) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"cannot save flags to {path} ({refusal(problem)})", "name another folder with --save-to"
        ) from None


def _number(settings: Mapping[str, str], key: str) -> float:
    try:
        value = float(settings[key])
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e12:
        raise UsageError(f"cannot use {key}={settings[key]}", "write a number, 0 for no limit")
    return value


def _whole(settings: Mapping[str, str], key: str) -> int:
    value = _number(settings, key)
    if value != int(value):
        raise UsageError(f"cannot use {key}={settings[key]}", "write a whole number, 0 for no limit")
    return int(value)


def _server_options(settings: Mapping[str, str], seed: int) -> ServerOptions:
    return ServerOptions(
        latency_s=seconds(settings["latency"], "latency"),
        jitter_s=seconds(settings["jitter"], "jitter"),
        error_rate=fraction(settings["error_rate"], "error_rate", ends=True),
        concurrency=_whole(settings, "concurrency"),
        bandwidth=_number(settings, "bandwidth"),
        seed=seed,
    )


def _verify_foreign(settings: Mapping[str, str]) -> None:
    """UsageError where a setting of the embedded server is given for another one."""
    for key, default in SERVER_DEFAULTS.items():
        if settings[key] != default:
            raise UsageError(
                f"{key} belongs to the embedded server, not to {settings['url']}", f"drop {key}, or drop url"
            )
    if not settings["url"].startswith(("http://", "https://")):
        raise UsageError(f"cannot use url={settings['url']}", "write it whole: http://127.0.0.1:8002")


def _shown(settings: Mapping[str, str]) -> dict[str, str]:
    """What a result depends on: not where files went, nor settings of a server that was not used."""
    foreign = bool(settings["url"])
    hidden = {"save_to", *(SERVER_DEFAULTS if foreign else ("url",))}
    return {key: value for key, value in settings.items() if key not in hidden}


RECIPE = Recipe("flags", DEFAULTS, FlagsWorkload, {"*": "1..64", "processes": "1..16"}, slow=SLOW)
