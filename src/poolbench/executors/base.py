"""What an executor is to the rest of poolbench: a kind with options, and the pool that it opens."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from poolbench import interrupts
from poolbench.errors import UsageError, unknown
from poolbench.executors.patience import TaskTimeoutError
from poolbench.executors.records import Records
from poolbench.units import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from poolbench.executors.records import Columns, Record
    from poolbench.workloads.base import AsyncJob, Job, Workload

_SHORT, _LONG = 300, 10_000
"""Characters of a stranger's text: that are kept, that are looked at."""


@dataclass(frozen=True)
class Batch:
    """A batch that ran: times are readings of `time.perf_counter`, which all processes of a machine share."""

    began: float
    """The first submission."""
    ended: float
    """The last result."""
    records: Sequence[Record]
    """In the order in which the results came."""
    cpu_elsewhere_s: float | None = None
    """CPU seconds of worker processes, where the pool itself knows; else they are told from the records."""

    @property
    def far(self) -> bool:
        """Some worker was on another machine: when it started a task, by our clock, cannot be known."""
        return any(map(is_far, self.columns.workers))

    @cached_property
    def columns(self) -> Columns:
        """The records by field."""
        records = self.records if isinstance(self.records, Records) else Records(self.records)
        return records.columns


def is_far(worker: Hashable) -> bool:
    """Whether it reads the clock of another machine."""
    return isinstance(worker, tuple) and isinstance(worker[0], str)


class Pool(Protocol):
    """Workers, from nothing to closed. `open` to `close` are called once each, `warm` at most once."""

    patience_s: float | None
    """Seconds after which a batch in which no task ends raises TaskTimeoutError; None waits for ever."""

    def open(self) -> None:
        """Returns when every worker has answered and is set up."""

    def warm(self, items: Sequence[Any]) -> None:
        """Each worker runs one of `items`, whose results and errors are dropped."""

    def run(self, items: Sequence[Any]) -> Batch:
        """Runs one task for each item. An error of a task is in its record; only a broken pool raises."""

    def close(self) -> None:
        """Ends the workers, also those of a pool that broke."""


SUBMISSIONS = ("map", "as_completed")


@dataclass(frozen=True)
class Kind:
    """A kind of executor. A third party registers one in the entry-point group `poolbench.executors`."""

    name: str
    open_pool: Callable[[Workload, int, Mapping[str, str]], Pool]
    """From a workload, the number of workers and the options; the pool is not started yet."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Its options with the values that they have when nothing is said; nothing: the option is not in force."""
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The values that an option may take, where these can be listed."""
    numbers: Sequence[str] = ()
    """Options that are whole numbers of at least 1."""
    asynchronous: bool = False
    """Runs coroutines; the others run plain functions."""
    elsewhere: bool = False
    """Workers are other processes, so a job must survive pickling."""
    shares_interpreter: bool = False
    """All workers run in one interpreter, under its GIL if it has one."""
    most_workers: int | None = None
    """More than these it never uses."""
    start_s: float = 0.001
    """Seconds that a worker takes to start and stop, roughly; for the plan of a sweep."""
    hand_over_s: float = 0.0
    """Seconds between two tasks that none of its pools can avoid, where that is more than a tenth of a millisecond."""
    fit: Callable[[Kind, Mapping[str, str]], Kind] | None = None
    """What its options make of it, such as the workers that there are; UsageError for some that exclude others."""
    outer: str = ""
    """The option that holds the number of outer workers, where these have workers of their own."""


@dataclass(frozen=True)
class Strategy:
    """A kind with all its options settled."""

    kind: Kind
    options: Mapping[str, str]
    counts: tuple[int, ...] = ()
    """Worker counts that were named with it; empty for those that everything is asked for."""

    @property
    def step(self) -> int:
        """Worker counts are multiples of this: each outer worker has as many of its own."""
        return int(self.options[self.kind.outer]) if self.kind.outer else 1

    @property
    def chosen(self) -> dict[str, str]:
        """Options that are not at their defaults."""
        return {key: value for key, value in self.options.items() if value != self.kind.defaults[key]}

    def verify(self, workload: Workload) -> None:
        """UsageError where this executor cannot run `workload`."""
        plain_or_coroutine(self.kind, workload, 1)
        reason = workload.confined() if self.kind.elsewhere else ""
        if reason:
            raise UsageError(
                f"worker processes cannot receive {workload.name} ({reason})",
                "write it as a def at the top of the file, or use --executor threads",
            )

    def pool(self, workload: Workload, workers: int) -> Pool:
        """A pool for `workload`, not yet open."""
        return self.kind.open_pool(workload, workers, self.options)


def plain_or_coroutine(kind: Kind, workload: Workload, workers: int) -> Job | AsyncJob:
    """The job that `kind` runs of `workload`; UsageError if there is none."""
    job = workload.async_job(workers) if kind.asynchronous else workload.job(workers)
    if isinstance(job, UsageError):
        raise job
    return job


def settle(kind: Kind, given: Mapping[str, str]) -> Strategy:
    """`kind` with the options `given` over its defaults; UsageError for one that it does not take."""
    for key, value in given.items():
        if key not in kind.defaults:
            raise (
                unknown(f"option of {kind.name}", key, kind.defaults)
                if kind.defaults
                else UsageError(f"{kind.name} takes no options", f"write {kind.name} alone")
            )
        if key in kind.numbers:
            positive(given, key)
        allowed = kind.choices.get(key)
        if allowed is not None and value not in allowed:
            raise unknown(f"{key} for {kind.name}", value, allowed)
    options = {key: value for key, value in {**kind.defaults, **given}.items() if value}
    return Strategy(kind.fit(kind, options) if kind.fit else kind, options)


def positive(options: Mapping[str, str], key: str) -> int:
    """The option `key` as a whole number of at least 1."""
    text = options[key]
    if not text.isdecimal() or len(text) > 9 or int(text) < 1:
        raise UsageError(f"cannot use {key}={text}", f"write a whole number, such as {key}=8")
    return int(text)


def stops(error: BaseException) -> bool:
    """Whether what came out of a task in the main thread ends the batch: Ctrl-C or a timeout, not the task's own."""
    if isinstance(error, TaskTimeoutError):
        return True
    return isinstance(error, KeyboardInterrupt) and interrupts.from_outside()


def describe(error: BaseException) -> str:
    """An error in one line: it must cross to the parent even where the error itself cannot be pickled."""
    try:
        text = one_line(str(error))
    except Exception:  # noqa: BLE001  the error is a stranger's; its text may be broken too
        text = ""
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def one_line(text: str) -> str:
    """A stranger's text as it may stand in a table, a CSV and on a terminal: short, and without control characters."""
    return printable(" ".join(text[:_LONG].split()))[:_SHORT]


def untravelled(value: Any) -> str:
    """Why `value` does not survive the way to another process; empty if it does."""
    try:
        pickle.loads(pickle.dumps(value))  # noqa: S301  what this process has pickled itself
    except Exception as problem:  # noqa: BLE001  pickling runs the value's own code
        return describe(problem)
    return ""
