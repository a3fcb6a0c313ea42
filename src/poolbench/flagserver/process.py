"""The flag server in a process of its own, as the benchmark starts, asks and ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.flagserver.figures import FlagEntry, ServerStats
from poolbench.flagserver.options import ServerOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

START_TIMEOUT_S = 30.0
"""How long the process may take to start; it takes about 0.7 s, most of them to draw the flags."""
ASK_TIMEOUT_S = 10.0
_END_TIMEOUT_S = 1.0


class ServerGoneError(RuntimeError):
    """The server's process could not be started, or has ended, or does not answer."""


class FlagServer:
    """A flag server in a child process; a context manager.

    The child ends with this process, whatever ends it. A copy of this object in a forked process may ask the
    server, but not close it.
    """

    def __init__(self, options: ServerOptions | None = None) -> None:
        self.options = options or ServerOptions()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner, self._url = 0, ""

    def start(self, meanwhile: Callable[[], object] = lambda: None) -> Self:
        """Start the server and return once it answers; nothing happens if it runs already.

        `meanwhile` is called while the child draws its flags, on the other core if there is one.
        Raises `UsageError` if the address cannot be listened on, `ServerGoneError` if the child fails.
        """
        if self._child is None:
            order = json.dumps({"options": asdict(self.options), "parent": os.getpid()})
            # -P: a file of the user's working directory named like a module must not stand in for it.
            command = [sys.executable, "-P", "-m", "poolbench.flagserver", order]
            self._owner = os.getpid()
            self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
            try:
                meanwhile()
                self._url = _first_words(self._child)
            except BaseException:
                self.close()
                raise
        return self

    @property
    def url(self) -> str:
        """The base URL, such as `http://127.0.0.1:40211`."""
        self._running()
        return self._url

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._running().pid

    def manifest(self) -> dict[str, FlagEntry]:
        """Return what a download of each flag must yield, by country code."""
        return {cc: FlagEntry(**entry) for cc, entry in self._ask("/manifest").items()}

    def stats(self, reset: bool = False) -> ServerStats:
        """Return the server's figures; `reset` then forgets the peak in flight and the delays' excess."""
        return ServerStats(**self._ask("/stats?reset=1" if reset else "/stats"))

    def close(self) -> None:
        """End the child and wait for it; nothing happens if there is none, or in a forked copy."""
        child = self._child
        if child is None or self._owner != os.getpid():
            return
        self._child, self._url = None, ""
        child.terminate()
        try:
            child.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise ServerGoneError("the flag server is not running: call start() first")
        return self._child

    def _ask(self, path: str) -> dict[str, Any]:
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=ASK_TIMEOUT_S)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, HTTPException, ValueError) as error:
            raise ServerGoneError(f"the flag server on {self.url} does not answer: {error}") from error
        finally:
            connection.close()
        return answer


def _first_words(child: subprocess.Popen[bytes]) -> str:
    """Return the base URL that the child prints once it listens."""
    deadline = threading.Timer(START_TIMEOUT_S, child.kill)
    deadline.start()
    try:
        line = child.stdout.readline() if child.stdout is not None else b""
    finally:
        deadline.cancel()
    try:
        words: dict[str, str] = json.loads(line or b"{}")
    except ValueError:
        raise ServerGoneError(f"the flag server said {line[:60]!r} instead of where it listens") from None
    if "error" in words:
        raise UsageError(words["error"], words["tip"])
    if "url" not in words:
        raise ServerGoneError("the flag server did not start: its message is above")
    return words["url"]
