"""Which cells a sweep has, in which order, and when it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_doubles import MACHINE, cell

from poolbench.errors import UsageError
from poolbench.measure import plan as module
from poolbench.measure.pilot import Pilot
from poolbench.measure.plan import Plan, Rule, Wish, make_plan, rule, seed_of, thin
from poolbench.testing import FakeClock, Script, scripted, scripted_workload
from poolbench.units import MOST_WORKERS

SCRIPT = Script(FakeClock())


@pytest.fixture(autouse=True)
def known_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks of 50 ms, none of it on the CPU."""
    monkeypatch.setattr(module, "pilot", lambda workload, patience_s=None: Pilot(0.05, 0.0, 0.0))


def wish(*names: str, counts: tuple[int, ...] = (1, 2, 4, 8), fixed: bool = False, **settings: Any) -> Wish:
    workload = scripted_workload(settings.pop("name", "scripted"))
    workload.given = settings.pop("given", None)
    strategies = [scripted(SCRIPT, name) for name in names]
    return Wish(workload, strategies, lambda kind: counts, fixed, settings.pop("tasks", None))


def shape(plan: Plan) -> list[tuple[str, int]]:
    return [(each.strategy.kind.name, each.workers) for each in plan.cells]


def blocks(count: int) -> Rule:
    return rule(count, None, None)


# Cells.


def test_every_cell_once_and_the_baseline_of_each_workload() -> None:
    plan = make_plan([wish("threads", "asyncio", counts=(1, 2)), wish(name="other")], blocks(3), 1, MACHINE)
    assert shape(plan) == [
        ("sequential", 1),
        ("threads", 1),
        ("threads", 2),
        ("asyncio", 1),
        ("asyncio", 2),
        ("sequential", 1),
    ]
    assert [each.workload.name for each in plan.cells] == ["scripted"] * 5 + ["other"]


def test_batches_are_sized_by_the_pilot() -> None:
    plan = make_plan([wish("threads", counts=(1, 16))], blocks(3), 1, MACHINE)
    assert [each.tasks for each in plan.cells] == [30, 30, 80]


def test_the_users_number_of_tasks_is_kept() -> None:
    plan = make_plan([wish("threads", counts=(1, 16), tasks=7)], blocks(3), 1, MACHINE)
    assert [each.tasks for each in plan.cells] == [7, 7, 7]


def test_given_batches_are_used_whole() -> None:
    plan = make_plan([wish("threads", counts=(1, 16), given=list(range(13)))], blocks(3), 1, MACHINE)
    assert [each.tasks for each in plan.cells] == [13, 13, 13]


def test_the_plan_says_all_of_itself() -> None:
    plan = make_plan([wish("threads", counts=(2,), tasks=7)], blocks(3), 99, MACHINE, cold=True)
    assert plan.as_dict() == {
        "seed": 99,
        "rule": "3 blocks",
        "limits": {"repeats": 3, "precision": None, "budget_s": None, "most_blocks": 3},
        "cold": True,
        "task_timeout_s": None,
        "block_s": plan.block_s,
        "thinned": False,
        "cells": [
            {"workload": "scripted", "params": "", "executor": "sequential", "options": "", "workers": 1, "tasks": 7},
            {"workload": "scripted", "params": "", "executor": "threads", "options": "", "workers": 2, "tasks": 7},
        ],
    }


# Order.


def order(plan: Plan, block: int) -> list[tuple[str, int]]:
    return [(each.strategy.kind.name, each.workers) for each in plan.order(block)]


def test_every_block_holds_every_cell_once_in_an_order_of_its_own() -> None:
    plan = make_plan([wish("threads", "asyncio")], blocks(3), 1, MACHINE)
    orders = [order(plan, block) for block in range(6)]
    assert all(sorted(each) == sorted(shape(plan)) for each in orders)
    assert len({tuple(each) for each in orders}) == 6


def test_the_order_is_the_seeds() -> None:
    first, again, other = (make_plan([wish("threads", "asyncio")], blocks(3), seed, MACHINE) for seed in (1, 1, 2))
    assert [order(first, block) for block in range(3)] == [order(again, block) for block in range(3)]
    assert order(first, 0) != order(other, 0)


# The budget.


def test_without_a_budget_nothing_is_thinned() -> None:
    plan = make_plan([wish("threads", counts=tuple(range(1, 100)))], blocks(3), 1, MACHINE)
    assert (len(plan.cells), plan.thinned) == (100, False)


def test_worker_lists_are_thinned_until_three_blocks_fit() -> None:
    counts = tuple(range(1, 34))
    free = make_plan([wish("threads", counts=counts)], rule(None, None, 1000.0), 1, MACHINE)
    assert (len(free.cells), free.thinned) == (34, False)
    tight = make_plan([wish("threads", counts=counts)], rule(None, None, free.block_s * 3 / 2), 1, MACHINE)
    assert tight.thinned
    assert shape(tight)[0] == ("sequential", 1)
    kept = [workers for _, workers in shape(tight)[1:]]
    assert (kept[0], kept[-1]) == (1, 33)
    assert set(kept) < set(counts)
    assert tight.block_s <= free.block_s / 2


def test_the_costliest_list_is_thinned_first() -> None:
    plenty = wish("threads", counts=tuple(range(1, 34)))
    few = wish("asyncio", counts=(1, 2, 3, 4))
    whole = make_plan([plenty, few], rule(None, None, 1e6), 1, MACHINE)
    plan = make_plan([plenty, few], rule(None, None, 3 * whole.block_s - 0.1), 1, MACHINE)
    names = [name for name, _ in shape(plan)]
    assert (names.count("threads"), names.count("asyncio")) == (17, 4)


def test_lists_that_the_user_fixed_are_kept_whatever_the_budget() -> None:
    plan = make_plan([wish("threads", counts=tuple(range(1, 34)), fixed=True)], rule(None, None, 0.1), 1, MACHINE)
    assert (len(plan.cells), plan.thinned) == (34, False)


def test_no_list_falls_below_first_middle_and_last() -> None:
    plan = make_plan([wish("threads", counts=tuple(range(1, 34)))], rule(None, None, 0.001), 1, MACHINE)
    assert shape(plan)[1:] == [("threads", 1), ("threads", 17), ("threads", 33)]


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ((), ()),
        ((4,), (4,)),
        ((1, 2), (1, 2)),
        ((1, 2, 4), (1, 2, 4)),
        ((1, 4, 16, 64), (1, 16, 64)),
        ((1, 2, 4, 8, 16), (1, 4, 16)),
        ((1, 2, 4, 8, 16, 32), (1, 4, 16, 32)),
    ],
)
def test_thinning_by_hand(counts: tuple[int, ...], kept: tuple[int, ...]) -> None:
    assert thin(counts) == kept


@given(st.sets(st.integers(1, MOST_WORKERS), min_size=1, max_size=60))
def test_thinning_keeps_the_ends_and_comes_to_an_end(found: set[int]) -> None:
    counts = tuple(sorted(found))
    kept = thin(counts)
    assert (kept[0], kept[-1]) == (counts[0], counts[-1])
    assert set(kept) <= found
    assert len(kept) >= min(3, len(counts))
    assert len(kept) < len(counts) or len(counts) <= 3


# The rule.


@pytest.mark.parametrize("given", [(1, 0.1, None), (1, None, 1.0), (None, 0.1, 1.0), (1, 0.1, 1.0)])
def test_the_rules_exclude_each_other(given: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        rule(*given)


@pytest.mark.parametrize("repeats", [0, -3])
def test_no_repeats_are_refused(repeats: int) -> None:
    with pytest.raises(UsageError, match=f"cannot repeat {repeats} times"):
        rule(repeats, None, None)


def never() -> float:
    raise AssertionError("the precision was asked for")


@pytest.mark.parametrize("repeats", [1, 2, 7])
def test_repeats_are_exactly_these(repeats: int) -> None:
    found = rule(repeats, None, None)
    assert [found.over(done, 1e9, never) for done in range(repeats + 1)] == [False] * repeats + [True]


def test_a_budget_ends_before_the_block_that_would_overrun_it_but_not_before_three() -> None:
    found = rule(None, None, 30.0)
    assert not found.over(0, 0.0, never)
    assert not found.over(2, 1e9, never)
    assert not found.over(4, 24.0, never)  # five blocks take 30 s
    assert found.over(4, 24.1, never)
    assert not found.over(10**5, 1.0, never), "a budget is the only bound"


def test_a_precision_ends_when_it_is_reached() -> None:
    found = rule(None, 0.05, None)
    assert not found.over(2, 0.0, never)
    assert not found.over(3, 1e9, lambda: 0.051)
    assert found.over(3, 0.0, lambda: 0.05)
    assert found.over(100, 0.0, never), "at most a hundred blocks"


def test_a_rule_for_nothing_said_is_a_minute_or_ten_blocks() -> None:
    found = rule(None, None, None)
    assert not found.over(9, 50.0, never)
    assert found.over(10, 1.0, never)
    assert found.over(3, 46.0, never)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (rule(5, None, None), "5 blocks"),
        (rule(None, 0.03, None), "until ±3.0%"),
        (rule(None, None, 90.0), "for 90 s"),
        (rule(None, None, None), "for 60 s"),
    ],
)
def test_the_rule_in_words(found: Rule, text: str) -> None:
    assert found.text == text


@pytest.mark.parametrize(
    ("found", "block_s", "trials"),
    [
        (rule(5, None, None), 1e9, 10),
        (rule(None, 0.03, None), 1.0, 200),
        (rule(None, None, 30.0), 4.0, 14),
        (rule(None, None, 30.0), 1e9, 6),
        (rule(None, None, None), 1e-9, 20),
        (rule(None, None, None), 0.0, 20),
    ],
)
def test_how_many_trials_to_expect(found: Rule, block_s: float, trials: int) -> None:
    plan = Plan((cell(SCRIPT, 1), cell(SCRIPT, 2)), found, 1, block_s=block_s)
    assert plan.expected_trials() == trials
    assert replace(plan, cells=()).expected_trials() == 0


@pytest.mark.parametrize(
    "asked",
    [
        (1.5, None, None),
        ("2", None, None),
        (float("nan"), None, None),
        (0, None, None),
        (None, 0, None),
        (None, 3, None),
        (None, "3%", None),
        (None, float("nan"), None),
        (None, None, 0),
        (None, None, -1),
        (None, None, "1s"),
        (None, None, float("inf")),
        (3, None, 1.0),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(asked: tuple[Any, Any, Any]) -> None:
    with pytest.raises(UsageError):
        rule(*asked)


@pytest.mark.parametrize("seed", [-1, 1.5, "a", float("nan")])
def test_a_seed_that_cannot_be(seed: Any) -> None:
    with pytest.raises(UsageError, match="cannot use the seed"):
        seed_of(seed)
