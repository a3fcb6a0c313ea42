"""Work that two processes share, once nothing is measured any more: charts are drawn in half the time."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from poolbench.interrupts import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

    T = TypeVar("T")

_MOST = 10_000
"""Calls: a pipe holds so many numbers."""
_WORD = 4
"""Bytes of a number."""
_PATIENCE, _LEAST_PATIENCE_S = 4.0, 5.0
"""How long a helper may take when nothing is left: so many times what all else took, and at least this."""


def called(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each call returns, in order. A helper makes some of them where that is safe.

    It is a fork, which imports nothing anew: to start it and to hear from it takes as long as a tenth of a chart. What
    it does not do, for whatever reason, is done here: an error is raised where the caller hears of it.
    """
    if not 1 < len(calls) <= _MOST or not _can_fork():
        return [call() for call in calls]
    left = _numbers(len(calls))
    try:
        found = _shared(calls, left)
    finally:
        os.close(left)
    return [found[at] if at in found else call() for at, call in enumerate(calls)]


def _can_fork() -> bool:
    """Linux, a second core, no thread that may hold a lock at that moment, and no worker that may have no children."""
    alone = threading.active_count() == 1 and not multiprocessing.current_process().daemon
    return sys.platform == "linux" and alone and len(os.sched_getaffinity(0)) > 1


def _numbers(count: int) -> int:
    """A pipe of which both read, number by number, what is left: without a lock that a helper could die with.

    The last first: of charts that is the largest.
    """
    reading, writing = os.pipe()
    os.write(writing, b"".join(number.to_bytes(_WORD, "little") for number in reversed(range(count))))
    os.close(writing)
    return reading


def _taken(left: int) -> Iterator[int]:
    while word := os.read(left, _WORD):
        yield int.from_bytes(word, "little")


def _shared(calls: Sequence[Callable[[], T]], left: int) -> dict[int, T]:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    helper = context.Process(target=_help, args=(sender, calls, left), daemon=True)
    with held(), warnings.catch_warnings():  # Ctrl-C is for the parent
        # Of threads below Python: numpy's, which know of forks.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            helper.start()
        except OSError:  # no room for another process
            return {}
    sender.close()
    try:
        began = time.monotonic()
        ours = {at: calls[at]() for at in _taken(left)}
        return ours | _heard(receiver, time.monotonic() - began)
    finally:
        helper.kill()
        helper.join()
        receiver.close()


def _help(sender: Connection, calls: Sequence[Callable[[], T]], left: int) -> None:
    from poolbench.executors.lifeline import begin

    begin()
    with suppress(Exception):  # the parent meets it when it does the same
        sender.send({at: calls[at]() for at in _taken(left)})


def _heard(receiver: Connection, so_far_s: float) -> dict[int, T]:
    """What the helper says; nothing if it ended without a word, or takes too long."""
    with suppress(EOFError):
        if receiver.poll(max(_LEAST_PATIENCE_S, _PATIENCE * so_far_s)):
            said: dict[int, T] = receiver.recv()
            return said
    return {}
