"""What all connections of a server share: the flags, the cap on concurrency, the link, and the figures."""

from __future__ import annotations

import json
import time
from collections import OrderedDict, deque
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from poolbench.flagserver.answers import answer, manifest, refusal, routes
from poolbench.flagserver.delays import delay_s, fault
from poolbench.flagserver.figures import ServerStats

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from poolbench.flagserver.answers import Answer, Flag
    from poolbench.flagserver.options import ServerOptions

Request = tuple[bytes, bytes, bool]
"""Target, method, and whether the connection is to be kept."""
MAX_KNOWN, MAX_KNOWN_BYTES = 4096, 1024
"""Requests that the server knows by their bytes, and the longest of them: clients repeat theirs to the letter."""
_MOST_DIGITS = 18
SAMPLES = 4096  # of the excess: enough for a steady 99th percentile, bounded whatever the run


class Connection(Protocol):
    """What the service needs of a connection."""

    def serve(self) -> None:
        """Serve the request that has waited for a place."""

    def abort(self) -> None:
        """Cut the connection."""

    def cut_if_idle(self) -> None:
        """Cut it if nothing was asked since the last call."""


class Service:
    """The shared state of one server, all of it used from one event loop."""

    def __init__(
        self,
        options: ServerOptions,
        flags: Mapping[str, bytes],
        loop: asyncio.AbstractEventLoop,
        max_connections: int = 4096,
    ) -> None:
        self.options, self.loop, self.max_connections = options, loop, max_connections
        self.flags = routes(flags, options.seed)
        # Where all answers are alike, the one that nearly every request wants is found by its URL alone.
        varied = options.jitter_s or options.error_rate
        self._express = {} if varied else {path: flag.answers["", False, True] for path, flag in self.flags.items()}
        self.known: dict[bytes, Request] = {}
        """Whole requests by their bytes."""
        self.connections: set[Connection] = set()
        self._manifest = manifest(flags)
        self._waiting: OrderedDict[Connection, None] = OrderedDict()
        self._link_free = 0.0
        self._in_flight = self._in_flight_max = self._requests = self._faults = 0
        self._excess: deque[float] = deque(maxlen=SAMPLES)

    def know(self, data: bytes, request: Request) -> None:
        """From now on `data` need not be parsed: it is this request, and nothing else."""
        if len(data) <= MAX_KNOWN_BYTES and len(self.known) < MAX_KNOWN:
            self.known[data] = request

    def usual(self, url: bytes) -> Answer | None:
        """Find the answer to a GET that keeps the connection, where all are alike; None: ask `reply`."""
        path, numbered, task = url.partition(b"?task=")
        return self._express.get(path) if not numbered or _is_number(task) else None

    def reply(self, url: bytes, method: bytes, keep: bool) -> tuple[Answer, float | None]:
        """Find the answer and its delay in seconds; None where it is not a flag's, which is given without one."""
        path, _, query = url.partition(b"?")
        bare = method == b"HEAD"
        if not (bare or method == b"GET"):
            return refusal(405, keep), None
        flag = self.flags.get(path)
        if flag is None:
            body = self._page(path, query)
            page = refusal(404, keep, bare) if body is None else answer(200, "application/json", body, keep, bare)
            return page, None
        drawn = self.draw(flag, query)
        if drawn is None:
            return refusal(400, keep, bare), None
        kind, delay = drawn
        return flag.answers[kind, bare, keep], delay

    def draw(self, flag: Flag, query: bytes) -> tuple[str, float] | None:
        """Return a request's fault, or "", and its delay in seconds; None if `?task=` is not a number.

        `?warm` has neither: a client tries its connection, and nobody measures how long it takes.
        """
        if query == b"warm":
            return "", 0.0
        if query.startswith(b"task="):
            digits = query[5:]
            if not _is_number(digits):
                return None
            task = int(digits)
        else:
            task, flag.served = flag.served, flag.served + 1
        kind = fault(self.options, flag.start, task)
        if kind:
            self._faults += 1
        return kind, delay_s(self.options, flag.start, task)

    def admit(self, connection: Connection) -> bool:
        """Count a request; True if it may be served at once, else `serve` is called when its turn comes."""
        self._requests += 1
        cap = self.options.concurrency
        if cap and self._in_flight >= cap:
            self._waiting[connection] = None
            return False
        self._in_flight += 1
        if self._in_flight > self._in_flight_max:
            self._in_flight_max = self._in_flight
        return True

    def release(self) -> None:
        """End the service of one request: its place goes to the one that has waited longest."""
        if self._waiting:
            connection, _ = self._waiting.popitem(last=False)
            # Through the loop, as a chain of instant answers would otherwise recurse.
            self.loop.call_soon(connection.serve)
        else:
            self._in_flight -= 1

    def leave(self, connection: Connection) -> None:
        """Give up waiting for a place, if it was."""
        self._waiting.pop(connection, None)

    def transmitted_at(self, ready: float, length: int) -> float:
        """When `length` bytes that are ready at `ready` have passed the shared link, on the loop's clock."""
        self._link_free = max(self._link_free, ready) + length / self.options.bandwidth
        return self._link_free

    def note_excess(self, excess_s: float) -> None:
        """Note by how much a delay was longer than asked."""
        self._excess.append(excess_s)

    def stats(self) -> ServerStats:
        """Return the figures as they are now."""
        ordered = sorted(self._excess) or [0.0]
        last = len(ordered) - 1
        low, middle, high, top = (ordered[round(last * share)] for share in (0, 0.5, 0.99, 1))
        counts = (self._in_flight, self._in_flight_max, self._requests, self._faults)
        return ServerStats(time.process_time(), *counts, low, middle, high, top)

    def _page(self, path: bytes, query: bytes) -> bytes | None:
        """Return the JSON of `/stats` or `/manifest`; None for any other path."""
        if path == b"/manifest":
            return self._manifest
        if path != b"/stats":
            return None
        body = json.dumps(asdict(self.stats())).encode()
        if b"reset=1" in query.split(b"&"):
            self._reset()
        return body

    def _reset(self) -> None:
        self._in_flight_max = self._in_flight
        self._excess.clear()


def _is_number(digits: bytes) -> bool:
    return digits.isdigit() and len(digits) <= _MOST_DIGITS
