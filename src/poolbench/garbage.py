"""Python's garbage collector, kept from where it costs time and finds nothing."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def set_aside() -> Iterator[None]:
    """Inside, collections of garbage pass over what is there now: trials begin with one, figures leave much."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def set_aside_too() -> None:
    """Inside `set_aside`, also what has come since, such as modules that the first trial imported.

    Else every trial's collection passes over all of it: 6 ms each where httpx is among it.
    """
    if gc.get_freeze_count():
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
