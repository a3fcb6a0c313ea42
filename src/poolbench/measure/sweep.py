"""The sweep: block after block, every cell once in each, until the rule says enough."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from poolbench.measure.trial import Place, run_trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolbench.measure.plan import Plan
    from poolbench.measure.trial import Cell
    from poolbench.results.columns import Span, Trial


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
) -> list[Trial]:
    """Runs `plan`; each row is in `sink` before the next trial starts.

    `watch` is called between trials, never during one. `precision` gives the widest relative half-width of the
    speed-ups' intervals so far, for a rule that asks for it.
    """
    trials: list[Trial] = []
    began = clock()
    block = 0
    while not plan.rule.over(block, clock() - began, lambda: precision(trials)):
        for position, cell in enumerate(plan.order(block)):
            place = Place(name, block, position)
            trial, spans, values = run_trial(cell, place, cold=plan.cold, clock=clock)
            sink.add(trial, spans)
            trials.append(trial)
            watch(_event(plan, trial, cell, values, len(trials), clock() - began))
        block += 1
    return trials


def _event(plan: Plan, trial: Trial, cell: Cell, values: Sequence[Any], done: int, passed_s: float) -> Event:
    per_trial = passed_s / done
    expected = max(_expected(plan, per_trial), done)
    return Event(trial, cell, values, done, expected, (expected - done) * per_trial)


def _expected(plan: Plan, per_trial_s: float) -> int:
    """Trials in all: by the pace so far where a budget decides, by the plan otherwise."""
    return replace(plan, block_s=per_trial_s * len(plan.cells)).expected_trials()
