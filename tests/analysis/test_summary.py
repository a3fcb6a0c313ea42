from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.analysis.model import Curve, Summary
from poolbench.analysis.summary import rate_of, summarise, widest_half_width
from sweep_rows import rows, trial

STEADY = [0.99, 1.0, 1.01, 1.0, 1.0]


def sweep(rates: dict, **changes: object) -> Summary:
    [found] = summarise(rows(rates, **changes))
    return found


def around(middle: float, noise: float = 0.01) -> list[float]:
    return [middle * (1 + noise * step) for step in (-1, 0, 1, 0, 0)]


def curve_of(summary: Summary, name: str) -> Curve:
    return {curve.name: curve for curve in summary.curves}[name]


@pytest.fixture
def flags() -> Summary:
    return sweep(
        {
            ("sequential", 1): around(10),
            ("threads", 1): around(10),
            ("threads", 4): around(39),
            ("threads", 8): around(77),
            ("threads", 16): around(80),
            ("threads", 32): around(60),
            ("processes", 2): around(19),
        }
    )


def test_medians_and_speedups_are_exact(flags):
    assert flags.baseline.per_s == pytest.approx(10)
    assert (flags.baseline.speedup, flags.baseline.speedup_ci.low, flags.baseline.speedup_ci.high) == (1, 1, 1)
    cells = {cell.workers: cell for cell in curve_of(flags, "threads").cells}
    assert list(cells) == [1, 4, 8, 16, 32]
    assert [cells[n].per_s for n in cells] == pytest.approx([10, 39, 77, 80, 60])
    assert [cells[n].speedup for n in cells] == pytest.approx([1, 3.9, 7.7, 8, 6])
    assert cells[4].runs == pytest.approx(around(39))
    assert all(cell.per_s in cell.ci and cell.speedup in cell.speedup_ci for cell in cells.values())
    assert {cell.trials for cell in cells.values()} == {5}


def test_the_knee_is_the_fewest_workers_within_five_percent(flags):
    curve = curve_of(flags, "threads")
    assert (curve.peak.workers, curve.knee.workers) == (16, 8)
    assert flags.best is curve
    assert flags.rivals == ()


@pytest.mark.parametrize(("at_eight", "knee"), [(76.1, 8), (75.9, 16)])
def test_five_percent_is_the_border(at_eight, knee):
    found = sweep({("sequential", 1): [10, 10], ("threads", 8): [at_eight] * 2, ("threads", 16): [80, 80]})
    assert found.curves[0].knee.workers == knee


# The same sizes in another order for each cell: what the blocks have in common is nobody's noise.
SPREAD = ((-1, 0, 1, 0, 0), (0, 1, 0, 0, -1), (1, 0, 0, -1, 0), (0, -1, 0, 1, 0), (0, 0, -1, 0, 1))


@pytest.mark.parametrize(("noise", "low", "high"), [(0.0001, 16, 16), (0.02, 8, 16), (0.3, 4, 32)])
def test_the_knee_lies_between_the_first_that_may_be_and_the_first_that_surely_is(noise, low, high):
    middles = {
        ("sequential", 1): 10,
        ("threads", 4): 70,
        ("threads", 8): 75.5,
        ("threads", 16): 79.5,
        ("threads", 32): 80,
    }
    lanes = zip(middles.items(), SPREAD, strict=True)
    found = sweep({key: [middle * (1 + noise * step) for step in steps] for (key, middle), steps in lanes})
    assert found.curves[0].knee.workers == 16
    assert found.curves[0].knee_ci == (low, high)


def test_one_block_has_no_intervals():
    found = sweep({("sequential", 1): [10], ("threads", 2): [20], ("threads", 4): [40]})
    assert found.blocks == 1
    for cell in (found.baseline, *found.curves[0].cells):
        assert cell.ci is None
    assert [cell.speedup for cell in found.curves[0].cells] == pytest.approx([2, 4])
    assert [cell.speedup_ci for cell in found.curves[0].cells] == [None, None]
    assert found.curves[0].knee_ci is None


def test_failed_trials_never_enter_a_throughput():
    made = rows({("sequential", 1): [10, 10, 10], ("threads", 4): [40, None, 42]})
    made.append(trial("threads", 4, 3, 4000.0, outcome="failed", reason="late"))
    made.append(trial("threads", 4, 4, 4000.0, outcome="crashed", reason="gone", steady_per_s=9e9))
    [found] = summarise(made)
    [cell] = found.curves[0].cells
    assert cell.runs == (40, 42)
    assert (cell.trials, cell.failed) == (2, 3)
    assert cell.per_s == pytest.approx((40 * 42) ** 0.5)
    assert cell.reason == "1 of 20 tasks: ValueError: no"


@given(st.lists(st.sampled_from(["ok", "failed", "timeout", "crashed", "skipped"]), min_size=1, max_size=6))
def test_only_good_trials_are_counted_whatever_the_others_claim(outcomes):
    made = [
        trial("threads", 2, block, 100.0 if outcome == "ok" else 10.0**6, outcome=outcome)
        for block, outcome in enumerate(outcomes)
    ]
    [found] = summarise(made)
    [cell] = found.curves[0].cells
    assert (cell.trials, cell.failed) == (outcomes.count("ok"), len(outcomes) - outcomes.count("ok"))
    assert cell.per_s == (pytest.approx(100) if "ok" in outcomes else None)
    assert found.baseline.per_s is None


def test_a_curve_of_which_nothing_succeeded_has_neither_peak_nor_knee():
    found = sweep({("sequential", 1): [10, 10], ("threads", 2): [None, None], ("asyncio", 2): [20, 20]})
    curve = curve_of(found, "threads")
    assert (curve.peak, curve.knee, curve.knee_ci) == (None, None, None)
    assert found.best is curve_of(found, "asyncio")
    assert found.rivals == ()


def test_speedups_are_paired_inside_of_blocks():
    # The machine is three times as slow in the second half; each block's ratio is 4 exactly.
    found = sweep({("sequential", 1): [30, 30, 10, 10], ("threads", 4): [120, 120, 40, 40]})
    [cell] = found.curves[0].cells
    assert cell.speedup == pytest.approx(4)
    assert (cell.speedup_ci.low, cell.speedup_ci.high) == pytest.approx((4, 4))


def test_blocks_without_a_good_baseline_have_no_speedup():
    found = sweep({("sequential", 1): [10, None, 10], ("threads", 4): [40, 4000, 40]})
    assert found.curves[0].cells[0].speedup == pytest.approx(4)


@pytest.mark.parametrize(
    ("tasks", "rate", "per_s"),
    [((20, 20), "makespan", [10, 40]), ((20, 80), "steady", [11, 44])],
)
def test_a_given_job_counts_from_start_to_end_and_an_open_batch_by_its_steady_rate(tasks, rate, per_s):
    made = [
        trial("sequential", 1, 0, 10.0, tasks[0], steady_per_s=11.0),
        trial("threads", 4, 0, 40.0, tasks[1], steady_per_s=44.0),
    ]
    [found] = summarise(made)
    assert found.rate == rate
    assert [found.baseline.per_s, found.curves[0].cells[0].per_s] == pytest.approx(per_s)


@pytest.mark.parametrize(
    ("steady", "rate", "per_s"), [(None, "steady", 40), (44.0, "steady", 44), (44.0, "makespan", 40)]
)
def test_a_batch_too_short_for_the_steady_rate_counts_from_start_to_end(steady, rate, per_s):
    assert rate_of(trial(per_s=40.0, steady_per_s=steady), rate) == per_s


def test_a_failed_trial_has_no_rate():
    assert rate_of(trial(outcome="failed", steady_per_s=1.0), "steady") is None


def test_only_the_options_that_tell_curves_apart_name_them():
    found = sweep(
        {
            ("sequential", 1): [10, 10],
            ("processes", 2, "chunksize=1;start=fork"): [20, 20],
            ("processes", 2, "chunksize=1;start=spawn"): [19, 19],
            ("threads", 2, "submission=map"): [18, 18],
        }
    )
    assert [curve.name for curve in found.curves] == ["threads", "processes start=fork", "processes start=spawn"]


def test_each_set_of_parameters_has_a_baseline_of_its_own():
    made = [
        each
        for client, base in (("httpx", 10), ("requests", 5))
        for each in rows({("sequential", 1): [base] * 2, ("threads", 4): [40] * 2}, params=f"client={client}")
    ]
    found = summarise(made)
    assert [summary.params for summary in found] == ["client=httpx", "client=requests"]
    assert [summary.curves[0].cells[0].speedup for summary in found] == pytest.approx([4, 8])


def test_workloads_are_apart_and_sorted():
    made = rows({("threads", 1): [1]}, workload="primes") + rows({("threads", 1): [1]}, workload="flags")
    assert [summary.workload for summary in summarise(made)] == ["flags", "primes"]
    assert summarise([]) == []


def test_block_numbers_of_several_sweeps_in_one_csv_do_not_collide():
    made = rows({("sequential", 1): [10], ("threads", 4): [40]}, sweep="monday")
    made += rows({("sequential", 1): [20], ("threads", 4): [80]}, sweep="tuesday")
    [found] = summarise(made)
    assert found.blocks == 2
    assert found.baseline.runs == (10, 20)
    assert found.curves[0].cells[0].runs == (40, 80)
    assert found.curves[0].cells[0].speedup == pytest.approx(4)


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(dice):
    made = rows({("sequential", 1): around(10), ("threads", 2): around(20), ("asyncio", 4): [35, None, 36, 37, 38]})
    shuffled = list(made)
    dice.shuffle(shuffled)
    assert summarise(shuffled) == summarise(made)


def test_what_is_said_of_the_machine_is_kept():
    [found] = summarise([trial(started_at="2026-02-02"), trial(started_at="2026-01-01")], machine={"cores": 2})
    assert found.machine["cores"] == 2
    assert (found.machine["python"], found.machine["gil"], found.machine["id"]) == ("3.11.7", True, "00c0ffee")
    assert found.started_at == "2026-01-01"


RATES = st.lists(st.floats(5, 500), min_size=3, max_size=3)


@given(st.dictionaries(st.tuples(st.sampled_from(["threads", "asyncio", "dask"]), st.sampled_from([1, 8])), RATES))
def test_nobody_wins_where_intervals_overlap(lanes):
    found = sweep({("sequential", 1): [4.0, 4.1, 3.9], **lanes})
    if found.best is None or found.rivals:
        return
    for other in found.curves:
        if other is not found.best:
            assert found.best.knee.ci.low > other.peak.ci.high
            assert found.best.knee.per_s > other.knee.per_s


@given(st.lists(st.floats(20, 60), min_size=2, max_size=6))
def test_the_same_throughputs_in_another_order_are_too_close(rates):
    found = sweep({("sequential", 1): [0.1] * len(rates), ("threads", 4): rates, ("asyncio", 4): rates[::-1]})
    if found.best is not None:
        assert {curve.name for curve in (found.best, *found.rivals)} == {"threads", "asyncio"}


def test_the_higher_peak_does_not_win_with_a_knee_below_what_another_reaches():
    found = sweep(
        {
            ("sequential", 1): around(10, 0.0005),
            ("threads", 8): around(95.5, 0.0005),
            ("threads", 64): around(100, 0.0005),
            ("asyncio", 8): around(96, 0.0005),
        }
    )
    assert (found.best.name, found.best.knee.workers) == ("threads", 8)
    assert [curve.name for curve in found.rivals] == ["asyncio"]


def test_a_curve_known_by_one_trial_cannot_be_beaten():
    found = sweep(
        {("sequential", 1): around(10), ("threads", 4): around(40), ("asyncio", 4): [39, None, None, None, None]}
    )
    assert [curve.name for curve in found.rivals] == ["asyncio"]


@pytest.mark.parametrize("middle", [10.0, 9.0, 10.05])
def test_what_does_not_surely_beat_the_baseline_is_not_best(middle):
    found = sweep({("sequential", 1): around(10, 0.02), ("threads", 4): around(middle, 0.03)[::-1]})
    assert found.best is None
    assert found.rivals == ()


def test_without_a_baseline_nothing_is_best():
    found = sweep({("threads", 4): around(40)})
    assert found.best is None
    assert found.baseline.per_s is None
    assert found.curves[0].cells[0].speedup is None


def test_the_widest_interval_decides_when_to_stop():
    exact = rows({("sequential", 1): [10, 10, 10], ("threads", 4): [40, 40, 40]})
    assert widest_half_width(exact) == pytest.approx(0)
    assert widest_half_width(exact + rows({("asyncio", 4): [40, 50, 60]})) > 0.2
    assert widest_half_width(exact[:1]) == inf
    assert widest_half_width(rows({("sequential", 1): [10], ("threads", 4): [40]})) == inf


def test_the_widest_half_width_by_hand():
    # Two blocks with ratios 4 and 4·e^0.02: centre 4·e^0.01, deviation 0.02/√2, error 0.01, t(1) = 12.706.
    made = rows({("sequential", 1): [10, 10], ("threads", 4): [40, 40 * 2.718281828**0.02]})
    reach = 12.706 * 0.01
    assert widest_half_width(made) == pytest.approx((2.718281828**reach - 2.718281828**-reach) / 2, rel=1e-3)
