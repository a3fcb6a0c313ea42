"""What workers say of the tasks of a batch, one array a field: a million of them fit into 50 MB and their values."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import le
from typing import TYPE_CHECKING, Any, NamedTuple, overload

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

Raw = tuple["Hashable", float, float, float, float, Any, str]
"""What a worker says of a task: worker, started, CPU then, finished, CPU then (seconds), value, error.

A worker is known by its process and thread; on another machine, by that machine's clock before these.
"""
Record = tuple[int, float, Raw]
"""A task's number, when it was submitted, and what its worker says of it."""


class Chunk(NamedTuple):
    """What a worker says of several tasks: a field after the other, for a tuple of each is dear to make and to send."""

    worker: Hashable
    times: bytes
    """Doubles: when all started, then the CPU times then, when all finished, and the CPU times then (seconds)."""
    values: Sequence[Any]
    errors: Mapping[int, str]
    """Of those that have one, by place."""

    @classmethod
    def of(cls, raws: Sequence[Raw]) -> Chunk:
        """Of one worker's tasks, at least one."""
        workers, started, cpu_started, finished, cpu_finished, values, errors = zip(*raws, strict=True)
        failed = {at: error for at, error in enumerate(errors) if error} if any(errors) else {}
        times = array("d", started + cpu_started + finished + cpu_finished)
        return cls(workers[0], times.tobytes(), values, failed)  # an array takes longer to pickle


FRESH = 1024
"""Records that may wait as tuples, which are cheap to make, until they are moved into the arrays together.

Of a million no-ops on asyncio each took 1.03 microseconds with four times as many (1.3 MB), 1.00 with these.
"""


def _seconds() -> array[float]:
    return array("d")


def _numbers() -> array[int]:
    return array("i")


@dataclass
class Columns:
    """Records by field, all in one order."""

    tasks: array[int] = field(default_factory=_numbers)
    who: array[int] = field(default_factory=_numbers)
    """Places in `workers`."""
    submitted: array[float] = field(default_factory=_seconds)
    started: array[float] = field(default_factory=_seconds)
    cpu_started: array[float] = field(default_factory=_seconds)
    finished: array[float] = field(default_factory=_seconds)
    cpu_finished: array[float] = field(default_factory=_seconds)
    values: list[Any] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    """Of those that have one, by place."""
    workers: list[Hashable] = field(default_factory=list)
    """Each once."""
    _places: dict[Hashable, int] = field(default_factory=dict)

    def extend(self, records: Sequence[Record]) -> None:
        """Moves a few at a time: they are split by field in between."""
        if not records:
            return
        tasks, submitted, raws = zip(*records, strict=True)
        workers, started, cpu_started, finished, cpu_finished, values, errors = zip(*raws, strict=True)
        if any(errors):
            self.errors.update((at, error) for at, error in enumerate(errors, len(self.tasks)) if error)
        places = {worker: self._place(worker) for worker in {*workers}}
        # An array from a tuple, and its memory at once, take half the time of a number after the other.
        self.tasks.extend(array("i", tasks))
        self.who.extend(array("i", [*map(places.__getitem__, workers)]))
        self.submitted.extend(array("d", submitted))
        self.started.extend(array("d", started))
        self.cpu_started.extend(array("d", cpu_started))
        self.finished.extend(array("d", finished))
        self.cpu_finished.extend(array("d", cpu_finished))
        self.values.extend(values)

    def _place(self, worker: Hashable) -> int:
        place = self._places.setdefault(worker, len(self.workers))
        if place == len(self.workers):
            self.workers.append(worker)
        return place

    def join(self, first: int, submitted: float, chunk: Chunk) -> None:
        """Appends what is known of the tasks from `first` on, which were submitted together."""
        size, had = len(chunk.values), len(self.tasks)
        self.errors.update((had + at, error) for at, error in chunk.errors.items())
        self.tasks.extend(range(first, first + size))
        self.who.extend(array("i", [self._place(chunk.worker)]) * size)
        self.submitted.extend(array("d", [submitted]) * size)
        length = len(chunk.times) // 4
        for number, column in enumerate((self.started, self.cpu_started, self.finished, self.cpu_finished)):
            column.frombytes(chunk.times[number * length : (number + 1) * length])
        self.values.extend(chunk.values)

    def arrive(self, size: int, now: float) -> None:
        """Shifts the last `size` of them so that the very last ends `now`."""
        shift = now - self.finished[-1]
        for column in (self.started, self.finished):
            column[-size:] = array("d", (each + shift for each in column[-size:]))

    def order(self) -> Sequence[int]:
        """Their places in the order of tasks."""
        tasks = self.tasks
        if all(map(le, tasks, islice(tasks, 1, None))):
            return range(len(tasks))
        return self._every_one() or array("i", sorted(range(len(tasks)), key=tasks.__getitem__))

    def _every_one(self) -> array[int] | None:
        """The same without an object for each of a million, if the tasks are all those of a batch, each once."""
        places = array("i", [-1]) * len(self.tasks)
        if max(self.tasks) >= len(places):
            return None
        for at, task in enumerate(self.tasks):
            places[task] = at
        return None if -1 in places else places

    def sort(self) -> None:
        """By task."""
        order = self.order()
        if isinstance(order, range):
            return
        if self.errors:
            self.errors = {at: self.errors[was] for at, was in enumerate(order) if was in self.errors}
        self.values = [self.values[was] for was in order]
        for name in ("tasks", "who", "submitted", "started", "cpu_started", "finished", "cpu_finished"):
            column = getattr(self, name)
            setattr(self, name, array(column.typecode, map(column.__getitem__, order)))


class Records(Sequence[Record]):
    """A sequence of `Record` that is kept in columns.

    A pool appends to `fresh`, and calls `pack` whenever that holds FRESH of them. It has no text of its own: asyncio
    asks for that of what a coroutine returned, which took 20 microseconds a record.
    """

    def __init__(self, given: Iterable[Record] = ()) -> None:
        self.fresh: list[Record] = [*given]
        self._columns = Columns()

    def pack(self) -> None:
        """Moves what is fresh into the columns; the list stays the same."""
        self._columns.extend(self.fresh)
        self.fresh.clear()

    def join(self, first: int, submitted: float, chunk: Chunk) -> None:
        """Appends those of a chunk."""
        self.columns.join(first, submitted, chunk)

    @property
    def columns(self) -> Columns:
        """All of them."""
        self.pack()
        return self._columns

    def __len__(self) -> int:
        return len(self._columns.tasks) + len(self.fresh)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        places = range(len(self))[at]
        return self._record(places) if isinstance(places, int) else [self._record(each) for each in places]

    def __iter__(self) -> Iterator[Record]:
        return map(self._record, range(len(self)))

    def _record(self, at: int) -> Record:
        if self.fresh:
            self.pack()
        of = self._columns
        worker = of.workers[of.who[at]]
        cpu_started, cpu_finished = of.cpu_started[at], of.cpu_finished[at]
        raw = (worker, of.started[at], cpu_started, of.finished[at], cpu_finished, of.values[at], of.errors.get(at, ""))
        return of.tasks[at], of.submitted[at], raw
