from __future__ import annotations

import pytest

from poolbench.analysis.summary import summarise
from poolbench.analysis.verdict import verdict
from sweep_rows import rows


def said(rates: dict, **changes: object) -> tuple[str, ...]:
    [summary] = summarise(rows(rates, **changes))
    return verdict(summary)


BASE = {("sequential", 1): [10.0] * 4}


@pytest.mark.parametrize(
    ("workers", "who"),
    [(8, "8 threads win"), (1, "1 thread wins")],
)
def test_a_winner(workers, who):
    assert said({**BASE, ("threads", workers): [80.0] * 4, ("asyncio", 8): [40.0] * 4}) == (
        f"{who}: 8.0× sequential (95 % CI 8.0–8.0).",
    )


def test_fewer_workers_win_inside_of_the_margin():
    assert said({**BASE, ("threads", 8): [77.0] * 4, ("threads", 32): [80.0] * 4}) == (
        "8 threads win: 7.7× sequential (95 % CI 7.7–7.7).",
        "32 threads: 4 % faster, inside the 5 % margin, so fewer win.",
    )


def test_loitering_is_no_advice_for_work():
    [*_, last] = said({**BASE, ("asyncio", 8): [80.0] * 4}, workload="loiter")
    assert last == "Waiting costs nothing: this is the arithmetic of waves, not advice for work."


def test_too_close_to_call():
    lanes = {(name, 4): [39.0, 40.0, 41.0, 40.0] for name in ("threads", "asyncio", "dask")}
    first, *gains = said({**BASE, **lanes})
    assert first == "Threads, asyncio and dask are too close to call."
    assert [gain.partition(":")[0] for gain in gains] == ["4 threads", "4 asyncio workers", "4 dask workers"]
    assert all("4.0× sequential (95 % CI " in gain for gain in gains)


def test_nothing_beats_one_at_a_time():
    assert said({**BASE, ("threads", 4): [9.0] * 4, ("processes", 2): [8.0] * 4}) == (
        "Nothing surely beats one at a time; the most is 0.9× (95 % CI 0.9–0.9), 4 threads.",
    )


def test_one_run_of_each_is_no_verdict():
    assert said({("sequential", 1): [10.0], ("threads", 4): [40.0]}) == (
        "One run of each, so no verdict. Fastest: 4 threads: 4.0× sequential.",
    )


@pytest.mark.parametrize("base", [{}, {("sequential", 1): [None, None]}])
def test_without_a_baseline_there_is_nothing_to_compare_with(base):
    assert said({**base, ("threads", 4): [40.0, 41.0]}) == (
        "The baseline failed, so there is nothing to compare with.",
    )


def test_all_but_the_baseline_failed():
    assert said({**BASE, ("threads", 4): [None] * 4}) == ("No trial succeeded but those one at a time.",)


def test_only_the_baseline_ran():
    assert said(BASE) == ("One at a time: 10.0 flags/s.",)


def test_blocks_that_share_no_good_baseline_leave_the_gain_unknown():
    assert said({("sequential", 1): [10.0, None], ("threads", 4): [None, 40.0]}) == (
        "Nothing surely beats one at a time; the most is unknown, 4 threads.",
    )
