"""Python's garbage collector, kept from where it costs time and finds nothing."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_aside = False
"""Whether there is a `set_aside` around; to ask the collector takes as long as a collection."""
_left = False
"""Whether garbage may have been passed over. What was set aside counts as old, and of the old the collector does not
look for garbage by itself: a process that draws again and again would grow."""


@contextmanager
def set_aside(*, clean: bool = True) -> Iterator[None]:
    """Inside, collections of garbage pass over what is there now: trials begin with one, figures leave much.

    Not `clean`: garbage that is there stays until the next time, or until the end, which costs less than to find it.
    """
    global _aside, _left
    if clean or _left:
        gc.collect()
    _left = not clean
    gc.freeze()
    _aside = True
    try:
        yield
    finally:
        _aside = False
        gc.unfreeze()


def set_aside_too() -> None:
    """Inside `set_aside`, also what has come since, such as modules that the first trial imported.

    Else the collection of every trial passes over all of it: 6 ms each where httpx is among it.
    """
    if _aside:
        gc.collect()
        gc.freeze()


@contextmanager
def collector_paused() -> Iterator[None]:
    """As `timeit` does: a collection in one cell and not in another would be told apart as speed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
