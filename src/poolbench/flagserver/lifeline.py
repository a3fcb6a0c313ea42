"""How the server's process notices that its parent is gone: even killed, even if others hold the pipe."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_S = 0.25
"""How often the parent's process id is looked at, in seconds."""


def watch_parent(parent: int, stop: Callable[[], None]) -> None:
    """Call `stop` on the running loop once the process `parent` is gone."""
    loop = asyncio.get_running_loop()
    threading.Thread(target=_await_end, args=(loop, stop), daemon=True).start()
    if sys.platform != "win32":  # where an orphan keeps its parent's number
        seen = os.getppid()
        if seen != parent and not _alive(parent):
            stop()
        _poll(loop, seen, stop)


def _await_end(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    # The bare descriptor: a thread in sys.stdin's lock would hold up the interpreter's exit.
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    with contextlib.suppress(RuntimeError):  # the loop is closed already
        loop.call_soon_threadsafe(stop)


def _poll(loop: asyncio.AbstractEventLoop, seen: int, stop: Callable[[], None]) -> None:
    if os.getppid() != seen:
        stop()
    else:
        loop.call_later(POLL_S, _poll, loop, seen, stop)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
