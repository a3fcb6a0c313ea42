"""Ends the workers of a pool that hangs: processes are killed, threads told to raise, and what remains is known."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from poolbench.executors import strays

if TYPE_CHECKING:
    from collections.abc import Collection
    from concurrent.futures import Executor

_GRACE_S = 0.8
"""For threads to hear that they should end; one that waits in a call does not."""
_JOIN_S = 2.0
_LOOK_EVERY_S = 0.02
_FORGET_S = 0.5
_SPIN_S, _SPIN_SHARE = 0.05, 0.5
_stuck: set[threading.Thread] = set()


class StuckError(RuntimeError):
    """Threads that are inside a task and cannot be ended."""


class _EndedError(BaseException):
    """Raised inside a task that is overdue."""


def close(executor: Executor, *, overdue: bool) -> None:
    """Waits for what runs, or ends it if it is `overdue`; StuckError for threads that do not let themselves be."""
    if not overdue:
        executor.shutdown(wait=True)
        return
    end_processes(executor)
    left = _end(_threads(executor))
    if left:
        _stuck.update(left)
        raise StuckError(f"{len(left)} of its threads cannot be ended")


def end_processes(executor: Executor) -> None:
    """Shuts it down without waiting, and kills the worker processes that it has; threads go on.

    What waits has been cancelled already: not every executor can do it here.
    """
    processes = list((getattr(executor, "_processes", None) or {}).values())
    manager = getattr(executor, "_executor_manager_thread", None)
    if isinstance(executor, ProcessPoolExecutor):
        executor.shutdown(wait=False, cancel_futures=True)
        _forget_cancelled(manager)
    else:
        executor.shutdown(wait=False)
    for process in processes:
        with suppress(Exception):  # it may have ended by itself, or belong to a library's own kind of pool
            process.kill()
    if manager is not None:
        manager.join(_JOIN_S)


def _forget_cancelled(manager: Any) -> None:
    """Waits until the pool's own thread has let them go: if a worker dies before, it fails on them (CPython 3.11)."""
    until = time.monotonic() + _FORGET_S
    while time.monotonic() < until:
        waiting = list(getattr(manager, "pending_work_items", {}).values())
        if not any(each.future.cancelled() for each in waiting):
            return
        time.sleep(_LOOK_EVERY_S / 4)


def _threads(executor: Executor) -> list[threading.Thread]:
    """Of a pool that keeps them as `ThreadPoolExecutor` does."""
    found: Any = getattr(executor, "_threads", ())
    return [each for each in found if isinstance(each, threading.Thread)] if isinstance(found, set) else []


def _end(threads: Collection[threading.Thread]) -> list[threading.Thread]:
    """Those that are still there after they were told again and again."""
    until = time.monotonic() + _GRACE_S
    while (alive := [each for each in threads if each.is_alive()]) and time.monotonic() < until:
        for each in filter(_inside_a_task, alive):
            _raise_in(each)
        time.sleep(_LOOK_EVERY_S)
    return alive


def _inside_a_task(thread: threading.Thread) -> bool:
    """Elsewhere, in the pool's own code, the exception would end up on the terminal."""
    return strays.inside_a_task(sys._current_frames().get(thread.ident or 0))  # noqa: SLF001  there is no other way


def _raise_in(thread: threading.Thread) -> None:
    with suppress(AttributeError):  # an interpreter that is not CPython
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_EndedError))


def stuck() -> list[threading.Thread]:
    """Workers that were given up and are still inside a task."""
    _stuck.difference_update([each for each in _stuck if not each.is_alive()])
    return [*_stuck]


def spinning() -> bool:
    """Whether one of them computes, which slows whatever runs beside it; takes 50 ms if there are any."""
    if not stuck():
        return False
    wall, cpu = time.perf_counter(), time.process_time()
    time.sleep(_SPIN_S)
    return time.process_time() - cpu > _SPIN_SHARE * (time.perf_counter() - wall)
