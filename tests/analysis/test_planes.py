"""What is made of two levels: one executor whose split is free, its knee, its limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poolbench.analysis.limits import Demand, limits, repairman
from poolbench.analysis.model import Summary
from poolbench.analysis.planes import planes
from poolbench.analysis.summary import summarise
from poolbench.results.columns import Trial
from poolbench.results.load import read

RATES = {(1, 8): 300.0, (1, 16): 500.0, (1, 32): 520.0, (2, 8): 590.0, (2, 16): 970.0, (2, 32): 1000.0, (4, 4): 560.0}
"""Tasks per second by processes and threads in each."""


def row(executor: str, options: str, workers: int, per_s: float, block: int) -> Trial:
    template = read("results/threads.csv").trials[0]
    noisy = per_s * (1 + 0.004 * (block - 1))
    return replace(
        template,
        executor=executor,
        options=options,
        workers=workers,
        block=block,
        sweep="plane",
        tasks=40 * workers,
        ok=40 * workers,
        failed=0,
        outcome="ok",
        reason="",
        throughput_per_s=noisy,
        steady_per_s=noisy,
        wall_s=40 * workers / noisy,
        cpu_per_task_s=0.0018,
        cpu_s=0.072 * workers,
        server_busy_s=0.0001,
    )


def sweep(rates: dict[tuple[int, int], float]) -> Summary:
    rows = [row("sequential", "", 1, 45.0, block) for block in range(3)]
    rows += [row("threads", "submission=map", 32, 540.0, block) for block in range(3)]
    for (outer, inner), per_s in rates.items():
        options = f"processes={outer};submission=map"
        rows += [row("processes/threads", options, outer * inner, per_s, block) for block in range(3)]
    [found] = summarise(rows, machine={"cores": 2, "gil": True})
    return found


def test_a_curve_for_each_outer_count_in_order() -> None:
    many = {(outer, 4): 100.0 * outer for outer in (1, 2, 16)}
    names = [curve.name for curve in sweep(many).curves]
    assert names == ["threads", "1 process × threads", "2 processes × threads", "16 processes × threads"]


def test_the_best_is_the_fewest_workers_of_the_plane_near_its_highest() -> None:
    found = sweep(RATES)
    assert found.best is not None
    assert found.best.knee is not None
    assert (found.best.name, found.best.knee.workers) == ("2 processes × threads", 32)
    assert found.rivals == ()


def test_another_split_with_fewer_workers_wins_and_is_no_rival() -> None:
    found = sweep({**RATES, (4, 6): 990.0})
    assert found.best is not None
    assert found.best.knee is not None
    assert (found.best.name, found.best.knee.workers) == ("4 processes × threads", 24)
    assert found.rivals == ()
    [plane] = planes(found)
    assert plane.knee is found.best.knee


def test_the_plane_says_what_a_second_process_brings() -> None:
    [plane] = planes(sweep(RATES))
    assert plane.sides == ([1, 2, 4], [4, 8, 16, 32])
    assert (plane.peak.workers, plane.knee.workers) == (64, 32)
    assert plane.close == {(2, 16), (2, 32)}
    assert plane.gain == pytest.approx(970 / 520, rel=0.01)
    assert plane.surely


def test_one_row_or_one_column_is_no_plane() -> None:
    assert planes(sweep({(2, 8): 100.0, (2, 16): 150.0})) == []
    assert planes(sweep({(1, 8): 100.0, (2, 8): 150.0})) == []


def test_a_knee_that_is_spread_unevenly_has_no_place_on_a_plane() -> None:
    rows = [row("sequential", "", 1, 45.0, block) for block in range(3)]
    for outer, workers, per_s in ((1, 8, 100.0), (1, 16, 110.0), (2, 16, 150.0), (2, 32, 160.0), (2, 31, 400.0)):
        rows += [row("processes/threads", f"processes={outer}", workers, per_s, block) for block in range(3)]
    [found] = summarise(rows, machine={"cores": 2, "gil": True})
    assert planes(found) == []


def test_the_interpreter_limit_grows_with_the_processes() -> None:
    found = sweep(RATES)
    by_name = {curve.name: curve.cells[-1].limits for curve in found.curves}
    one, two = by_name["1 process × threads"], by_name["2 processes × threads"]
    assert one is not None
    assert two is not None
    assert one.interpreter == pytest.approx(1 / 0.0018)
    assert two.interpreter == pytest.approx(2 / 0.0018)
    assert (one.name, two.name) == ("interpreter", "cores")
    texts = {each.options: each.text for each in found.diagnoses if each.cause == "interpreter"}
    assert texts["processes=1;submission=map"].startswith("1 process × threads: 1.8 ms of CPU per task let one interp")


def test_with_processors_to_spare_each_interpreter_is_a_queue_of_its_own() -> None:
    asked = Demand(0.02, 0.002, 0.002, 0.002, 64, interpreters=3)
    assert limits(asked, 24, 1000).model == pytest.approx(3 * repairman(8, 0.018, 0.002, 1))
    uneven = 2 * repairman(3, 0.018, 0.002, 1) + repairman(2, 0.018, 0.002, 1)
    assert limits(asked, 8, 1000).model == pytest.approx(uneven)
    assert limits(asked, 2, 1000).model <= 2 / 0.02
