"""What a worker does for `flags`: downloads one, saves it, says what came."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolbench.workloads import clients

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolbench.workloads.clients import ClientOptions

Item = tuple[int, str]
"""A task's number and a country code."""
WARM = -1
"""In place of a task's number: a request that only tries the connection."""
Download = tuple[int, int, str]
"""Status, length and digest of what came."""


def digest(body: bytes) -> str:
    """As in the server's manifest."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class _Shared:
    """For `reuse=shared`: one client for all workers of this process, closed by the last one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Any, tuple[Any, int]] = {}

    def take(self, key: Any, make: Any) -> Any:
        with self._lock:
            client, holders = self._held.get(key) or (make(), 0)
            self._held[key] = (client, holders + 1)
            return client

    def give_back(self, key: Any) -> bool:
        """Whether that was the last holder."""
        with self._lock:
            client, holders = self._held.pop(key)
            if holders > 1:
                self._held[key] = (client, holders - 1)
            return holders == 1


_shared = _Shared()


@dataclass(frozen=True)
class _Download:
    """What the plain and the asynchronous job have in common."""

    base: str
    client: str
    reuse: str
    options: ClientOptions
    folder: str
    numbered: bool
    """The embedded server is told the task's number, from which it draws the delay."""

    def url(self, item: Item) -> str:
        """`{base}/{cc}/{cc}.gif`."""
        task, cc = item
        code = cc.lower()
        query = ("?warm" if task == WARM else f"?task={task}") if self.numbered else ""
        return f"{self.base}/{code}/{code}.gif{query}"

    def keep(self, item: Item, status: int, body: bytes) -> Download:
        """Saves a flag that came; the figures are compared after the timing."""
        if status == 200:
            # A Path takes longer, and its parts go into Python's table of names, which grows with all that ever were.
            with open(f"{self.folder}/{item[1].lower()}.gif", "wb") as file:  # noqa: PTH123
                file.write(body)
        return status, len(body), digest(body)


class FlagsJob(_Download):
    """With a client of plain functions."""

    def setup(self) -> Any:
        """The client that this worker keeps; none for `fresh`."""
        if self.reuse == "fresh":
            return None
        return _shared.take(self, self.open) if self.reuse == "shared" else self.open()

    def open(self) -> Any:
        """A new client."""
        return clients.open_client(self.client, self.options)

    def run(self, context: Any, item: Item) -> Download:
        """One flag."""
        client = context or self.open()
        try:
            return self.keep(item, *client.get(self.url(item)))
        finally:
            if context is None:
                client.close()

    def close(self, context: Any) -> None:
        """Closes the client, once if it is shared."""
        if context is not None and (self.reuse != "shared" or _shared.give_back(self)):
            context.close()


class AsyncFlagsJob(_Download):
    """With a client of coroutines."""

    async def setup(self) -> Any:
        """The client that this worker keeps; none for `fresh`."""
        if self.reuse == "fresh":
            return None
        return _shared.take(self, self.open) if self.reuse == "shared" else self.open()

    def open(self) -> Any:
        """A new client."""
        return clients.open_async_client(self.client, self.options)

    async def run(self, context: Any, item: Item) -> Download:
        """One flag."""
        client = context or self.open()
        try:
            return self.keep(item, *await client.get(self.url(item)))
        finally:
            if context is None:
                await client.close()

    async def close(self, context: Any) -> None:
        """Closes the client, once if it is shared."""
        if context is not None and (self.reuse != "shared" or _shared.give_back(self)):
            await context.close()


class DownloadError(Exception):
    """A flag did not come, or was not the one that was expected."""


@dataclass(frozen=True)
class Told:
    """Makes a country code of a download, or raises what is wrong with it."""

    expected: Mapping[str, tuple[int, str]]
    """Length and digest of each flag that is known."""

    def __call__(self, item: Item, found: Download) -> str:
        """The code, or DownloadError."""
        status, *came = found
        if status != 200:
            raise DownloadError(f"status {status}")
        if self.expected.get(item[1], tuple(came)) != tuple(came):
            raise DownloadError("not the bytes that were expected")
        return item[1]
