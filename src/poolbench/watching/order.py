"""Puts what several threads and processes tell into the order of time."""

from __future__ import annotations

import heapq
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from poolbench.watching.events import Ended, Event, Finished, Result, Started

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence
    from concurrent.futures import Future

LAG_S = 0.05
"""Events are kept for so long: what happened before them may still be on its way."""
PATIENCE_S = 1.0
"""For the report of a worker whose future is done; afterwards it is taken for lost."""


class Order:
    """Events go in as they come, and out by time, with the lanes of their workers.

    A future is done a moment after its worker has said so: it waits for that report. Where workers do not report, a
    task is taken to start when its future says `running()`, and to end when that is done.
    """

    def __init__(self, *, reporting: bool) -> None:
        self._reporting = reporting
        self._waiting: list[tuple[float, int, Event]] = []
        self._serial = count()
        self._ended: set[int] = set()
        self._lanes: dict[Hashable, int] = {}
        self._guessed: dict[int, int] = {}

    def __bool__(self) -> bool:
        """Whether any event is left."""
        return bool(self._waiting)

    def add(self, event: Event) -> None:
        """From the thread that takes them out again."""
        heapq.heappush(self._waiting, (event.at, next(self._serial), event))
        if isinstance(event, Ended):
            self._ended.add(event.task)
        elif isinstance(event, Finished) and not self._reporting and event.task in self._guessed:
            self.add(Ended(event.at, event.task, bool(event.failure)))

    def guess(self, futures: Sequence[Future[Any]], now: float) -> None:
        """Looks for tasks that have started; does nothing where workers say so themselves."""
        if self._reporting:
            return
        for task, future in enumerate(futures):
            if task not in self._guessed and future.running():
                busy = {lane for each, lane in self._guessed.items() if each not in self._ended}
                self._guessed[task] = next(lane for lane in count() if lane not in busy)
                self.add(Started(now, task, self._guessed[task]))

    def ready(self, now: float) -> Iterator[Event]:
        """Those that nothing earlier can follow any more."""
        while self._waiting and self._waiting[0][0] <= now - LAG_S:
            event = self._waiting[0][2]
            if self._too_early(event) and now - event.at < PATIENCE_S:
                return
            heapq.heappop(self._waiting)
            yield self._placed(event)

    def _too_early(self, event: Event) -> bool:
        """Whether the worker's own report is still missing."""
        cancelled = isinstance(event, Finished | Result) and event.failure == "CancelledError"
        return (
            self._reporting and isinstance(event, Finished | Result) and event.task not in self._ended and not cancelled
        )

    def _placed(self, event: Event) -> Event:
        if not isinstance(event, Started):
            return event
        return replace(event, lane=self._lanes.setdefault(event.worker, len(self._lanes)))
