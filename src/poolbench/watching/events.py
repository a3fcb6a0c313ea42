"""What happens in a trial that is watched. `at` is a reading of `time.perf_counter`; tasks are numbered from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence
    from concurrent.futures import Future


@dataclass(frozen=True)
class States:
    """How many futures are in each state, by what they say themselves."""

    pending: int
    running: int
    finished: int


@dataclass(frozen=True)
class Scheduled:
    """A task was submitted, and its future looked at a moment later."""

    at: float
    task: int
    future: str
    """The future as Python shows it."""


@dataclass(frozen=True)
class Counted:
    """The states of all futures, whenever one has changed."""

    at: float
    states: States
    scheduled: bool = False
    """Looked at because all tasks have just been submitted."""


@dataclass(frozen=True)
class Collecting:
    """The script has its generator of results, and begins to ask it for them."""

    at: float
    results: str
    """The generator as Python shows it."""


@dataclass(frozen=True)
class Started:
    """A worker began a task."""

    at: float
    task: int
    worker: Hashable
    lane: int = -1
    """The worker's number, in the order of first tasks; -1 until it has one."""


@dataclass(frozen=True)
class Ended:
    """It ended it."""

    at: float
    task: int
    failed: bool = False
    """As far as the worker knows."""


@dataclass(frozen=True)
class Finished:
    """A future is done: its callback ran."""

    at: float
    task: int
    failure: str
    """Its exception; empty if it has a result."""


@dataclass(frozen=True)
class Result:
    """The script was given the result of a task, or its exception."""

    at: float
    task: int
    future: str
    value: str
    failure: str


@dataclass(frozen=True)
class Over:
    """The script has ended."""

    at: float
    trouble: str = ""
    """Why it ended early; empty if it did not."""


Event = Scheduled | Counted | Collecting | Started | Ended | Finished | Result | Over


@dataclass(frozen=True)
class Scene:
    """What a view knows before anything happens."""

    workload: str
    params: str
    """As in the CSV."""
    executor: str
    workers: int
    submission: str
    labels: Sequence[str]
    """What each task is called: `BD`."""
    doings: Sequence[str]
    """What it does: `downloading`."""
    began: float
    """A reading of `time.perf_counter`."""
    epoch_s: float
    """Of `time.time` at that moment."""
    options: str = ""
    """As in the CSV."""

    @property
    def call(self) -> str:
        """The workload's short name, as of a function."""
        return self.workload.rpartition(":")[2]

    def name(self, task: int) -> str:
        """`loiter(3)`."""
        return f"{self.call}({self.labels[task]})"


class View(Protocol):
    """Shows a trial. A context manager around it."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def tell(self, event: Event) -> None:
        """One event, in order of time; the board has been told of it already."""

    def tick(self, now: float) -> None:
        """Time passes, also where nothing happens."""


def states(futures: Iterable[Future[Any]]) -> States:
    """Of each future what `done()` and `running()` say; one that was cancelled is finished too."""
    pending = running = finished = 0
    for future in futures:
        if future.done():
            finished += 1
        elif future.running():
            running += 1
        else:
            pending += 1
    return States(pending, running, finished)
