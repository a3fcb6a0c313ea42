"""The sweep on the fake clock: blocks, rules, and what is told to whom, when."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from measure_doubles import LoggedPool, cell, strategy_of

from poolbench.measure.cells import Cell
from poolbench.measure.plan import Plan, Rule, rule
from poolbench.measure.sweep import Event, sweep
from poolbench.testing import FakeClock, Script, scripted_workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.results.columns import Span, Trial


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what only costs time here."""
    monkeypatch.setattr("poolbench.measure.meters.peak_rss_bytes", lambda others: None)
    monkeypatch.setattr("gc.collect", lambda: 0)


class Rows(list):
    """A sink."""

    def add(self, trial: Trial, spans: Sequence[Span]) -> None:
        self.append((trial, len(spans)))


def plan_of(clock: FakeClock, found: Rule, seed: int = 1, **script: Any) -> Plan:
    """A baseline of 8 s and two cells of 4 s and 2 s: a block of 14 s."""
    made = Script(clock, **script)
    cells = (cell(made, 1, 8, "sequential"), cell(made, 2, 8), cell(made, 4, 8))
    return Plan(cells, found, seed)


def run(found: Rule, **settings: Any) -> tuple[list[Trial], Rows]:
    clock, rows = FakeClock(), Rows()
    return sweep(plan_of(clock, found), rows, "name", clock=clock, **settings), rows


def test_each_block_holds_each_cell_once_in_the_plans_order() -> None:
    trials, rows = run(rule(4, None, None))
    assert [trial for trial, _ in rows] == trials
    assert [spans for _, spans in rows] == [8] * 12
    assert [(trial.block, trial.position) for trial in trials] == [(b, p) for b in range(4) for p in range(3)]
    assert {trial.sweep for trial in trials} == {"name"}
    plan = plan_of(FakeClock(), rule(4, None, None))
    for block in range(4):
        measured = [trial.workers for trial in trials if trial.block == block]
        assert measured == [each.workers for each in plan.order(block)]
        assert sorted(measured) == [1, 2, 4]


def test_speed_ups_are_exact() -> None:
    trials, _ = run(rule(3, None, None))
    assert {(trial.workers, trial.throughput_per_s) for trial in trials} == {(1, 1.0), (2, 2.0), (4, 4.0)}


@pytest.mark.parametrize(("budget_s", "blocks"), [(1.0, 3), (42.0, 3), (55.9, 3), (56.0, 4), (140.0, 10), (153.9, 10)])
def test_a_budget_on_the_fake_clock(budget_s: float, blocks: int) -> None:
    assert len(run(rule(None, None, budget_s))[0]) == 3 * blocks


@pytest.mark.parametrize(("reached_after", "blocks"), [(1, 3), (9, 3), (10, 4), (15, 5), (10**6, 100)])
def test_a_precision_ends_the_sweep(reached_after: int, blocks: int) -> None:
    asked: list[int] = []

    def precision(trials: Sequence[Trial]) -> float:
        asked.append(len(trials))
        return 0.05 if len(trials) >= reached_after else 0.2

    trials, _ = run(rule(None, 0.05, None), precision=precision)
    assert len(trials) == 3 * blocks
    assert asked == [3 * done for done in range(3, min(blocks, 99) + 1)]


def test_a_row_is_kept_before_anybody_is_told_and_before_the_next_trial() -> None:
    log: list[str] = []
    clock = FakeClock()
    rows = Rows()
    pool = LoggedPool(log)
    plan = Plan((Cell(scripted_workload(), strategy_of(pool), 1, 1),), rule(2, None, None), 1)
    rows.add = lambda trial, spans: log.append("row")  # type: ignore[method-assign]
    sweep(plan, rows, "name", watch=lambda event: log.append("told"), clock=clock)
    assert log == ["open", "warm", "run", "close", "row", "told"] * 2


def test_what_was_measured_is_kept_when_somebody_interrupts() -> None:
    clock, rows, calls = FakeClock(), Rows(), count()

    def service(*_: Any) -> float:
        if next(calls) >= 30:
            raise KeyboardInterrupt
        return 1.0

    with pytest.raises(KeyboardInterrupt):
        sweep(plan_of(clock, rule(9, None, None), service=service), rows, "name", clock=clock)
    assert len(rows) == 3


def test_events_count_and_look_ahead() -> None:
    events: list[Event] = []
    trials, _ = run(rule(3, None, None), watch=events.append)
    assert [event.done for event in events] == list(range(1, 10))
    assert {event.expected for event in events} == {9}
    assert [event.trial for event in events] == trials
    assert all(event.cell.workers == event.trial.workers for event in events)
    assert all(list(event.values) == list(range(8)) for event in events)
    assert events[2].left_s == pytest.approx(28.0), "two blocks of 14 s"
    assert events[-1].left_s == 0.0


def test_events_follow_the_pace_where_a_budget_decides() -> None:
    events: list[Event] = []
    run(rule(None, None, 60.0), watch=events.append)
    assert [event.done for event in events][-1] == 12
    assert events[2].expected == 12, "four blocks of 14 s go into 60 s"
    assert all(event.expected >= event.done for event in events)
    assert all(event.left_s >= 0 for event in events)


def test_a_cell_that_fails_does_not_stop_the_others() -> None:
    clock, rows = FakeClock(), Rows()
    plan = plan_of(clock, rule(3, None, None), failures={2: "ValueError: no"})
    trials = sweep(plan, rows, "name", clock=clock)
    assert [trial.outcome for trial in trials] == ["failed"] * 9
    assert {trial.throughput_per_s for trial in trials} == {None}


def test_cold_goes_through_to_the_trials() -> None:
    clock = FakeClock()
    made = Script(clock, startup_s=0.5)
    plan = Plan((cell(made, 1),), rule(1, None, None), 1, cold=True)
    assert [trial.startup_s for trial in sweep(plan, Rows(), "name", clock=clock)] == [None]
