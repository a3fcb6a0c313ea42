"""What a process has, and so what something has left behind in it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

_PATIENCE_S = 20.0
"""What a pool leaves behind may take a moment to end after `close`."""


@dataclass(frozen=True)
class Alive:
    """What this process has: child processes, threads, sockets."""

    processes: frozenset[int] = frozenset()
    threads: frozenset[Any] = frozenset()
    sockets: frozenset[Any] = frozenset()

    def beyond(self, before: Alive) -> Alive:
        """What is new."""
        return Alive(self.processes - before.processes, self.threads - before.threads, self.sockets - before.sockets)


def alive() -> Alive:
    """Looks now."""
    import psutil

    own = psutil.Process()
    return Alive(
        frozenset(running({each.pid for each in own.children(recursive=True)})),
        frozenset(threading.enumerate()),
        frozenset((each.fd, each.laddr, each.raddr) for each in own.net_connections("all")),
    )


def running(processes: set[int]) -> set[int]:
    """Those of them that still do, zombies left out."""
    import psutil

    found = set()
    for pid in processes:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.add(pid)
        except psutil.Error:
            continue
    return found


def settled(look: Any, wanted: Any) -> Any:
    """What `look` sees, as soon as that is `wanted`, or in the end."""
    end = time.monotonic() + _PATIENCE_S
    while (seen := look()) != wanted and time.monotonic() < end:
        time.sleep(0.02)
    return seen
