"""One trial: a pool from nothing to closed, a batch in between, and everything that is known of it as a row."""

from __future__ import annotations

import gc
import os
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

from poolbench.errors import Caution, UsageError
from poolbench.executors.base import describe
from poolbench.executors.ending import StuckError
from poolbench.executors.patience import TaskTimeoutError
from poolbench.garbage import collector_paused, set_aside_too
from poolbench.measure import meters, records, surroundings
from poolbench.measure.cells import Place
from poolbench.measure.machine import this_machine
from poolbench.measure.rates import percentiles, steady_rate
from poolbench.measure.records import Spans
from poolbench.results.columns import SCHEMA, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import psutil

    from poolbench.executors.base import Batch, Pool
    from poolbench.measure.cells import Cell
    from poolbench.workloads.base import ServerFigures


_NAP_S = 1.0


@dataclass
class Attempt:
    """A trial under way. `open`, `run` and `close` in this order, then `row` and `spans`.

    The three are apart so that something else can do the timing of `run`, as pytest-benchmark does; errors of the
    pool or of tasks do not leave it: they become the row's outcome and reason.
    """

    cell: Cell
    place: Place = field(default_factory=Place)
    cold: bool = False
    """Time start-up and batch as one, without a warm-up."""
    clock: Callable[[], float] = perf_counter
    patience_s: float | None = None
    """Seconds that a task may take; None: as long as the workload says."""

    def __post_init__(self) -> None:
        self.items: Sequence[Any] = self.cell.workload.items(self.cell.tasks)
        self.pool: Pool = self.cell.strategy.pool(self.cell.workload, self.cell.workers)
        patience_s = self.patience_s or self.cell.workload.patience_s
        if patience_s is not None:
            self.pool.patience_s = patience_s
        self.batch: Batch | None = None
        self._known: set[psutil.Process] | None = None
        self._asleep_s = surroundings.asleep_s()
        self.startup_s: float | None = None
        self.shutdown_s: float | None = None
        self.wall_s: float | None = None
        self.trouble: tuple[str, str] | None = None
        self.started_at = datetime.now(UTC)
        self._after: tuple[meters.Reading, int | None, ServerFigures | None] | None = None

    def open(self) -> None:
        """Starts the pool, sets its workers up, warms them; then looks at the machine."""
        if not self.cold:
            with self._catching():
                began = self.clock()
                self.pool.open()
                self.startup_s = self.clock() - began
                self._known = self._below()
                self.pool.warm(self.cell.workload.warmup(self.cell.workers))
        else:
            self._known = self._below()
        meters.forget_peak()
        self._server_before = self._ask_server(reset=True)
        gc.collect()
        self._before = meters.read()

    def run(self) -> Sequence[Any]:
        """The batch; returns the values in the order in which results came."""
        if self.trouble is not None:
            return ()
        with self._catching(), collector_paused():
            began = self.clock()
            self.batch = self.pool.run(self.items)
            self.wall_s = self.batch.ended - (began if self.cold else self.batch.began)
        return self.values

    def close(self) -> None:
        """Looks at the machine again, then ends the pool."""
        there: set[psutil.Process] = set()
        try:
            after = meters.read()
            there = self._below()
            server, peak = self._ask_server(), None
            with self._catching():
                peak = self._peak(there)
            self._after = (after, peak, server)
        finally:  # whoever interrupts the look leaves no worker behind
            began = self.clock()
            with self._catching():
                self.pool.close()
            self.shutdown_s = self.clock() - began
        with self._catching():
            self._tidy(there)

    def skip(self, reason: str) -> None:
        """In place of the three: a row that says why there was no trial."""
        self._before, self._server_before = meters.read(), None
        self.trouble = ("skipped", reason)

    def _peak(self, there: Collection[psutil.Process]) -> int | None:
        """Of this process and those below it; None where tasks ran in others, whose memory would be missing."""
        ours = {os.getpid(), *(each.pid for each in there)}
        whole = records.processes(self.batch) <= ours
        return meters.peak_rss_bytes(ours.difference(self.cell.workload.pids)) if whole else None

    def _below(self) -> set[psutil.Process]:
        return surroundings.below(self.cell.strategy.kind, self.cell.workload)

    def _tidy(self, there: set[psutil.Process]) -> None:
        """Ends what tasks left running of what was `there`, and notes whether the machine slept."""
        if self.trouble is not None:  # tasks may have gone on until the pool was closed
            there = there | self._below()
        left = surroundings.end(there - self._known) if self._known is not None else 0
        cautions = self.cell.workload.cautions
        if left and not any(each.check == "left behind" for each in cautions):
            text = f"tasks of {self.cell.workload.name} leave processes running ({left} in one run), which were ended"
            cautions.append(Caution("left behind", text, "let a task wait for what it starts"))
        slept_s = surroundings.asleep_s() - self._asleep_s
        if slept_s > _NAP_S:
            self.trouble = self.trouble or ("skipped", f"the machine slept for {slept_s:.0f} s")

    def _ask_server(self, *, reset: bool = False) -> ServerFigures | None:
        """A server that is gone ends this trial, not the sweep."""
        with self._catching():
            return self.cell.workload.server(reset=reset)
        return None

    @contextmanager
    def _catching(self) -> Iterator[None]:
        try:
            yield
        except TaskTimeoutError as problem:
            self.trouble = self.trouble or ("timeout", str(problem))
        except (UsageError, KeyboardInterrupt):
            raise
        except StuckError as problem:
            kind, reason = self.trouble or ("timeout", "the pool does not end")
            self.trouble = (kind, f"{reason}; {problem}")
        except BrokenExecutor as problem:
            self.trouble = self.trouble or ("crashed", describe(problem))
        except BaseException as problem:  # noqa: BLE001  also a set-up that calls sys.exit ends this trial only
            self.trouble = self.trouble or ("failed", describe(problem))

    @property
    def values(self) -> Sequence[Any]:
        """What the tasks returned, in the order in which results came."""
        return self.batch.columns.values if self.batch else []

    def spans(self) -> Spans:
        """One for each task that was answered, in the order of tasks; `ok` as the workload's own check says."""
        return Spans(self.batch, self._wrong)

    @cached_property
    def _wrong(self) -> Mapping[int, str]:
        """Why tasks failed, the first one first."""
        return records.failures(self.batch, self.items, self.cell.workload) if self.batch else {}

    def row(self, spans: Spans) -> Trial:
        """All that is known; throughput only if every task succeeded."""
        good = spans.good
        outcome, reason = self.trouble or records.outcome(self.cell.tasks, good, self._wrong)
        steady = steady_rate(spans.finished_s, self.cell.workers)
        latency = percentiles(spans.latency_s, 50, 95, 99)
        far = self.batch is not None and self.batch.far
        queue = percentiles([] if far else spans.queue_s, 50)
        counts = outcome == "ok" and bool(self.wall_s)
        workload, params, executor, options, workers = self.cell.key
        machine = this_machine()
        return Trial(
            schema=SCHEMA,
            sweep=self.place.sweep,
            block=self.place.block,
            position=self.place.position,
            workload=workload,
            params=params,
            executor=executor,
            options=options,
            workers=workers,
            tasks=self.cell.tasks,
            ok=good,
            failed=self.cell.tasks - good,
            outcome=outcome,
            reason=reason,
            startup_s=self.startup_s,
            wall_s=self.wall_s,
            shutdown_s=self.shutdown_s,
            throughput_per_s=good / self.wall_s if counts and self.wall_s else None,
            steady_per_s=steady if counts else None,
            **self._consumed(spans),
            latency_p50_s=latency[0],
            latency_p95_s=latency[1],
            latency_p99_s=latency[2],
            queue_p50_s=queue[0],
            **self._surroundings(),
            started_at=self.started_at.isoformat(timespec="milliseconds"),
            machine=machine.id,
            python=machine.python,
            gil=machine.gil,
        )

    def _consumed(self, spans: Spans) -> dict[str, Any]:
        """CPU of this process and of workers in others, and memory; of other machines neither."""
        if self._after is None or self.batch is None or self.batch.far:
            return {"cpu_s": None, "cpu_per_task_s": None, "peak_rss_bytes": None}
        after, peak, _ = self._after
        known_s = self.batch.cpu_elsewhere_s
        cpu_s = after.cpu_s - self._before.cpu_s + (records.cpu_elsewhere(self.batch) if known_s is None else known_s)
        return {"cpu_s": cpu_s, "cpu_per_task_s": cpu_s / max(len(spans), 1), "peak_rss_bytes": peak}

    def _surroundings(self) -> dict[str, Any]:
        """The workload's server and the machine, during the batch."""
        after, _, server = self._after or (self._before, None, None)
        busy = server.busy_s - self._server_before.busy_s if server and self._server_before else None
        return {
            "server_busy_s": busy,
            "server_in_flight_max": server.in_flight_max if server else None,
            **meters.between(self._before, after),
        }


def run_trial(
    cell: Cell,
    place: Place,
    *,
    cold: bool = False,
    clock: Callable[[], float] = perf_counter,
    patience_s: float | None = None,
) -> tuple[Trial, Spans, Sequence[Any]]:
    """One trial from start to end: its row, its spans, and the values in the order in which they came."""
    set_aside_too()
    attempt = Attempt(cell, place, cold, clock, patience_s)
    with surroundings.kept():
        try:
            attempt.open()
            attempt.run()
        finally:
            attempt.close()
    spans = attempt.spans()
    return attempt.row(spans), spans, attempt.values


def skipped(cell: Cell, place: Place, reason: str) -> Trial:
    """The row of a trial that is not worth trying."""
    attempt = Attempt(cell, place)
    attempt.skip(reason)
    return attempt.row(Spans())
