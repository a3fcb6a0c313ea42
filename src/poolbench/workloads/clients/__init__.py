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
    """The package, as it is imported."""
    install: str
    """What pip is told."""
    plain: bool
    asynchronous: bool


_FAMILIES = {
    "httpx": _Family(f"{__name__}.httpx_client", "httpx", "httpx", plain=True, asynchronous=True),
    "requests": _Family(f"{__name__}.requests_client", "requests", "requests", plain=True, asynchronous=False),
    "aiohttp": _Family(f"{__name__}.aiohttp_client", "aiohttp", "'poolbench[aiohttp]'", plain=False, asynchronous=True),
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
    if tip := missing(name):
        raise UsageError(f"client {name} is not installed", tip)


def missing(name: str) -> str:
    """What to type before the client `name` can be used; empty if it is there."""
    family = _FAMILIES[name]
    return f"pip install {family.install}" if find_spec(family.needs) is None else ""


def load(name: str) -> None:
    """Imports what the client `name` needs."""
    import_module(_FAMILIES[name].module)


def lacks_plain(name: str) -> UsageError | None:
    """Why threads and processes cannot use the client `name`, if they cannot."""
    if _FAMILIES[name].plain:
        return None
    return UsageError(f"{name} has only an asyncio client", "add --set client=httpx, or use --executor asyncio")


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
