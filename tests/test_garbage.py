"""What the collector is kept from, and gets back."""

from __future__ import annotations

import gc
import weakref

import pytest

from poolbench.garbage import set_aside, set_aside_too


def test_what_came_since_is_set_aside_too() -> None:
    with set_aside():
        before = gc.get_freeze_count()
        kept: list[list[object]] = [[] for _ in range(1000)]
        set_aside_too()
        assert gc.get_freeze_count() >= before + len(kept)
    assert gc.get_freeze_count() == 0


def test_outside_nothing_is_set_aside() -> None:
    gc.unfreeze()
    set_aside_too()
    assert gc.get_freeze_count() == 0


class Figure:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.parametrize("clean", [True, False])
def test_garbage_that_is_passed_over_is_found_the_next_time(clean: bool) -> None:
    with set_aside():
        pass
    figure = weakref.ref(Figure())
    with set_aside(clean=False):
        assert figure() is not None
    assert figure() is not None
    with set_aside(clean=clean):
        assert figure() is None
