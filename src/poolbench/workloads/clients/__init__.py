"""HTTP clients, one file each: what they share is `get(url) -> (status, body)` and `close()`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from poolbench.errors import UsageError, unknown

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True)
class ClientOptions:
    """How a client is opened."""

    connections: int
    """Connections that it keeps: as many as workers share it."""
    timeout_s: float
    """Of connecting, and of each read."""
    trust_env: bool
    """Whether proxies and certificates of the environment count: not for a server of our own."""


class _Family(NamedTuple):
    module: str
    needs: str
    plain: bool
    asynchronous: bool


_FAMILIES = {
    "httpx": _Family("poolbench.workloads.clients.httpx_client", "httpx", plain=True, asynchronous=True),
    "requests": _Family("poolbench.workloads.clients.requests_client", "requests", plain=True, asynchronous=False),
}
NAMES = tuple(_FAMILIES)


@cache
def ssl_context() -> ssl.SSLContext:
    """One for the process: making one reads the whole certificate bundle, 15 ms of CPU each time."""
    import ssl

    return ssl.create_default_context()


def verify(name: str) -> None:
    """UsageError if no client is called `name`, or its package is not installed."""
    if name not in _FAMILIES:
        raise unknown("client", name, NAMES)
    if find_spec(_FAMILIES[name].needs) is None:
        raise UsageError(f"client {name} is not installed", f"pip install {_FAMILIES[name].needs}")


def lacks_asyncio(name: str) -> UsageError | None:
    """Why asyncio cannot use the client `name`, if it cannot."""
    if _FAMILIES[name].asynchronous:
        return None
    return UsageError(f"{name} has no asyncio client", "add --set client=httpx, or use --executor threads,processes")


def open_client(name: str, options: ClientOptions) -> Any:
    """A client whose `get` and `close` are plain functions."""
    return import_module(_FAMILIES[name].module).Client(options)


def open_async_client(name: str, options: ClientOptions) -> Any:
    """A client whose `get` and `close` are coroutines."""
    return import_module(_FAMILIES[name].module).AsyncClient(options)
