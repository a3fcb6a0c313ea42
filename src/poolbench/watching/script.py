"""What a program does with futures, on a thread of its own: submit all, then ask for results."""

from __future__ import annotations

import reprlib
import threading
from concurrent.futures import CancelledError, wait
from functools import partial
from queue import SimpleQueue
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import describe
from poolbench.watching.events import Collecting, Counted, Finished, Over, Result, Scheduled, states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from poolbench.watching.events import Event
    from poolbench.watching.stages import Stage

_MOMENT_S = 0.5
"""A worker that is free takes up what was submitted long before; futures that never say `running()` are found out."""
_LOOK_EVERY_S = 0.0005


class Script:
    """Runs once. `futures` grows as tasks are submitted."""

    def __init__(
        self,
        stage: Stage,
        items: Sequence[Any],
        workers: int,
        submission: str,
        check: Callable[[Any, Any], str],
        tell: Callable[[Event], None],
        stopped: threading.Event,
    ) -> None:
        self.futures: list[Future[Any]] = []
        self._stage = stage
        self._items = items
        self._workers = workers
        self._ordered = submission == "map"
        self._says_running = True
        self._done: SimpleQueue[int] = SimpleQueue()
        self._check = check
        self._found: dict[int, str] = {}
        self._judging = threading.Lock()
        self._tell = tell
        self._stopped = stopped

    def run(self) -> None:
        """From the first submission to the last result."""
        trouble = ""
        try:
            for task, item in enumerate(self._items):
                if self._stopped.is_set():
                    break
                self._schedule(task, item)
            now = perf_counter()
            self._tell(Counted(now, states(self.futures), scheduled=True))
            results = in_order(self.futures) if self._ordered else as_completed(self._done, len(self.futures))
            self._tell(Collecting(perf_counter(), repr(results)))
            for task in results:
                if self._stopped.is_set():
                    break
                self._tell(self._result(task))
        except Exception as problem:  # noqa: BLE001  such as a pool that broke while tasks were submitted
            trouble = describe(problem)
        self._tell(Over(perf_counter(), trouble))

    def _schedule(self, task: int, item: Any) -> None:
        future = self._stage.submit((task, item))
        self.futures.append(future)
        future.add_done_callback(partial(self._finish, task))
        if task < self._workers and self._says_running:
            self._says_running = _runs(future)
        self._tell(Scheduled(perf_counter(), task, repr(future)))

    def _finish(self, task: int, future: Future[Any]) -> None:
        self._tell(Finished(perf_counter(), task, self._failure(task, future)))
        self._done.put(task)

    def _failure(self, task: int, future: Future[Any]) -> str:
        """Of a future that is done; a check is the user's code and may be slow, so it runs once for each task."""
        with self._judging:
            if task not in self._found:
                self._found[task] = self._judge(task, future)
            return self._found[task]

    def _judge(self, task: int, future: Future[Any]) -> str:
        if future.cancelled():
            return CancelledError.__name__
        problem = future.exception()
        if problem is not None:
            return describe(problem)
        try:
            return self._check(self._items[task], future.result())
        except Exception as odd:  # noqa: BLE001  a value that cannot even be looked at is a wrong one
            return describe(odd)

    def _result(self, task: int) -> Result:
        future = self.futures[task]
        failure = self._failure(task, future)
        value = "" if future.cancelled() or future.exception() else _shown(future.result())
        return Result(perf_counter(), task, repr(future), value, failure)


def _runs(future: Future[Any]) -> bool:
    """Whether a free worker has taken it up, after the moment that this takes."""
    deadline = perf_counter() + _MOMENT_S
    while not (future.running() or future.done()):
        if perf_counter() > deadline:
            return False
        sleep(_LOOK_EVERY_S)
    return True


def in_order(futures: Sequence[Future[Any]]) -> Iterator[int]:
    """Tasks in the order of submission, each once its future is done: the first may hold up all others."""
    for task, future in enumerate(futures):
        wait([future])
        yield task


def as_completed(done: SimpleQueue[int], count: int) -> Iterator[int]:
    """Tasks in the order in which their futures were done."""
    for _ in range(count):
        yield done.get()


def _shown(value: Any) -> str:
    """On one line, and not too long."""
    try:
        return " ".join(reprlib.repr(value).split())
    except Exception:  # noqa: BLE001  the value is a stranger's
        return f"<{type(value).__name__}>"
