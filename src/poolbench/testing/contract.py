"""What every executor promises, as tests that its author can run. Nothing of pytest is imported here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, overload

from poolbench import executors
from poolbench.testing.acting import ActingWorkload, Item, Log
from poolbench.testing.leftovers import Alive, alive, running, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from poolbench.executors.base import Batch, Pool, Strategy

WORKERS = 3
"""More than some machines have cores: whoever takes these for the number of workers is found out."""
_GIVE: Sequence[Item] = [("give", number) for number in range(11)]
_BAD: Sequence[Item] = [("give", 1), ("raise", "two\n lines"), ("stubborn", 0), ("exit", 0), ("cancel", 0), ("give", 2)]
_ERRORS = ["", "ValueError: two lines", "StubbornError", "SystemExit: leaving", "CancelledError: mine", ""]
_DRAWN = 100
"""Items that are drawn before somebody interrupts."""


class ExecutorContract:
    """The promises. For an executor of your own they are run by three lines in a file of tests.

    >>> from poolbench.testing import ExecutorContract
    >>> class TestMine(ExecutorContract):
    ...     executors = ("mypackage.pools:make", "mykind:option=2")

    pytest then runs each promise for each of them, as `--executor` takes them, with every submission that it has.
    Without pytest, `check("mypackage.pools:make")` raises an AssertionError for the first that is not kept.
    """

    executors: Sequence[str] = ()

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """Called by pytest when it collects a subclass."""
        metafunc.parametrize("way", list(ways(self.executors)))

    def test_results_are_those_of_one_at_a_time(self, way: str) -> None:
        """Whatever the order in which they come."""
        expected = [10 * number for number in range(len(_GIVE))]
        assert _values(life("sequential").plain) == expected
        assert _values(life(way).plain) == expected

    def test_every_task_has_a_span_inside_the_batch(self, way: str) -> None:
        """Submitted, started and finished, in this order."""
        batch = life(way).plain
        assert [task for task, _, _ in _by_task(batch)] == list(range(len(_GIVE)))
        for task, submitted, raw in batch.records:
            worker, started, _, finished, _, _, error = raw
            assert batch.began <= submitted <= started <= finished <= batch.ended, f"task {task} is out of its time"
            assert worker is not None
            assert error == ""

    def test_records_come_in_the_order_that_was_asked_for(self, way: str) -> None:
        """Task 0 cannot end before the last one has run: with `map` it is still the first."""
        seen = life(way)
        if seen.workers == 1:
            return
        order = [task for task, _, _ in seen.ordered.records]
        if "submission=as_completed" in way:
            assert order.index(0) > order.index(5), f"task 0 ended after task 5, but the records have {order}"
        else:
            assert order == [0, 1, 2, 3, 4, 5]

    def test_errors_stay_with_their_task(self, way: str) -> None:
        """Also those that cannot be pickled, and those that would end a worker."""
        records = _by_task(life(way).bad)
        assert [raw[6] for _, _, raw in records] == _ERRORS
        assert [raw[5] for _, _, raw in records] == [10, None, None, None, None, 20]

    def test_workers_are_as_many_as_asked_for(self, way: str) -> None:
        """When `open` returns, not later."""
        seen = life(way)
        assert len(seen.opened) == seen.workers
        if not seen.strategy.kind.asynchronous:
            threads = {line.split()[1] for line in seen.opened}
            assert len(threads) == seen.workers, "two workers were one"
        assert len({raw[0] for _, _, raw in seen.plain.records}) <= seen.workers

    def test_each_worker_is_set_up_once_and_warmed_once(self, way: str) -> None:
        """However many batches follow."""
        seen = life(way)
        assert len(set(seen.warmed)) == len(seen.warmed) == seen.workers
        assert seen.set_up == seen.opened

    def test_closing_ends_the_workers(self, way: str) -> None:
        """All processes in which tasks ran, but those that were there before the pool."""
        seen = life(way)
        assert seen.left_workers == set(), "worker processes outlive the pool"

    def test_closing_leaves_nothing_behind(self, way: str) -> None:
        """No process, thread or socket that was not there before; what a first pool starts for good may stay."""
        assert life(way).left == Alive()

    def test_a_batch_that_is_broken_off_is_cancelled(self, way: str) -> None:
        """An interrupt reaches the caller, and what had not started never runs."""
        seen = life(way)
        assert isinstance(seen.interrupt, KeyboardInterrupt)
        ran = f"all {seen.waited} that waited ran although the batch was broken off"
        assert seen.napped < max(seen.waited, 1), ran


def ways(names: Iterable[str]) -> Iterator[str]:
    """Each of them with each submission."""
    for name in names:
        submissions = executors.strategy(name).kind.choices.get("submission", ())
        yield from (f"{name}:submission={each}" for each in submissions)
        if not submissions:
            yield name


def check(executor: str) -> None:
    """Every promise, for one executor as `--executor` takes it."""
    contract = ExecutorContract()
    for way in ways([executor]):
        for name in dir(contract):
            if name.startswith("test_"):
                getattr(contract, name)(way)


@dataclass(frozen=True)
class Life:
    """All that was seen of two pools of one executor: one that ran three batches, one that was broken off."""

    strategy: Strategy
    workers: int
    opened: list[str]
    """Set-ups when `open` had returned, as the log has them."""
    warmed: list[str]
    set_up: list[str]
    """Set-ups after all batches."""
    plain: Batch
    ordered: Batch
    bad: Batch
    left_workers: set[int]
    left: Alive
    interrupt: BaseException | None
    waited: int
    """Tasks that were drawn and had not begun when it came; on a busy machine many still begin before it is heard."""
    napped: int
    """Those of them that began."""


class Interrupted(Sequence[Item]):
    """Naps, until whoever draws them is interrupted: as by Ctrl-C, which comes to the caller and to no worker."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.begun = 0
        """Naps that had begun by then: a loop draws as it works, a pool before."""

    def __len__(self) -> int:
        return 10 * _DRAWN

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | list[Item]:
        places = range(len(self))[at] if isinstance(at, slice) else [at]
        if any(each >= _DRAWN for each in places):
            self.begun = len(self._log.lines("run nap"))
            raise KeyboardInterrupt
        found: list[Item] = [("nap", 0.02) for _ in places]
        return found if isinstance(at, slice) else found[0]


@cache
def life(way: str) -> Life:
    """Two pools from nothing to closed; once for each way, since some take seconds to start."""
    strategy = executors.strategy(way)
    workers = min(WORKERS, strategy.kind.most_workers or WORKERS)
    with TemporaryDirectory() as folder:
        before = alive()
        workload = ActingWorkload(list(_GIVE), Path(folder) / "log")
        log = workload.log
        pool = strategy.pool(workload, workers)
        try:
            pool.open()
            opened = log.lines("setup")
            pool.warm(workload.warmup(workers))
            warmed = log.lines("run warm")
            batches = _three(pool, workers, str(Path(folder) / "sign"))
            set_up = log.lines("setup")
        finally:
            pool.close()
        processes = {int(line.split()[1].partition("-")[0]) for line in opened} - before.processes - {os.getpid()}
        left_workers = settled(lambda: running(processes), set())
        between = alive()
        broken_off = _break_off(strategy, workers, Path(folder) / "second")
        left = settled(lambda: alive().beyond(between), Alive())
    return Life(strategy, workers, opened, warmed, set_up, *batches, left_workers, left, *broken_off)


def _three(pool: Pool, workers: int, sign: str) -> tuple[Batch, Batch, Batch]:
    plain = pool.run(_GIVE)
    # The first ends only when the last has run, which one worker alone would never reach.
    waiting: list[Item] = [("await", sign), *[("give", 1)] * 4, ("touch", sign)]
    ordered = pool.run(waiting) if workers > 1 else plain
    return plain, ordered, pool.run(_BAD)


def _break_off(strategy: Strategy, workers: int, log: Path) -> tuple[BaseException | None, int, int]:
    """What came out of a batch that was interrupted, how many of its tasks waited, and how many began after that."""
    workload = ActingWorkload([], log)
    pool = strategy.pool(workload, workers)
    items = Interrupted(workload.log)
    caught: BaseException | None = None
    try:
        pool.open()
        pool.run(items)
    except BaseException as problem:  # noqa: BLE001  it is what is looked at
        caught = problem
    finally:
        pool.close()
    return caught, _DRAWN - items.begun, len(workload.log.lines("run nap")) - items.begun


def _by_task(batch: Batch) -> list[Any]:
    return sorted(batch.records, key=lambda record: record[0])


def _values(batch: Batch) -> list[Any]:
    return [raw[5] for _, _, raw in _by_task(batch)]
