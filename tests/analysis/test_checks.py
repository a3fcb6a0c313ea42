from __future__ import annotations

from dataclasses import replace

import pytest

from costed_sweeps import costs
from poolbench.analysis import checks
from poolbench.analysis.checks import arithmetic, check
from poolbench.analysis.limits import Limits
from poolbench.analysis.model import CellSummary, Interval, Summary
from poolbench.analysis.summary import summarise
from poolbench.errors import Caution
from poolbench.results.columns import Trial
from poolbench.results.table import Table
from sweep_rows import cell, curve, rows, summary, trial

QUIET = Table.of([trial("sequential", 1), trial("threads", 4)])


def said(made: Summary, *trials: Trial) -> list[str]:
    return [each.check for each in check(made, Table.of(trials) if trials else QUIET, None)]


def sweep(*cells: CellSummary, **more: object) -> Summary:
    return summary(curve(*(cells or (cell("threads", 4, 40.0),))), **more)


def test_a_quiet_machine_and_a_good_server_raise_no_caution():
    made = rows({("sequential", 1): [10, 10.1, 9.9], ("threads", 1): [10, 9.9, 10.1], ("threads", 4): [40, 39, 41]})
    [found] = summarise([replace(each, load_before=0.2, steal_share=0.01, listen_overflows=0) for each in made])
    assert found.cautions == ()


@pytest.mark.parametrize(("dropped", "found"), [(None, []), (0, []), (1, ["listen queue"])])
def test_dropped_connections(dropped, found):
    assert said(sweep(), trial(listen_overflows=dropped)) == found


def test_dropped_connections_are_added_up_and_their_first_place_is_named():
    hits = [trial("threads", 4, listen_overflows=1), *[trial("asyncio", 20, listen_overflows=7)] * 2]
    assert check(sweep(), Table.of([trial(), *hits]), None) == (
        Caution(
            "listen queue",
            "15 connections met a full listen queue, first of all with 20 asyncio workers",
            "raise the backlog of the server that is measured",
        ),
    )


@pytest.mark.parametrize(("share", "found"), [(None, []), (0.69, []), (0.7, []), (0.71, ["server"])])
def test_a_server_near_its_limit(share, found):
    assert said(sweep(cell("threads", 4, 40.0, costs=costs(0.001, server_share=share)))) == found


def test_the_server_is_told_of_once():
    hot = costs(0.001, server_share=0.93)
    [found] = check(sweep(cell("threads", 4, 40.0, costs=hot), cell("threads", 8, 41.0, costs=hot)), QUIET, None)
    assert found.text == "with 4 threads the server itself uses 93% of a core"


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (1.05, 1.2, []),
        (1.1, 1.2, []),
        (1.11, 1.2, ["client"]),
        (0.8, 0.95, []),
        (0.8, 0.9, []),
        (0.8, 0.89, ["client"]),
        (0.5, 2.0, []),
    ],
)
def test_one_worker_against_the_baseline(low, high, found):
    made = cell("threads", 1, 10.0 * (low + high) / 2, speedup_ci=Interval(low, high))
    assert said(sweep(made, cell("threads", 4, 40.0))) == found


@pytest.mark.parametrize(
    "first",
    [
        cell("threads", 2, 40.0, speedup_ci=Interval(3.9, 4.1)),  # two workers may well differ
        cell("threads", 1, 40.0),  # one run: no interval
        cell("threads", 1, None),
    ],
)
def test_no_client_is_blamed_without_reason(first):
    assert said(sweep(first)) == []


@pytest.mark.parametrize(
    ("options", "low", "tip"),
    [
        ("chunksize=1;submission=map", 0.5, "give it more tasks at a time (chunksize), or read its speed-up "),
        ("chunksize=1;submission=map", 1.5, "read its speed-up "),
        ("chunksize=20;submission=map", 0.5, "read its speed-up "),
        ("submission=map", 0.5, "read its speed-up "),
    ],
)
def test_who_loses_by_hand_over_is_told_of_chunks(options, low, tip):
    made = cell("processes", 1, 10.0 * low, options=options, speedup_ci=Interval(low - 0.1, low + 0.1))
    [found] = check(summary(replace(curve(made), options=options)), QUIET, None)
    assert found.tip == f"{tip}from its own first worker"


def test_each_curve_is_compared_with_its_own_first_worker():
    other = [cell(name, 1, 63.0, speedup_ci=Interval(6.2, 6.4)) for name in ("threads", "asyncio")]
    found = check(summary(*map(curve, other)), QUIET, None)
    assert [each.text.partition(" does")[0] for each in found] == ["one worker of threads", "one worker of asyncio"]
    assert "6.30× the baseline: a difference of client or hand-over, not of concurrency" in found[0].text


@pytest.mark.parametrize(
    ("shares", "found"),
    [((0.1, 0.1, 0.1), []), ((0.11, 0.11, 0.0), ["steal"]), ((0.5, 0.0, 0.0), []), ((None, None, None), [])],
)
def test_steal_is_the_median(shares, found):
    assert said(sweep(), *(trial(steal_share=share) for share in shares)) == found


@pytest.mark.parametrize(
    ("others_s", "cores", "found"),
    [(0.4, 2, []), (0.41, 2, ["load"]), (0.2, None, []), (0.3, None, ["load"]), (None, 2, []), (1.5, 8, [])],
)
def test_what_other_processes_use(others_s, cores, found):
    used = [cell("threads", count, 40.0, costs=costs(0.001, others_s=others_s)) for count in (4, 8)]
    assert said(sweep(*used, machine={"cores": cores})) == found


def test_others_in_one_cell_are_not_the_sweep():
    used = [
        cell("threads", count, 40.0, costs=costs(0.001, others_s=others)) for count, others in ((2, 0), (4, 0), (8, 2))
    ]
    assert said(sweep(*used, machine={"cores": 2})) == []


class Said:
    """A fit that says what it is told to."""

    def __init__(self, drift: float = 0.0, *outliers: tuple[tuple[str, str, int], float, int]) -> None:
        self.drift, self.outliers = lambda: drift, lambda: list(outliers)


@pytest.mark.parametrize(("drift", "found"), [(0.0, []), (0.1, []), (0.11, ["drift"])])
def test_drift(drift, found):
    assert [each.check for each in check(sweep(), QUIET, Said(drift))] == found


@pytest.mark.parametrize(
    ("ratios", "found"), [([], 0), ([1.29], 0), ([1.3], 1), ([3.0, 1.2], 1), ([5.0, 4.0, 3.0, 2.0], 3)]
)
def test_the_worst_outliers_are_named_up_to_three(ratios, found):
    cautions = check(sweep(), QUIET, Said(0.0, *((("threads", "", 4), ratio, 7) for ratio in ratios)))
    assert [each.check for each in cautions] == ["outlier"] * found


def test_an_outlier_in_rows():
    steps = [0, 0.001, -0.001, 0.002, -0.002, 0.001, 0]
    lanes = {
        ("sequential", 1): [10 * (1 + each) for each in steps],
        ("threads", 4): [40 * (1 - each) for each in steps],
        ("threads", 8): [80 * (1 + each) for each in reversed(steps)],
    }
    lanes["threads", 4][3] = 20.0
    [found] = summarise(rows(lanes))
    [caution] = found.cautions
    assert caution.text == "4 threads: one run of 7 took 2.0× the others' time"


def test_drift_in_rows():
    slowing = [1.0, 1.0, 0.95, 0.9, 0.85, 0.85]
    lanes = {
        key: [rate * each for each in slowing] for key, rate in {("sequential", 1): 10, ("threads", 4): 40}.items()
    }
    [found] = summarise(rows(lanes))
    [caution] = found.cautions
    # From the first two blocks to the last two: 1 to 0.85.
    assert caution.text == "the machine's speed changed by 18% during the sweep"


def test_no_fit_no_word_of_it():
    assert check(sweep(), QUIET, None) == ()


def test_all_at_once_in_one_order():
    made = sweep(
        cell("threads", 1, 40.0, speedup_ci=Interval(3.9, 4.1), costs=costs(0.001, server_share=0.9, others_s=1)),
        machine={"cores": 1},
    )
    bad = trial(listen_overflows=3, steal_share=0.4)
    found = check(made, Table.of([bad]), Said(0.2, (("threads", "", 4), 2.0, 7)))
    assert [each.check for each in found] == [
        *("listen queue", "server", "client", "steal", "load", "outlier", "drift")
    ]
    assert all(each.text and each.tip and "\n" not in each.text + each.tip for each in found)


@pytest.mark.parametrize(
    ("per_s", "cpu_s", "found"), [(10, 0.0019, True), (10, 0.0021, False), (10, 0.0, True), (None, 0.0, False)]
)
def test_arithmetic_is_less_than_two_percent_of_cpu(per_s, cpu_s, found):
    made = summary(baseline=cell("sequential", 1, per_s, costs=costs(cpu_s)))
    assert arithmetic(made) is found


def test_tasks_that_wait_for_each_other_are_no_arithmetic():
    """Behind a semaphore of 8 a task uses no CPU, yet 64 workers do no more than 8."""
    base = cell("sequential", 1, 10.0, costs=costs(0.0))
    limits = [Limits(waiting=10.0 * n, interpreter=None, cores=1e6, model=10.0 * n) for n in (8, 64)]
    eight, many = (cell("threads", n, 80.0, limits=each) for n, each in zip((8, 64), limits, strict=True))
    assert arithmetic(replace(sweep(eight), baseline=base)) is True
    assert arithmetic(replace(sweep(eight, many), baseline=base)) is False


def test_without_costs_nobody_knows_whether_it_is_arithmetic():
    assert arithmetic(summary(baseline=cell("sequential", 1, 10.0))) is False


def test_every_check_is_run():
    named = {each for each in vars(checks).values() if callable(each) and getattr(each, "__name__", "").startswith("_")}
    assert named - {checks._outliers, checks._drift} == set(checks.CHECKS)
