from __future__ import annotations

from dataclasses import replace

import pytest

from poolbench.analysis.limits import Limits
from poolbench.analysis.model import Costs
from poolbench.analysis.verdict import verdict
from sweep_rows import BASE, cell, curve, summary

FOUR = curve(cell("threads", 4, 40.0, 39.0, 41.0))
ALSO = curve(cell("asyncio", 4, 39.9, 38.0, 41.0))
THIRD = curve(cell("dask", 4, 39.8, 38.0, 41.0))
SLOW = curve(cell("processes", 4, 8.0, 7.0, 9.0))


@pytest.mark.parametrize(("workers", "who"), [(8, "8 threads win"), (1, "1 thread wins")])
def test_a_winner(workers, who):
    best = curve(cell("threads", workers, 80.0, 79.0, 81.0))
    assert verdict(summary(best, FOUR)) == (f"{who}: 8.0× sequential (95 % CI 7.9–8.1).",)


def test_fewer_workers_win_inside_of_the_margin():
    best = curve(cell("threads", 8, 77.0, 76.0, 78.0), cell("threads", 32, 80.0, 79.0, 81.0))
    assert verdict(summary(best)) == (
        "8 threads win: 7.7× sequential (95 % CI 7.6–7.8).",
        "32 threads: 4 % faster, inside the 5 % margin, so fewer win.",
    )


@pytest.mark.parametrize(("cpu_s", "waits"), [(0.0001, True), (0.05, False)])
def test_waiting_alone_is_no_advice_for_work(cpu_s, waits):
    """A task takes 0.1 s here."""
    costs = Costs(cpu_s, cpu_s, 0.1, 0.1, 0.0, 2.0, None, None, 0)
    four = curve(cell("threads", 4, 40.0, 39.0, 41.0, limits=Limits(40.0, None, 400.0, 40.0)))
    said = verdict(summary(four, baseline=replace(BASE, costs=costs)))
    assert ("Waiting costs nothing: this is the arithmetic of waves, not advice for work." in said) is waits


def test_too_close_to_call():
    assert verdict(summary(FOUR, ALSO, THIRD, SLOW, rivals=(1, 2))) == (
        "Threads, asyncio and dask are too close to call.",
        "4 threads: 4.0× sequential (95 % CI 3.9–4.1).",
        "4 asyncio workers: 4.0× sequential (95 % CI 3.8–4.1).",
        "4 dask workers: 4.0× sequential (95 % CI 3.8–4.1).",
    )


def test_nothing_beats_one_at_a_time():
    assert verdict(summary(SLOW, best=None)) == (
        "Nothing surely beats one at a time; the most is 0.8× (95 % CI 0.7–0.9), 4 processes.",
    )


def test_one_run_of_each_is_no_verdict():
    assert verdict(summary(curve(cell("threads", 4, 40.0)), blocks=1)) == (
        "One run of each, so no verdict. Fastest: 4 threads: 4.0× sequential.",
    )


def test_more_blocks_without_an_interval_are_no_verdict():
    [said] = verdict(summary(curve(cell("threads", 4, 40.0))))
    assert "no verdict" in said
    assert "win" not in said


def test_without_a_baseline_there_is_nothing_to_compare_with():
    assert verdict(summary(FOUR, best=None, baseline=replace(BASE, per_s=None))) == (
        "The baseline failed, so there is nothing to compare with.",
    )


def test_all_but_the_baseline_failed():
    failed = curve(cell("threads", 4, None))
    assert verdict(summary(failed, best=None)) == ("No trial succeeded but those one at a time.",)


def test_only_the_baseline_ran():
    assert verdict(summary()) == ("One at a time: 10.0 flags/s.",)


def test_a_gain_may_be_unknown():
    lost = curve(cell("threads", 4, 40.0, speedup=None))
    assert verdict(summary(lost, best=None)) == ("Nothing surely beats one at a time; the most is unknown, 4 threads.",)
