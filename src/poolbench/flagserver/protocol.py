"""One connection to the flag server: requests in, answers out, in order, each as late as it was asked to be.

Written for its cost, about that of nginx, since a slow server would be what the benchmark measures: the bytes of every
answer exist beforehand, a request is a tuple and a few attributes, and bytes that were parsed once are known again.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, cast

import httptools

from poolbench.flagserver.answers import End, refusal

if TYPE_CHECKING:
    from poolbench.flagserver.answers import Answer
    from poolbench.flagserver.service import Request, Service

MAX_REQUEST = 16 * 1024
"""Bytes of head and body together: a request of half of it always passes, a longer one than it never does."""
MAX_PIPELINED = 64
"""Requests that may wait on one connection before the server stops reading from it."""
LINGER_S = 1.0
"""How long a refused client may go on sending, in seconds: cut off at once, it might not read the refusal."""
_SLICE = MAX_REQUEST // 2
_LINGER_ZERO = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # closing then resets the connection
_KEEP = End.KEEP


class FlagProtocol(asyncio.Protocol):
    """The server's side of one connection."""

    __slots__ = (
        "_answer", "_asked", "_between", "_blocked", "_busy", "_call_at", "_clock", "_closing", "_delay", "_due",
        "_fed", "_has_link", "_in_body", "_known", "_last_words", "_link_ahead", "_parser", "_paused", "_queue",
        "_service", "_serving", "_stuck", "_timer", "_transport", "_url",
    )  # fmt: skip

    def __init__(self, service: Service) -> None:
        self._service = service
        self._has_link = service.options.bandwidth > 0
        self._clock, self._call_at = service.loop.time, service.loop.call_at
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._url, self._fed, self._in_body = b"", 0, False
        self._known, self._between = service.known, True
        self._queue: deque[Request] = deque()
        self._last_words: Answer | None = None
        self._closing = self._paused = self._blocked = self._stuck = False
        self._asked = True
        # Of the current request: is there one, does it hold one of the capped places, what to send and when.
        self._busy = self._serving = self._link_ahead = False
        self._answer = refusal(503)
        self._delay = self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    # The transport's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection and refuse one too many; asyncio itself has set TCP_NODELAY."""
        self._transport = cast("asyncio.Transport", transport)
        self._service.connections.add(self)
        if len(self._service.connections) > self._service.max_connections:
            self._refuse(503)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, unless it is a whole request that is known, and answer what is complete."""
        request = self._known.get(data) if self._between and not self._closing else None
        if request is None:
            self._parse(data)
        else:
            self._asked = True
            self._queue.append(request)
        if self._queue:
            self._drain()
            if len(self._queue) > MAX_PIPELINED and self._transport is not None:
                self._paused = True
                self._transport.pause_reading()

    def pause_writing(self) -> None:
        """Begin no further request until the client has read some of its answers."""
        self._blocked = True

    def resume_writing(self) -> None:
        """Go on with the requests that have come meanwhile."""
        self._blocked = self._stuck = False
        self._drain()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Drop what was asked for: its timer, its place, its turn."""
        service = self._service
        service.connections.discard(self)
        self._transport = self._last_words = None
        self._parser = None  # it holds this object: a cycle for the collector otherwise
        self._closing = True
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._serving:
            self._serving = False
            service.release()
        else:
            service.leave(self)

    def abort(self) -> None:
        """Cut the connection, as the server ends."""
        if self._transport is not None:
            self._transport.abort()

    def cut_if_idle(self) -> None:
        """Cut it if since the last call no whole request has come, and none waits; or if no answer has been read."""
        if self._stuck or not (self._asked or self._busy or self._queue):
            self.abort()
        self._asked, self._stuck = False, self._blocked

    # The parser's side.

    def on_message_begin(self) -> None:
        """What comes next is no longer the beginning of a request."""
        self._between = False

    def on_url(self, url: bytes) -> None:
        """Keep the target; it comes in pieces when the packets cut it."""
        self._url += url

    def on_body(self, body: bytes) -> None:  # noqa: ARG002
        """Ignore a body, but know of it."""
        self._in_body = True

    def on_message_complete(self) -> None:
        """Queue the request: what it asks for, how, and whether the connection is to be kept."""
        parser = self._parser
        self._asked = True
        self._queue.append((self._url, parser.get_method(), parser.should_keep_alive()))
        self._url, self._fed, self._in_body, self._between = b"", 0, False, True

    def _parse(self, data: bytes) -> None:
        """Hand `data` to the parser; where it is one whole request that keeps the connection, know it from now on."""
        began, before = self._between, len(self._queue)
        for start in range(0, len(data), _SLICE):
            self._feed(data[start : start + _SLICE])
        clean = began and self._between and not self._closing
        if clean and len(self._queue) == before + 1 and self._queue[-1][2]:
            self._service.know(data, self._queue[-1])

    def _feed(self, data: bytes) -> None:
        if self._closing:
            return
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # The request stands, the protocol it offers to change to is declined: go on with HTTP/1.1.
            self._parser = httptools.HttpRequestParser(self)
            if rest := data[upgrade.args[0] :]:
                self._feed(rest)
        except httptools.HttpParserError:
            self._refuse(400)
        else:
            # What follows a complete request in the same slice is not counted: hence half, see MAX_REQUEST.
            if self._fed > _SLICE:
                self._refuse(413 if self._in_body else 431)

    # One request after the other.

    def _drain(self) -> None:
        queue = self._queue
        while queue and not self._busy and not self._blocked:
            self._begin(*queue.popleft())
        if not queue and not self._busy and self._last_words is not None:
            self._part()
        if self._paused and len(queue) <= MAX_PIPELINED // 2 and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _begin(self, url: bytes, method: bytes, keep: bool) -> None:
        service = self._service
        answer = service.usual(url) if keep and method == b"GET" else None
        if answer is not None:
            self._answer, self._delay = answer, service.options.latency_s
        else:
            answer, delay = service.reply(url, method, keep)
            if delay is None:
                self._write(answer)
                return
            self._answer, self._delay = answer, delay
        self._busy = True
        if service.admit(self):
            self._serve()

    def serve(self) -> None:
        """Take the place that has become free, or pass it on if the client has left meanwhile."""
        if self._transport is None:
            self._service.release()
        else:
            self._serve()
            self._drain()

    def _serve(self) -> None:
        self._serving = True
        if self._answer.end is End.NEVER:
            return
        self._link_ahead = self._has_link and self._answer.body > 0
        if self._delay > 0 or self._link_ahead:
            self._due = self._clock() + self._delay
            self._timer = self._call_at(self._due, self._ring)
        else:
            self._finish()

    def _ring(self) -> None:
        now = self._clock()
        if self._link_ahead and now >= self._due:
            self._link_ahead = False
            self._due = self._service.transmitted_at(self._due, self._answer.body)
        # The loop may fire early by its clock's resolution, on some systems 16 ms: never answer early.
        if now < self._due:
            self._timer = self._call_at(self._due, self._ring)
            return
        self._service.note_excess(now - self._due)
        self._finish()
        self._drain()

    def _finish(self) -> None:
        self._timer = None
        self._busy = self._serving = False
        answer, transport = self._answer, self._transport
        if answer.end is _KEEP and transport is not None:
            transport.write(answer.data)
        else:
            self._write(answer)
        self._service.release()

    def _write(self, answer: Answer) -> None:
        transport = self._transport
        if transport is None:
            return
        if answer.data:
            transport.write(answer.data)
        if answer.end is not _KEEP:
            self._end(transport, answer.end)

    # The end of a connection.

    def _end(self, transport: asyncio.Transport, end: End) -> None:
        self._closing, self._last_words = True, None
        self._queue.clear()
        if end is End.RESET:
            link = transport.get_extra_info("socket")
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            transport.abort()
        else:
            transport.close()

    def _refuse(self, status: int) -> None:
        self._closing, self._last_words = True, refusal(status)
        self._drain()

    def _part(self) -> None:
        words, self._last_words = self._last_words, None
        if self._transport is not None and words is not None:
            self._transport.write(words.data)
            self._transport.write_eof()
            self._timer = self._call_at(self._clock() + LINGER_S, self.abort)
