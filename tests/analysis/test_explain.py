from __future__ import annotations

import pytest

from costed_sweeps import base, costed, explained, only
from poolbench import pipeline, workloads
from poolbench.analysis.explain import demand, explain
from poolbench.analysis.limits import makespan, repairman
from poolbench.analysis.summary import summarise
from poolbench.measure.plan import Rule
from poolbench.results.load import task_times
from sweep_rows import cell, curve, rows, summary, trial

COSTS = {"cpu_per_task_s": 0.002, "startup_s": 0.001, "latency_p50_s": 0.02, "latency_p99_s": 0.02}
SPUN = base(100, 0.01)
"""10 ms of pure CPU."""


@pytest.mark.parametrize(
    "made",
    [
        summary(curve(costed("threads", 4, 40, 0.001)), baseline=cell("sequential", 1, None)),
        summary(curve(costed("threads", 4, 40, 0.001)), baseline=cell("sequential", 1, 10.0)),
        summary(curve(costed("threads", 4, 40, 0.001)), baseline=costed("sequential", 1, None, 0.001)),
    ],
    ids=["no baseline", "a baseline without costs", "a baseline that failed"],
)
def test_without_a_baseline_and_its_costs_nothing_is_added(made):
    assert explain(made) is made


def test_a_cell_without_costs_stays_as_it_is():
    bare = cell("threads", 8, 80.0, limits=None)
    found = explained(base(10, 0.001), costed("threads", 4, 40, 0.001), bare)
    assert only(found).cells[1] == bare
    assert only(found).cells[0].bound_by == "waiting"
    assert found.diagnoses == ()
    assert demand(bare, found) is None


def test_a_curve_of_which_nothing_counts_has_no_cause():
    found = explained(base(10, 0.001), cell("threads", 4, None))
    assert found.diagnoses == ()
    assert (only(found).peak, only(found).knee) == (None, None)


@pytest.mark.parametrize(
    ("executor", "gil", "interpreter"),
    [
        ("threads", True, 100),
        ("threads", False, None),
        ("asyncio", True, 100),
        ("asyncio", False, 100),
        ("processes", True, None),
        ("interpreters", True, None),
    ],
)
def test_who_shares_an_interpreter(executor, gil, interpreter):
    found = explained(SPUN, costed(executor, 4, 99, 0.01), gil=gil)
    assert only(found).cells[0].limits.interpreter == (None if interpreter is None else pytest.approx(interpreter))


@pytest.mark.parametrize(("gil", "cause"), [(True, "interpreter"), (False, "cores")])
def test_threads_without_a_gil_fill_the_cores(gil, cause):
    rate = 98 if gil else 195
    [found] = explained(SPUN, costed("threads", 1, 99, 0.01), costed("threads", 4, rate, 0.01), gil=gil).diagnoses
    assert found.cause == cause


@pytest.mark.parametrize(
    ("rate", "interpreter", "bound"), [(139, 100, "interpreter"), (141, None, ""), (190, None, "cores")]
)
def test_who_is_far_above_the_interpreter_limit_has_released_it(rate, interpreter, bound):
    last = only(explained(SPUN, costed("threads", 1, 99, 0.01), costed("threads", 4, rate, 0.01))).cells[-1]
    assert last.limits.interpreter == (None if interpreter is None else pytest.approx(interpreter))
    assert last.limits.cores == pytest.approx(200)
    assert last.bound_by == bound


def test_a_loop_does_not_use_more_cpu_than_there_is_time():
    """A batch whose ends are dear: 12.5 ms a task in all, and yet 150 tasks a second in its steady part."""
    found = explained(base(50, 0.001), costed("asyncio", 1, 49, 0.001), costed("asyncio", 64, 150, 0.0125))
    limits = only(found).cells[-1].limits
    assert (limits.name, limits.interpreter, limits.cores) == ("interpreter", pytest.approx(150), pytest.approx(300))
    assert only(found).cells[-1].bound_by == "client"


def test_the_baseline_has_limits_too():
    found = explained(base(50, 0.002), costed("threads", 4, 190, 0.002))
    assert found.baseline.limits.waiting == pytest.approx(50)
    assert found.baseline.limits.interpreter == pytest.approx(500)


def test_peak_knee_best_and_rivals_are_the_explained_ones():
    cells = [costed("threads", 1, 49, 0.002), costed("threads", 8, 350, 0.002)]
    other = curve(costed("asyncio", 8, 350, 0.002))
    found = explain(
        summary(curve(*cells), other, best=0, rivals=[1], baseline=base(50, 0.002), rate="steady", machine={"cores": 2})
    )
    assert found.best is found.curves[0]
    assert found.rivals == (found.curves[1],)
    assert found.best.peak is found.best.cells[1]
    assert found.best.knee.limits is not None
    assert [each.executor for each in found.diagnoses] == ["threads", "asyncio"]


def test_nothing_is_best_where_nothing_was():
    assert explain(summary(curve(costed("threads", 1, 49, 0.002)), best=None, baseline=base(50, 0.002))).best is None


@pytest.mark.parametrize(
    ("rate", "times_s", "waiting"),
    [
        ("makespan", (0, 1, 2, 3, 4), 5 / 5),
        ("makespan", (4, 3, 2, 1, 0), 5 / 4),
        ("makespan", (), 5 / 4),  # equal ones of 2 s: two rounds
        ("makespan", (1.0, 2.0), 5 / 4),  # of another batch
        ("steady", (0, 1, 2, 3, 4), 3 / 2),
    ],
)
def test_the_waiting_limit_of_a_given_job_comes_from_its_tasks(rate, times_s, waiting):
    found = explained(base(0.5, 0.001), costed("threads", 3, 0.9, 0.001, tasks=5), times_s=times_s, rate=rate)
    assert only(found).cells[0].limits.waiting == pytest.approx(waiting)


def test_the_servers_cpu_counts_for_the_cores_and_not_for_the_interpreter():
    [made] = [costed("threads", 64, 300, 0.001, machine_cpu_per_task_s=0.005)]
    found = only(explained(base(50, 0.001), made)).cells[0].limits
    assert (found.interpreter, found.cores) == pytest.approx((1000, 400))
    assert found.name == "cores"
    assert found.model == pytest.approx(min(400, repairman(64, 0.019, 0.001, 1)))


def test_more_cpu_than_time_is_all_cpu():
    """A library of its own threads: the baseline's CPU exceeds its length."""
    made = explained(base(100, 0.03), costed("processes", 2, 66, 0.03))
    assert demand(made.curves[0].cells[0], made).idle_cpu_s == pytest.approx(0.01)


def test_one_core_where_the_machine_does_not_say():
    made = explained(SPUN, costed("processes", 4, 98, 0.01), cores=None)
    assert only(made).cells[0].limits.cores == pytest.approx(100)


def test_from_rows_with_the_servers_figures():
    made = rows({("sequential", 1): [50, 50], ("threads", 8): [350, 350]}, **COSTS, server_busy_s=0.02)
    [found] = summarise(made, machine={"cores": 2})
    [known] = only(found).cells
    assert known.costs.machine_cpu_per_task_s == pytest.approx(0.002 + 0.02 / 20)
    assert known.costs.server_share == pytest.approx(0.02 * 350 / 20, rel=1e-6)
    assert (known.limits.waiting, known.limits.interpreter) == pytest.approx((20 / (3 * 0.02), 500))


def test_from_rows_with_the_spans_times():
    times = (0.0, 1.0, 2.0, 3.0, 4.0)
    made = [
        trial("sequential", 1, 0, 0.5, tasks=5, **COSTS),
        trial("threads", 3, 0, 0.99, tasks=5, **COSTS),
    ]
    for known, limit in [({("flags", made[0].params): times}, 1.0), ({("primes", ""): times}, 1.25), (None, 1.25)]:
        [found] = summarise(made, machine={"cores": 2}, times=known)
        assert only(found).cells[0].limits.waiting == pytest.approx(limit)


def test_rows_of_an_older_schema_without_cpu_have_no_limits():
    [found] = summarise(rows({("sequential", 1): [10, 10], ("threads", 4): [39, 40]}))
    assert only(found).cells[0].limits is None
    assert found.diagnoses == ()


def test_a_real_sweep_brings_its_tasks_times(tmp_path):
    request = pipeline.Request(
        [workloads.recipe("loiter")],
        executors="threads",
        workers="1,3",
        tasks=5,
        settings=["unit=2ms"],
        rule=Rule(repeats=2, budget_s=None, most_blocks=2),
        out=tmp_path,
        plots=None,
    )
    outcome = pipeline.run(request)
    [times_s] = task_times(outcome.files[0]).values()
    assert len(times_s) == 5
    assert all(spent_s >= 0.002 * multiple for multiple, spent_s in enumerate(times_s))
    [found] = outcome.summaries
    for known in only(found).cells:
        assert known.limits.waiting == pytest.approx(5 / makespan(times_s, known.workers))
