"""Two sweeps cell by cell, on invented rows: what is paired, what is refused, what it comes to."""

from __future__ import annotations

import random
from math import exp

import pytest

from poolbench.analysis.compare import Comparison, compare, side, status
from poolbench.analysis.comparison import verdicts
from poolbench.analysis.comparison_document import comparison_document
from poolbench.analysis.estimate import Estimate
from poolbench.errors import UsageError
from poolbench.results.columns import Trial
from sweep_rows import trial

CELLS = (("sequential", 1), ("threads", 4), ("threads", 16), ("asyncio", 16), ("processes", 4))


def sweep(
    seed: int, *, blocks: int = 6, noise: float = 0.01, slower: dict | float = 1.0, **more: object
) -> list[Trial]:
    """Noise and drift from block to block; `slower` for all cells, or by executor."""
    dice, found = random.Random(seed), []
    for block in range(blocks):
        drift = dice.gauss(0, noise)
        for executor, workers in CELLS:
            factor = slower.get(executor, 1.0) if isinstance(slower, dict) else slower
            per_s = 100 * workers * factor * exp(drift + dice.gauss(0, noise))
            found.append(trial(executor, workers, block, per_s, **more))
    return found


def weighed(old: list[Trial], new: list[Trial], **more) -> Comparison:
    return compare(side("old.csv", old), side("new.csv", new), **more)


@pytest.mark.parametrize("seed", range(12))
def test_a_sweep_and_its_like_show_no_slowdown(seed: int) -> None:
    found = weighed(sweep(seed), sweep(seed + 1000))
    assert status(found, "slower") == 0
    assert found.counted("slower") == 0


@pytest.mark.parametrize("seed", range(12))
def test_a_slowdown_of_20_percent_is_found(seed: int) -> None:
    found = weighed(sweep(seed), sweep(seed + 1000, slower=0.8))
    assert status(found, "slower") == 1
    assert status(found) == 0  # nobody asked to fail
    assert found.counted("slower") == len(CELLS)


def test_it_names_the_cells_and_leaves_the_others_alone() -> None:
    found = weighed(sweep(1), sweep(2, slower={"processes": 0.7, "asyncio": 1.5}))
    said = {(row.executor, row.workers): row.verdict for row in found.rows}
    assert said["processes", 4] == "slower"
    assert said["asyncio", 16] == "faster"
    assert {said["threads", 4], said["threads", 16]} <= {"no change", "unclear"}
    ratio = next(row for row in found.rows if row.executor == "processes")
    assert ratio.ratio == pytest.approx(0.7, rel=0.05)
    assert ratio.ratio_ci is not None
    assert 0.7 in ratio.ratio_ci


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (sweep(1, blocks=1), sweep(2, blocks=1)),
        (sweep(1), sweep(2, blocks=1)),
        (sweep(1, noise=0.4), sweep(2, noise=0.4)),
    ],
    ids=["one block each", "one block", "noise"],
)
def test_where_it_cannot_tell_it_says_so(old: list[Trial], new: list[Trial]) -> None:
    assert status(weighed(old, new), "slower") == 4


def test_without_a_common_cell_it_cannot_tell() -> None:
    found = weighed(sweep(1)[:1], [trial("dask", 4)])
    assert (found.rows, found.missing, status(found)) == ((), 2, 4)


def test_a_cell_that_fails_now_is_worse_than_slower() -> None:
    new = [
        trial("threads", 4, row.block, None) if (row.executor, row.workers) == ("threads", 4) else row
        for row in sweep(2)
    ]
    found = weighed(sweep(1), new)
    assert found.counted("failed") == 1
    assert status(found, "slower") == 1
    failed = next(row for row in found.rows if row.verdict == "failed")
    assert (failed.new_per_s, failed.ratio, failed.ratio_ci) == (None, None, None)


def test_what_failed_before_is_left_out() -> None:
    old = [trial("threads", 4, block, None) for block in range(3)]
    found = weighed([*old, *sweep(1)[:1]], sweep(2))
    assert all((row.executor, row.workers) != ("threads", 4) for row in found.rows)


OTHER = {"params": "client=httpx;latency=20ms"}


def test_other_parameters_are_refused_unless_asked_for() -> None:
    with pytest.raises(UsageError, match=r"flags has other parameters in .*: latency 50ms, then 20ms"):
        weighed(sweep(1), sweep(2, **OTHER))
    found = weighed(sweep(1), sweep(2, **OTHER), across=True)
    assert len(found.rows) == len(CELLS)
    assert {(row.old_params, row.params) for row in found.rows} == {("client=httpx;latency=50ms", OTHER["params"])}


def test_across_does_not_guess_which_of_several_is_meant() -> None:
    third = sweep(3, params="client=requests;latency=20ms")
    with pytest.raises(UsageError, match="several sets of parameters"):
        weighed(sweep(1), [*sweep(2, **OTHER), *third], across=True)


def test_a_workload_that_only_one_has_is_no_hindrance() -> None:
    found = weighed(sweep(1), [*sweep(2), *sweep(3, workload="loiter", params="unit=10ms")])
    assert {row.workload for row in found.rows} == {"flags"}
    assert found.missing == len(CELLS)


def test_rows_of_several_interpreters_are_not_one_sweep() -> None:
    with pytest.raises(UsageError, match="holds rows of 2 machines or interpreters"):
        side("mixed.csv", [*sweep(1), *sweep(2, python="3.14.0")])
    with pytest.raises(UsageError, match="has no rows"):
        side("empty.csv", [])


def test_options_tell_lanes_apart() -> None:
    both = [*sweep(1), *[trial("processes", 4, b, 50.0 + b, options="start=spawn") for b in range(4)]]
    names = [row.name for row in weighed(both, both).rows if row.executor == "processes"]
    assert names == ["processes", "processes start=spawn"]


def test_of_many_cells_a_lone_stray_is_no_change() -> None:
    stray, calm = Estimate(-0.045, 0.02, 1e6), Estimate(0.0, 0.02, 1e6)
    assert verdicts([stray]) == ["slower"]
    assert verdicts([stray, *[calm] * 39])[0] == "unclear"
    sure = Estimate(-0.2, 0.02, 1e6)
    assert verdicts([sure, *[calm] * 39])[0] == "slower"


def test_the_document_has_what_the_table_has() -> None:
    found = weighed(sweep(1), sweep(2, python="3.14.0", gil=False))
    whole = comparison_document(found)
    assert whole["schema"] == 1
    assert (whole["old"]["python"], whole["new"]["python"], whole["new"]["gil"]) == ("3.11.7", "3.14.0", False)
    keys = {"workload", "params", "executor", "options", "workers", "old_per_s", "new_per_s", "ratio", "ratio_ci"}
    assert all(keys | {"verdict"} <= set(row) for row in whole["rows"])
    assert whole["rows"][0]["ratio"] == pytest.approx(whole["rows"][0]["new_per_s"] / whole["rows"][0]["old_per_s"])
