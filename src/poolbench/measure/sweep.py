"""The sweep: block after block, every cell once in each, until the rule says enough."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from poolbench.errors import CutShortError
from poolbench.executors.ending import spinning, stuck
from poolbench.interrupts import shielded
from poolbench.measure.cells import Place
from poolbench.measure.trial import run_trial, skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from poolbench.measure.cells import Cell
    from poolbench.measure.plan import Plan
    from poolbench.results.columns import Span, Trial

    Ran = tuple[Cell, Trial, Sequence[Span], Sequence[Any]]
    """With what the tasks returned, in the order in which results came."""


class Sink(Protocol):
    """Where rows go: the store, or nothing."""

    def add(self, trial: Trial, spans: Sequence[Span]) -> None:
        """Keeps a trial for good before it returns."""


@dataclass(frozen=True)
class Event:
    """A trial has ended."""

    trial: Trial
    cell: Cell
    values: Sequence[Any]
    """What the tasks returned, in the order in which results came."""
    done: int
    """Trials so far."""
    expected: int
    """Trials in all, as far as is known now."""
    left_s: float
    """Until the end, at the pace so far."""


def sweep(
    plan: Plan,
    sink: Sink,
    name: str,
    *,
    watch: Callable[[Event], None] = lambda _: None,
    precision: Callable[[Sequence[Trial]], float] = lambda _: float("inf"),
    clock: Callable[[], float] = perf_counter,
    done: Sequence[Trial] = (),
) -> list[Trial]:
    """Runs `plan`; each row is in `sink` before the next trial starts.

    `watch` is called between trials, never during one. `precision` gives the widest relative half-width of the
    speed-ups' intervals so far, for a rule that asks for it. `done`: the rows of the plan that are there already; they
    are among those that come back.

    CutShortError where a task that cannot be ended goes on computing: it would slow every later trial.
    """
    trials = [*done]
    there = {(trial.block, trial.position) for trial in done}
    begun = 1 + max((trial.block for trial in done), default=-1)
    began = clock() - sum(map(_spent_s, done))
    blocks = Blocks(plan, name, clock)
    block = 0
    while block < begun or not plan.rule.over(block, clock() - began, lambda: precision(trials)):
        for cell, trial, spans, values in blocks.run(block, there):
            with shielded():
                sink.add(trial, spans)
                trials.append(trial)
            watch(_event(plan, trial, cell, values, len(trials), clock() - began))
            del spans, values  # the next trial may be as large
        block += 1
    return trials


class Blocks:
    """Runs a plan block by block."""

    def __init__(self, plan: Plan, name: str, clock: Callable[[], float] = perf_counter) -> None:
        self._plan, self._name, self._clock = plan, name, clock
        self._hopeless: set[tuple[object, ...]] = set()

    def run(self, block: int, there: Container[tuple[int, int]] = ()) -> Iterator[Ran]:
        """Its trials in their order, without those whose (block, position) is `there`; CutShortError as in `sweep`."""
        for position, cell in enumerate(self._plan.order(block)):
            if (block, position) in there:
                continue
            yield cell, *self._trial(cell, Place(self._name, block, position))
            verify_undisturbed(cell)

    def _trial(self, cell: Cell, place: Place) -> tuple[Trial, Sequence[Span], Sequence[Any]]:
        """A trial, unless one of its cell left threads that cannot be ended: each repeat would leave as many again."""
        if cell.key in self._hopeless and stuck():
            return skipped(cell, place, "an earlier run left threads that cannot be ended"), (), ()
        before, plan = len(stuck()), self._plan
        found = run_trial(cell, place, cold=plan.cold, clock=self._clock, patience_s=plan.task_timeout_s)
        if len(stuck()) > before:
            self._hopeless.add(cell.key)
        return found


def verify_undisturbed(cell: Cell) -> None:
    """CutShortError where a task that cannot be ended goes on computing after a trial of `cell`."""
    if spinning():
        what = f"a task of {cell.workload.name} still computes and cannot be ended, beside whatever comes next"
        raise CutShortError(what, "give it to processes, which can be ended: --executor processes")


def _spent_s(trial: Trial) -> float:
    return sum(part or 0.0 for part in (trial.startup_s, trial.wall_s, trial.shutdown_s))


def _event(plan: Plan, trial: Trial, cell: Cell, values: Sequence[Any], done: int, passed_s: float) -> Event:
    per_trial = passed_s / done
    expected = max(_expected(plan, per_trial), done)
    return Event(trial, cell, values, done, expected, (expected - done) * per_trial)


def _expected(plan: Plan, per_trial_s: float) -> int:
    """Trials in all: by the pace so far where a budget decides, by the plan otherwise."""
    return replace(plan, block_s=per_trial_s * len(plan.cells)).expected_trials()
