"""Runs the flag server in this process, on asyncio's own loop, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from poolbench.errors import UsageError
from poolbench.flagserver.drawing import all_flags
from poolbench.flagserver.protocol import FlagProtocol
from poolbench.flagserver.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from poolbench.flagserver.options import ServerOptions

BACKLOG = 4096
"""Connections that may wait to be accepted: a short queue drops some, and each costs the client a second."""
MAX_CONNECTIONS = 4096
IDLE_S = 60.0
"""A connection may be silent, or take over a request, for as long as this, and at most twice as long."""
_SPARE_FILES = 64  # for everything but connections: standard streams, modules, the loop


def serve_forever(options: ServerOptions, ready: Callable[[str], None]) -> None:
    """Serve flags until Ctrl-C or SIGTERM, then return.

    `ready` is called with the base URL, such as `http://127.0.0.1:8002`, once requests are answered.
    Raises `UsageError` if the address cannot be listened on.
    """
    with contextlib.suppress(KeyboardInterrupt):
        run(options, ready)


def run(
    options: ServerOptions,
    ready: Callable[[str], None],
    watch: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Serve until SIGTERM, or until the function that `watch` is given is called from the loop's thread.

    Ctrl-C raises `KeyboardInterrupt` here, once the server is closed.
    """
    # Not uvloop, whatever the policy says: its timers fire up to a millisecond early.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(_serve(options, ready, watch))


async def _serve(
    options: ServerOptions, ready: Callable[[str], None], watch: Callable[[Callable[[], None]], None] | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Unix only, and only in the main thread; elsewhere SIGTERM does what it does.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    if watch is not None:
        watch(stop.set)
    async with listening(options) as url:
        ready(url)
        await stop.wait()


@contextlib.asynccontextmanager
async def listening(options: ServerOptions, flags: Mapping[str, bytes] | None = None) -> AsyncIterator[str]:
    """Serve `flags`, or all twenty, on the running loop: the base URL; at the end the connections are cut."""
    loop = asyncio.get_running_loop()
    service = Service(options, flags or all_flags(), loop, _room())
    try:
        server = await loop.create_server(lambda: FlagProtocol(service), options.host, options.port, backlog=BACKLOG)
    except OSError as error:
        raise _cannot_listen(options, error) from None
    broom = asyncio.create_task(_sweep_out(service))
    try:
        yield _url(options.host, server.sockets[0].getsockname()[1])
    finally:
        broom.cancel()
        server.close()
        for connection in list(service.connections):
            connection.abort()
        await asyncio.sleep(0)  # the transports close their sockets in the loop's next round


async def _sweep_out(service: Service) -> None:
    """Cuts connections that ask for nothing: no request pays for a timer of its own."""
    while True:
        await asyncio.sleep(IDLE_S)
        for connection in list(service.connections):
            connection.cut_if_idle()


def _cannot_listen(options: ServerOptions, error: OSError) -> UsageError:
    # A name that does not resolve has a negative code and a text of its own.
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
    tip = "choose another with --port, or --port 0 for any free one"
    return UsageError(f"cannot listen on {options.host}:{options.port} ({reason[:1].lower()}{reason[1:]})", tip)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _room() -> int:
    """How many connections the system lets this process have, at most `MAX_CONNECTIONS`."""
    try:
        import resource
    except ImportError:  # Windows, where select() takes 512 sockets
        return 512 - _SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + _SPARE_FILES
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft < 0 else min(MAX_CONNECTIONS, soft - _SPARE_FILES)
