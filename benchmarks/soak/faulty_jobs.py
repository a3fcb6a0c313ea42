"""Tasks that do what tasks should not, each at item 3."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import Any

BAD = 3


class StubbornError(Exception):
    """Cannot be pickled, and has no text."""

    def __init__(self) -> None:
        super().__init__(threading.Lock())

    def __str__(self) -> str:
        raise RuntimeError("no text")


def _stubborn() -> None:
    raise StubbornError


def _loop() -> None:
    while True:
        pass


def _deaf_loop() -> None:
    while True:
        with contextlib.suppress(Exception):
            _loop()


def _die() -> None:
    """As the kernel does when memory is full; in poolbench's own process it would be poolbench that dies."""
    if multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    raise MemoryError


def _fork() -> None:
    if os.fork() == 0:
        time.sleep(300)
        os._exit(0)


def _forget() -> None:
    os.fork()  # and the child goes on as its parent does


def _thread() -> None:
    threading.Thread(target=time.sleep, args=(300,)).start()


def _files() -> None:
    _held.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(50))


def _print() -> None:
    sys.stdout.write("x" * 2_000_000 + "\n")


def _folder() -> None:
    os.chdir("/")


def _handler() -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _segfault() -> None:
    if multiprocessing.parent_process() is None:
        raise MemoryError
    ctypes.string_at(0)


_held: list[int] = []
FAULTS: dict[str, tuple[Any, str]] = {
    "unpicklable": (_stubborn, "failed"),
    "os_exit": (lambda: os._exit(3), "failed crashed"),
    "sys_exit": (lambda: sys.exit("leaving"), "failed"),
    "interrupt": (_interrupt, "failed"),
    "killed": (_die, "failed crashed"),
    "segfault": (_segfault, "failed crashed"),
    "endless": (_loop, "timeout failed skipped"),
    "endless_deaf": (_deaf_loop, "timeout failed skipped"),
    "blocked": (lambda: time.sleep(300), "timeout skipped"),
    "forks": (_fork, "ok"),
    "forgets_a_child": (_forget, "ok"),
    "leaks_threads": (_thread, "ok"),
    "leaks_files": (_files, "ok"),
    "prints": (_print, "ok"),
    "chdir": (_folder, "ok"),
    "handlers": (_handler, "ok"),
}
"""By name: what happens, and which outcomes are right."""


def _touch(item: int) -> int:
    name = os.environ["POOLBENCH_FAULT"]
    if item == BAD and name:
        FAULTS[name][0]()
    return item


def plain(item: int) -> int:
    """On threads and processes."""
    return _touch(item)


async def coroutine(item: int) -> int:
    """On asyncio."""
    await asyncio.sleep(0)
    return _touch(item)
