"""Ctrl-C and SIGTERM on the command line: the first keeps what was measured and ends soon, the second ends at once."""

from __future__ import annotations

import _thread
import gc
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolbench.statuses import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_exit = os._exit  # a sweep keeps tasks from calling it
GRACE_S = 1.5
"""How long the end may take after the first signal, whatever hangs: then it is made."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
_CLEANER = "multiprocessing.resource_tracker"
"""Of worker processes that were not forked: it removes their semaphores."""


@dataclass
class _State:
    owner: int = 0
    """The process that the handlers are of; 0 where they are not installed."""
    seen: bool = False
    shields: int = 0
    pending: bool = False


_state = _State()
rubbish: set[str] = set()
"""Folders that go with the process, even where it is ended in a hurry."""


@contextmanager
def handled() -> Iterator[None]:
    """Installs the handlers for the time of a command; nothing where the caller is not the main thread."""
    if threading.current_thread() is not threading.main_thread() or _state.owner:
        yield
        return
    before = {each: signal.getsignal(each) for each in SIGNALS}
    _state.owner, _state.seen, _state.pending = os.getpid(), False, False  # first: a handler without owner is deaf
    try:
        for each in SIGNALS:
            signal.signal(each, _handle)
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) == _handle and handler is not None:
                signal.signal(number, handler)
        _state.owner = 0


@contextmanager
def shielded() -> Iterator[None]:
    """A signal that comes in here is answered at the end: what is being written is written whole."""
    _state.shields += 1
    try:
        yield
    finally:
        _state.shields -= 1
        if _state.pending and not _state.shields:
            _state.pending = False
            raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Processes that are born in here hear no Ctrl-C until they have been told to leave it to their parent."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def from_outside() -> bool:
    """Whether the KeyboardInterrupt that comes out of a task in the main thread was somebody's: tasks raise it too."""
    return _state.owner != os.getpid() or _state.seen


def _handle(number: int, frame: FrameType | None) -> None:
    del frame
    if os.getpid() != _state.owner:  # a worker that was forked a moment ago: the parent decides
        if number == signal.SIGTERM:
            _exit(128 + number)
        return
    if _state.seen:
        end_now()
    _state.seen = True
    with suppress(RuntimeError):  # where tasks took all threads that there are, a second signal ends
        # Not threading.Thread: the main thread may hold the locks that starting one takes.
        _thread.start_new_thread(_count_down, ())
    if _state.shields:
        _state.pending = True
    else:
        raise KeyboardInterrupt


def _count_down() -> None:
    time.sleep(GRACE_S)
    end_now()


def end_now(status: int = INTERRUPTED) -> None:
    """Ends the process and all below it, and removes what it keeps in memory. Rows are on the disk already."""
    with suppress(Exception):
        kill_descendants()
    if rubbish:
        from shutil import rmtree

        for folder in [*rubbish]:
            rmtree(folder, ignore_errors=True)
    _exit(status)


def kill_descendants() -> None:
    """Workers, the server, and what tasks started; but for what cleans up once all others are gone."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if _CLEANER not in " ".join(process.cmdline()):
                process.kill()


def leave(status: int) -> int:
    """The exit status, or the exit itself where the interpreter would not end with it.

    Threads that cannot be ended would keep it waiting. And CPython ends by SIGINT if a KeyboardInterrupt ever went
    through `exec` or `eval` of a string, as where a module that defines a dataclass is imported, though it was caught.
    """
    # All is done and written: whoever interrupts the interpreter's own end changes nothing.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if _state.seen:
        kill_descendants()
    others = [each for each in threading.enumerate() if each is not threading.main_thread() and not each.daemon]
    if others or _state.seen:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        end_now(status)
    gc.freeze()  # the interpreter's end would look through all that there is: half a second where charts were drawn
    return status
