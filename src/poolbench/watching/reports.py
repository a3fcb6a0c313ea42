"""The parent's end of the workers' lines."""

from __future__ import annotations

import secrets
import selectors
import socket
import threading
from itertools import count
from typing import TYPE_CHECKING, Self

from poolbench.watching.events import Ended, Started
from poolbench.watching.worker import ENDED, FAILED, STARTED, Desk

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolbench.watching.events import Event

_BACKLOG = 1024
_BYTES = 1 << 16


class Reports:
    """Listens from the start on, so that workers can connect, but reads only once `begin` was called.

    No thread runs before that: what forks until then is a program of one thread.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._awake, self._alarm = socket.socketpair()
        self.desk = Desk(self._listener.getsockname()[1], secrets.token_hex(8))
        self._selector = selectors.DefaultSelector()
        self._parts: dict[socket.socket, bytes] = {}
        self._numbers: dict[socket.socket, int] = {}
        self._serial = count()
        self._thread: threading.Thread | None = None
        self._told: Callable[[Event], None] = lambda _: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._alarm.close()
        if self._thread is not None:
            self._thread.join()
        for line in (*self._parts, self._listener, self._awake):
            line.close()
        self._selector.close()

    def begin(self, tell: Callable[[Event], None]) -> bool:
        """`tell` hears of every task from a thread of ours; returns whether any worker has connected."""
        self._told = tell
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._awake, selectors.EVENT_READ)
        called = any(key.fileobj is self._listener for key, _ in self._selector.select(0))
        self._thread = threading.Thread(target=self._listen, name="poolbench-reports")
        self._thread.start()
        return called

    def _listen(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._awake:
                    return
                if key.fileobj is self._listener:
                    self._welcome()
                elif isinstance(key.fileobj, socket.socket):
                    self._read(key.fileobj)

    def _welcome(self) -> None:
        line, _address = self._listener.accept()
        self._parts[line] = b""
        self._numbers[line] = next(self._serial)
        self._selector.register(line, selectors.EVENT_READ)

    def _read(self, line: socket.socket) -> None:
        try:
            received = line.recv(_BYTES)
        except ConnectionError:
            received = b""
        if not received:
            self._selector.unregister(line)
            self._parts.pop(line)
            line.close()
            return
        *whole, self._parts[line] = (self._parts[line] + received).split(b"\n")
        for each in whole:
            self._hear(each.decode(errors="replace").split(" "), self._numbers[line])

    def _hear(self, words: list[str], worker: int) -> None:
        if len(words) != 4 or words[0] != self.desk.token:
            return
        _, what, task, at = words
        if what == STARTED:
            self._told(Started(float(at), int(task), worker))
        elif what in (ENDED, FAILED):
            self._told(Ended(float(at), int(task), what == FAILED))
