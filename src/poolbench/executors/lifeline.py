"""How a worker process begins: Ctrl-C is left to its parent, and it ends with its parent, even a killed one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait
from typing import Any

POLL_S = 0.5
"""How often the parent is looked for, in seconds."""


def leave_interrupts_to_the_parent() -> None:
    """Ctrl-C reaches the whole process group; a worker that answered it would print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def begin() -> None:
    """The initializer of every worker process of ours."""
    leave_interrupts_to_the_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # as it was held for its birth
    parent = multiprocessing.parent_process()
    sentinel = [parent.sentinel] if parent is not None else []
    threading.Thread(target=_end_with_parent, args=(os.getppid(), sentinel), daemon=True).start()


def _end_with_parent(seen: int, sentinel: list[Any]) -> None:
    """A forked sibling holds the parent's pipe open, and a fork server stays the parent: either sign is enough."""
    # Windows keeps the number of a parent that is gone.
    while not wait(sentinel, POLL_S) and (sys.platform == "win32" or os.getppid() == seen):
        pass
    os._exit(1)
