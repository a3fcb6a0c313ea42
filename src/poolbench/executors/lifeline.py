"""How a worker process begins: Ctrl-C is left to its parent, and it ends with its parent, even a killed one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from typing import Any

POLL_S = 0.5
"""How often the parent is looked for, in seconds."""
_PR_SET_PDEATHSIG = 1


def leave_interrupts_to_the_parent() -> None:
    """Ctrl-C reaches the whole process group; a worker that answered it would print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def hear_of_the_parents_end(number: int) -> None:
    """From now on this process gets that signal once its parent is gone, even a killed one; on Linux."""
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def begin() -> None:
    """The initializer of every worker process of ours."""
    leave_interrupts_to_the_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # as it was held for its birth
    Finalize(None, _wait_for_nobody, exitpriority=0)
    sentinel = getattr(multiprocessing.parent_process(), "sentinel", None)  # loky's workers have a parent without one
    watched = [] if sentinel is None else [sentinel]
    threading.Thread(target=_end_with_parent, args=(os.getppid(), watched), daemon=True).start()


def _wait_for_nobody() -> None:
    """At the end of a worker: threads and processes that tasks left running in it would keep it, and so its pool."""
    main = threading.current_thread()
    if any(each is not main and not each.daemon for each in threading.enumerate()) or multiprocessing.active_children():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(0)


def _end_with_parent(seen: int, sentinel: list[Any]) -> None:
    """A forked sibling holds the parent's pipe open, and a fork server stays the parent: either sign is enough."""
    # Windows keeps the number of a parent that is gone.
    while not wait(sentinel, POLL_S) and (sys.platform == "win32" or os.getppid() == seen):
        pass
    os._exit(1)
