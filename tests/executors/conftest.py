from __future__ import annotations

import multiprocessing
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from poolbench.testing.acting import ActingWorkload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from poolbench.executors.base import Pool

HELPERS = ("forkserver", "resource_tracker")
"""multiprocessing and loky keep these for the rest of the program."""


def children() -> set[int]:
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it ends just now
            helper = any(each in " ".join(process.cmdline()) for each in HELPERS)
            # A forked child of the fork server shows its parent's command line; nothing but it has a process above it.
            if process.status() != psutil.STATUS_ZOMBIE and not (helper and process.ppid() == psutil.Process().pid):
                found.add(process.pid)
    return found


def gone(pids: set[int]) -> bool:
    """The fork server reaps its children a moment after their parent has let go of them."""
    processes = [each for each in psutil.process_iter() if each.pid in pids]
    return not psutil.wait_procs(processes, timeout=30)[1]


def fed(threads: set[threading.Thread]) -> None:
    """loky does not wait for the thread that feeds its queue, which ends a moment after the pool."""
    for each in threads:
        if each.name == "QueueFeederThread":
            each.join(30)


@pytest.fixture
def leaves_nothing() -> Callable[[], Any]:
    """A context at whose end there are the threads and the processes that there were before."""

    @contextmanager
    def watch() -> Iterator[None]:
        threads, before = set(threading.enumerate()), children()
        yield
        fed(set(threading.enumerate()) - threads)
        assert set(threading.enumerate()) <= threads
        assert multiprocessing.active_children() == []
        assert gone(children() - before)

    return watch


@pytest.fixture
def acting(tmp_path: Path) -> Callable[..., ActingWorkload]:
    def make(items: list[Any], breaks: str = "") -> ActingWorkload:
        return ActingWorkload(items, tmp_path / "log", breaks)

    return make


@pytest.fixture
def opened() -> Iterator[Callable[[Pool], Pool]]:
    """Opens pools and closes them at the end, whatever happens."""
    pools: list[Pool] = []

    def open_pool(pool: Pool) -> Pool:
        pools.append(pool)
        pool.open()
        return pool

    yield open_pool
    for pool in pools:
        pool.close()
