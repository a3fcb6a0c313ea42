"""What tasks change of the process they run in, and leave behind in it: put back, so that later trials are alike."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, Self, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import psutil

    from poolbench.executors.base import Kind
    from poolbench.workloads.base import Workload

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGALRM") if hasattr(signal, name)]
_HELPERS = ("multiprocessing.forkserver", "resource_tracker")
"""Processes that multiprocessing, and libraries like it, keep for the rest of the program."""


@contextmanager
def kept() -> Iterator[None]:
    """Restores what tasks may have changed: the working directory, the handlers of signals and the alarm, the streams.

    And lets no task end this process.
    """
    main = threading.current_thread() is threading.main_thread()
    handlers = {each: signal.getsignal(each) for each in _SIGNALS} if main else {}
    alarmed = main and _alarmed()
    folder, leave, streams = _folder(), os._exit, (sys.stdout, sys.stderr)
    try:
        sys.stdout, sys.stderr = (cast("TextIO", each if each is None else _Open(each)) for each in streams)
        os._exit = _guarded(leave, os.getpid())  # type: ignore[assignment]
        yield
    finally:
        os._exit = leave
        sys.stdout, sys.stderr = streams
        if main and not alarmed and _alarmed():
            signal.setitimer(signal.ITIMER_REAL, 0)  # without its handler it would end this process
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) != handler:
                signal.signal(number, handler)
        if folder and folder != _folder():
            with suppress(OSError):
                os.chdir(folder)


class _Open:
    """A stream that tasks cannot close: poolbench writes to it too."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def close(self) -> None:
        """What a task has done with it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """As `close`."""


def _alarmed() -> bool:
    """Whether SIGALRM will come."""
    return hasattr(signal, "getitimer") and any(signal.getitimer(signal.ITIMER_REAL))


def _guarded(leave: Callable[[int], NoReturn], owner: int) -> Callable[[int], NoReturn]:
    def leave_elsewhere(status: int) -> NoReturn:
        """A worker process may end itself; here it would end the sweep."""
        if os.getpid() != owner:
            leave(status)
        raise SystemExit(f"os._exit({status})")

    return leave_elsewhere


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  compared, and given back as it is
    except OSError:  # it was removed
        return ""


def below(kind: Kind, workload: Workload) -> set[psutil.Process]:
    """The processes below this one; none is looked for where neither such a pool nor a task can start one."""
    import psutil

    if kind.shares_interpreter and not workload.starts_processes:
        return set()
    try:
        return set(psutil.Process().children(recursive=True))
    except OSError:  # tasks have taken all files that may be open
        return set()


def end(leftovers: Collection[psutil.Process]) -> int:
    """Ends those that still run, but for what multiprocessing keeps; returns how many they were.

    They are looked for before a pool is closed, since what a worker had started is below nobody after it.
    """
    import psutil

    found = [each for each in leftovers if each.is_running() and not _helps(each)]
    for each in found:
        with suppress(psutil.Error):
            each.kill()
    psutil.wait_procs(found, timeout=1)
    return len(found)


def _helps(process: object) -> bool:
    import psutil

    try:
        line = " ".join(process.cmdline())  # type: ignore[attr-defined]
        return process.status() == psutil.STATUS_ZOMBIE or any(each in line for each in _HELPERS)  # type: ignore[attr-defined]
    except psutil.Error:
        return True


def asleep_s() -> float:
    """Seconds that the machine has slept since it started, where the system tells: trials' clocks stand still then."""
    for whole, awake in (("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"), ("CLOCK_MONOTONIC", "CLOCK_UPTIME_RAW")):
        if hasattr(time, whole) and hasattr(time, awake):
            return time.clock_gettime(getattr(time, whole)) - time.clock_gettime(getattr(time, awake))
    return 0.0
