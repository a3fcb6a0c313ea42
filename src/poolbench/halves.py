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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    T = TypeVar("T")

_WORTH = 4
"""Calls: to fork and to hear from the helper takes as long as some tenth of a chart."""
_PATIENCE, _LEAST_PATIENCE_S = 4.0, 5.0
"""How long a helper may take: so many times what the other half took, and at least this."""


def called(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each call returns, in order. A helper makes every other one where that is safe.

    The helper is a fork, so that it need not import anything anew. What it does not do, for whatever reason, is done
    here: an error is raised where the caller hears of it.
    """
    if len(calls) < _WORTH or not _can_fork():
        return [call() for call in calls]
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    helper = context.Process(target=_help, args=(sender, calls[1::2]), daemon=True)
    with warnings.catch_warnings():
        # Of threads below Python: numpy's, which know of forks.
        warnings.simplefilter("ignore", DeprecationWarning)
        helper.start()
    sender.close()
    try:
        began = time.monotonic()
        ours = [call() for call in calls[::2]]
        theirs = _heard(receiver, time.monotonic() - began) or [call() for call in calls[1::2]]
    finally:
        helper.kill()
        helper.join()
        receiver.close()
    return [(ours, theirs)[at % 2][at // 2] for at in range(len(calls))]


def _can_fork() -> bool:
    """Linux, a second core, and no thread that may hold a lock at that moment."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def _help(sender: Connection, calls: Sequence[Callable[[], T]]) -> None:
    with suppress(Exception):  # the parent meets it when it does the same
        sender.send([call() for call in calls])


def _heard(receiver: Connection, other_half_s: float) -> list[T] | None:
    """What the helper says; None if it ended without a word, or takes too long."""
    try:
        return receiver.recv() if receiver.poll(max(_LEAST_PATIENCE_S, _PATIENCE * other_half_s)) else None
    except EOFError:
        return None
