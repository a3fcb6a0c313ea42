"""How long a task may take: nothing is timed for each task, the parent notices that nothing ends any more."""

from __future__ import annotations

import contextlib
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from poolbench.units import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType

_LOOKS = 4
"""How often in that time it is looked: an overdue task is noticed after at most a quarter more."""
_SHORTEST_S = 1e-3
"""Between two looks: one takes microseconds itself."""
START_S = 60.0
"""How long a worker's start may take, its set-up included: it is no part of a task."""


class TaskTimeoutError(KeyboardInterrupt):
    """No task has ended for as long as one may take.

    A KeyboardInterrupt, since it must pass through a task's `except Exception` and out of an event loop as that does.
    """

    def __init__(self, patience_s: float, what: str = "a task") -> None:
        super().__init__(f"{what} took longer than {duration(patience_s)}")


@contextmanager
def watched(done: Callable[[], int], patience_s: float | None, what: str = "a task") -> Iterator[None]:
    """Raises TaskTimeoutError in the main thread, in the midst of whatever it does, once `done` stands still so long.

    `done` counts what has ended, tasks or else `what`. By SIGALRM: elsewhere than in the main thread, and on Windows,
    nothing is watched.
    """
    if patience_s is None or not _able():
        yield
        return
    seen, still, over = 0, 0, False

    def look(number: int, frame: FrameType | None) -> None:
        nonlocal seen, still
        del number
        now = done()
        seen, still = now, still + 1 if now == seen else 0
        if still >= _LOOKS and not over and not _ours(frame):  # again and again, since a task may swallow it
            raise TaskTimeoutError(patience_s, what)

    before = signal.signal(signal.SIGALRM, look)
    step_s = max(patience_s / _LOOKS, _SHORTEST_S)
    timer = signal.setitimer(signal.ITIMER_REAL, step_s, step_s)
    try:
        yield
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)  # the caller's own, who waits a little longer


def start_watched(done: Callable[[], int], what: str = "a worker's set-up") -> AbstractContextManager[None]:
    """The same where workers are set up, or give back what they were set up with."""
    return watched(done, START_S, what)


def _ours(frame: FrameType | None) -> bool:
    """Whether the alarm came in the midst of what puts all back as it was."""
    return frame is not None and frame.f_code.co_filename in (__file__, contextlib.__file__)


def _able() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
