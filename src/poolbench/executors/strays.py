"""Children that tasks fork and forget to end: each would go on as a second worker, with the same pipes and files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

here = False
"""Whether this process is one. Looked at after each task, so nothing but a name to look up."""
_around: set[CodeType] = set()
_Function = TypeVar("_Function", bound="Callable[..., Any]")


def task(function: _Function) -> _Function:
    """Marks a function that runs one task."""
    _around.add(function.__code__)
    return function


def inside_a_task(frame: FrameType | None) -> bool:
    """Whether it was called by one that is marked."""
    while frame is not None:
        if frame.f_code in _around:
            return True
        frame = frame.f_back
    return False


def end() -> None:
    """Leaves at once, with nothing flushed: that is the parent's."""
    os._exit(1)


def _born() -> None:
    global here
    here = inside_a_task(sys._getframe())  # noqa: SLF001


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_born)
