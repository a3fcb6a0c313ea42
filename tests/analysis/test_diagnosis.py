"""Each rule on a sweep that was invented with one cause in it: that one is named, and which others could have been."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costed_sweeps import base, costed, explained, only, true_sweep
from poolbench.analysis.diagnosis import RULES, bound_by
from poolbench.analysis.explain import _case
from poolbench.analysis.limits import repairman
from poolbench.analysis.model import Summary

WAITS = base(50, 0.0001)
"""20 ms, nearly all of them waiting."""
STRAGGLER = (*[0.01] * 39, 1.0)


def threads(workers: int, per_s: float | None, cpu_s: float = 0.0001, **more: object):
    return costed("threads", workers, per_s, cpu_s, **more)


def processes(workers: int, per_s: float, cpu_s: float, **more: object):
    return costed("processes", workers, per_s, cpu_s, **more)


def capped(**more: object) -> Summary:
    """Eight at a time, whatever the worker count."""
    return explained(WAITS, threads(1, 50), threads(8, 400), threads(32, 400, **more), params="concurrency=8")


SWEEPS = {
    "failures": lambda: explained(WAITS, threads(1, 50), threads(4, None), threads(8, 399)),
    "hand-over": lambda: explained(base(500_000, 2e-6), threads(1, 50_000, 2e-5), threads(4, 50_000, 2e-5)),
    "start-up": lambda: explained(
        base(1000, 0.001), processes(4, 1900, 0.001, startup_s=0.13, wall_s=0.0105), rate="makespan"
    ),
    "stragglers": lambda: explained(
        base(40 / sum(STRAGGLER), 0.0001),
        threads(16, 39, tasks=40, latency_p50_s=0.01, latency_p99_s=1.0),
        times_s=STRAGGLER,
        rate="makespan",
    ),
    "last wave": lambda: explained(WAITS, threads(1, 50), threads(16, 490), rate="makespan"),
    "client": lambda: explained(
        WAITS, threads(1, 49, 0.0012), threads(8, 360, 0.0012), threads(64, 144, 0.0069, latency_p99_s=0.5)
    ),
    "listen queue": lambda: capped(overflows=14),
    "server": lambda: capped(in_flight_max=8),
    "queueing": lambda: capped(in_flight_max=7),
    "interpreter": lambda: explained(base(100, 0.01), threads(1, 100, 0.01), threads(4, 98, 0.01)),
    "cores": lambda: explained(base(100, 0.01), processes(1, 98, 0.01), processes(4, 190, 0.01)),
    "waiting": lambda: explained(WAITS, threads(1, 50), threads(16, 790)),
}


@pytest.mark.parametrize("cause", SWEEPS)
def test_the_cause_is_named_alone(cause):
    assert [each.cause for each in SWEEPS[cause]().diagnoses] == [cause]


def holding(found: Summary, times_s: tuple[float, ...] = ()) -> list[str]:
    """All rules that hold of the busiest cell, in their order."""
    curve = only(found)
    busiest = [cell for cell in curve.cells if cell.per_s][-1]
    case = _case(curve, busiest, found, times_s)
    return [name for name, rule in RULES if rule(case) is not None]


@pytest.mark.parametrize(
    ("cause", "holds"),
    [
        ("failures", ["failures", "waiting"]),
        ("hand-over", ["hand-over", "interpreter"]),
        ("start-up", ["start-up", "cores"]),
        ("last wave", ["last wave", "waiting"]),
        ("client", ["client", "interpreter"]),
        ("listen queue", ["listen queue", "queueing"]),
        ("server", ["server", "queueing"]),
        ("queueing", ["queueing"]),
        ("interpreter", ["interpreter"]),
        ("cores", ["cores"]),
        ("waiting", ["waiting"]),
    ],
)
def test_what_else_holds_comes_later(cause, holds):
    assert holding(SWEEPS[cause]()) == holds


def test_a_straggler_is_an_uneven_end_too_and_comes_before_it():
    assert holding(SWEEPS["stragglers"](), STRAGGLER) == ["stragglers", "waiting"]


def test_mistakes_come_before_effects_and_effects_before_limits():
    assert [name for name, _ in RULES] == [
        *("failures", "hand-over", "start-up", "stragglers", "last wave", "client", "listen queue"),
        *("server", "queueing"),
        *("interpreter", "cores", "waiting"),
    ]


SENTENCES = {
    "failures": "threads: 3 of 9 runs failed, so the curve has gaps; see the reasons first",
    "hand-over": "threads: a task takes 2 µs, handing it over 18 µs; put many into one task, or raise chunksize",
    "start-up": "processes: starting 4 processes takes 130 ms, the whole batch one at a time 20 ms; "
    "keep the pool, or give it more to do",
    "stragglers": "threads: a few tasks take far longer than the rest (p99 1,000 ms, median 10 ms) and the others "
    "wait for them; start the longest first",
    "last wave": "threads: 20 tasks on 16 workers leave 38% of the time idle in the last of 2 rounds; "
    "10 workers do as well",
    "client": "threads: CPU per task grew 5.8 times, from 1.2 ms with 1 thread to 6.9 ms with 64: something shared by "
    "the workers, such as one client for all, costs more the more there are; give each worker its own",
    "listen queue": "threads: 14 connections met a full listen queue and waited a second or more; "
    "raise the server's backlog",
    "server": "threads: the server serves at most 8 requests at once, so more than 8 workers wait for it",
    "queueing": "threads: a task takes 80 ms with 32 workers and 20 ms alone, while there is CPU to spare: something "
    "lets 8.0 in at a time, which is as if 12% of each task held a lock; look for a lock, a rate limit, a pool",
    "interpreter": "threads: 10 ms of CPU per task let one interpreter do 100 per second, and 4 workers do 98.0; "
    "use processes, interpreters or a free-threaded Python",
    "cores": "processes: 10 ms of CPU per task fill the cores at 200 per second; more cores help",
    "waiting": "threads: tasks wait for most of their 20 ms, so throughput follows workers; more help",
}


@pytest.mark.parametrize("cause", SENTENCES)
def test_one_sentence_with_the_figures(cause):
    [found] = SWEEPS[cause]().diagnoses
    assert found.text == SENTENCES[cause]
    assert (found.executor, found.options) == (found.text.partition(":")[0], "")
    assert found.figures


@pytest.mark.parametrize(
    ("cause", "figures"),
    [
        ("failures", {"failed": 3}),
        ("hand-over", {"service_s": 2e-6, "hand_over_s": 1.8e-5}),
        ("start-up", {"startup_s": 0.13, "sequential_s": 0.02}),
        ("last wave", {"rounds": 2, "idle_share": 0.375, "enough": 10}),
        ("client", {"grew": 5.75, "cpu_per_task_s": 0.0069, "least_s": 0.0012}),
        ("listen queue", {"listen_overflows": 14}),
        ("server", {"in_flight_max": 8, "latency_mean_s": 0.08, "service_s": 0.02}),
        ("queueing", {"latency_mean_s": 0.08, "service_s": 0.02, "cap": 8}),
        ("cores", {"limit_per_s": 200, "per_s": 190, "model_per_s": 200}),
    ],
)
def test_the_figures_by_hand(cause, figures):
    [found] = SWEEPS[cause]().diagnoses
    assert found.figures == pytest.approx(figures)


def test_a_stragglers_gain_by_hand():
    # The long one starts third: 0.02 + 1 s. Equal tasks of 1.39 / 40 s take three rounds.
    [found] = SWEEPS["stragglers"]().diagnoses
    assert found.figures["evened"] == pytest.approx(1.02 / (3 * 1.39 / 40))


def causes(*cells: object, baseline=WAITS, **more: object) -> list[str]:
    return [each.cause for each in explained(baseline, *cells, **more).diagnoses]


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([threads(1, 24.9), threads(4, 200)], "hand-over"),
        ([threads(1, 25.1), threads(4, 200)], "waiting"),  # less than half of its time
        ([threads(2, 24.9), threads(4, 200)], "waiting"),  # two workers are no measure of the hand-over
        ([threads(1, 48), threads(8, 380, in_flight_max=8, server_share=0.71)], "server"),
        ([threads(1, 48), threads(8, 380, in_flight_max=8, server_share=0.7)], "waiting"),
        ([threads(1, 48, 0.001), threads(64, 480, 0.002)], "client"),
        ([threads(1, 48, 0.00101), threads(64, 480, 0.002)], "interpreter"),
    ],
)
def test_thresholds(cells, found):
    assert causes(*cells) == [found]


def test_a_curve_that_starts_crowded_is_held_against_one_at_a_time():
    alone = base(50, 0.001)
    assert causes(threads(32, 400, 0.0025), threads(64, 380, 0.0025), baseline=alone) == ["client"]
    assert causes(threads(32, 520, 0.0019), threads(64, 520, 0.0019), baseline=alone) == ["interpreter"]
    [found] = explained(alone, threads(64, 380, 0.0025)).diagnoses
    assert "from 1 ms with 1 sequential worker to 2.5 ms with 64" in found.text


def test_a_cpu_cost_that_grew_and_does_not_matter_is_no_cause():
    assert causes(threads(1, 49, 0.0001), threads(16, 780, 0.0003)) == ["waiting"]


@pytest.mark.parametrize("share", [0.51, 0.49])
def test_queueing_needs_cpu_to_spare(share):
    # Interpreter limit 500/s; the model at 32 workers expects nearly that.
    found = causes(threads(1, 49, 0.002), threads(32, 500 * share, 0.002), baseline=base(50, 0.002))
    assert found == (["queueing"] if share < 0.5 else [])


@pytest.mark.parametrize(("p99_s", "found"), [(0.027, ["queueing"]), (0.025, [])])
def test_queueing_needs_tasks_that_take_longer(p99_s, found):
    assert causes(threads(1, 50), threads(32, 400, latency_p99_s=p99_s)) == found


def test_the_whole_batch_must_be_dearer_than_doing_it_alone_for_start_up_to_count():
    short = {"startup_s": 0.02, "wall_s": 0.05}
    assert causes(threads(16, 790, tasks=16, **short), rate="makespan") == ["waiting"]
    long = {"startup_s": 0.4, "wall_s": 0.02}
    assert causes(threads(16, 790, tasks=16, **long), rate="makespan") == ["start-up"]
    assert causes(threads(16, 790, tasks=16, **long), rate="steady") == ["waiting"]


@pytest.mark.parametrize(
    ("tasks", "found"),
    [(16, "waiting"), (32, "waiting"), (26, "waiting"), (25, "last wave"), (17, "last wave"), (8, "last wave")],
)
def test_a_fifth_of_the_last_rounds_idle_is_uneven(tasks, found):
    rounds = -(-tasks // 16)
    at_limit = tasks / (rounds * 0.02)
    assert causes(threads(16, at_limit, tasks=tasks), rate="makespan") == [found]


def test_a_job_that_falls_short_of_its_schedule_is_not_explained_by_it():
    assert causes(threads(16, 240, latency_p99_s=0.025), rate="makespan") == []


def test_nothing_is_said_where_no_rule_holds():
    found = explained(WAITS, threads(1, 50), threads(32, 400, latency_p99_s=0.021))
    assert found.diagnoses == ()
    assert only(found).cells[-1].bound_by == ""


@pytest.mark.parametrize(("cause", "bound"), [("client", "client"), ("server", "server"), ("queueing", "queueing")])
def test_a_cell_is_bound_by_what_keeps_it_from_its_limit(cause, bound):
    cells = only(SWEEPS[cause]()).cells
    assert [cell.bound_by for cell in cells] == ["waiting", "waiting", bound]


@pytest.mark.parametrize("cause", ["interpreter", "cores", "waiting", "last wave"])
def test_else_by_the_lowest_limit(cause):
    last = only(SWEEPS[cause]()).cells[-1]
    assert last.bound_by == last.limits.name == ("waiting" if cause == "last wave" else cause)


def test_bound_by_looks_at_the_cell_that_it_is_asked_of():
    found = SWEEPS["client"]()
    first = _case(only(found), only(found).cells[0], found, ())
    assert (first.grew, bound_by(first)) == (1.0, "waiting")


COUNTS = (1, 2, 4, 8, 16, 32, 64)


@given(
    wait_s=st.floats(0.0005, 0.2),
    cpu_s=st.floats(0.00005, 0.02),
    executor=st.sampled_from(["threads", "asyncio", "processes"]),
    noise=st.lists(st.floats(0.92, 1.08), min_size=len(COUNTS), max_size=len(COUNTS)),
)
def test_a_clean_sweep_has_no_cause_but_its_limit(wait_s, cpu_s, executor, noise):
    servers = 2 if executor == "processes" else 1
    rates = [repairman(n, wait_s, cpu_s, servers) * each for n, each in zip(COUNTS, noise, strict=True)]
    cells = [costed(executor, n, rate, cpu_s) for n, rate in zip(COUNTS, rates, strict=True)]
    found = explained(base(1 / (wait_s + cpu_s), cpu_s), *cells)
    for cell in only(found).cells:
        assert cell.bound_by == cell.limits.name
    assert [each.cause for each in found.diagnoses] == [only(found).cells[-1].limits.name]


def test_the_model_itself_is_followed_exactly():
    for cell in only(true_sweep(0.02, 0.0006, COUNTS)).cells:
        assert cell.per_s == pytest.approx(cell.limits.model)


@pytest.mark.parametrize(
    ("params", "in_flight", "found"),
    [
        ("concurrency=8;latency=20ms", 8, ["server"]),
        ("concurrency=8", 7, ["queueing"]),  # it was never full
        ("concurrency=0", 8, ["queueing"]),  # it has no cap: so few came at once for another reason
        ("", 8, ["queueing"]),
        ("concurrency=32", 32, ["queueing"]),  # all workers found a place
        ("concurrency=8", None, ["queueing"]),
    ],
)
def test_only_a_server_with_a_cap_that_was_full_is_to_blame(params, in_flight, found):
    assert causes(threads(1, 50), threads(32, 400, in_flight_max=in_flight), params=params) == found


@pytest.mark.parametrize(("others_s", "found"), [(None, ["queueing"]), (0.39, ["queueing"]), (0.41, [])])
def test_what_others_take_of_the_cores_is_not_blamed_on_a_lock(others_s, found):
    assert causes(threads(1, 50), threads(32, 400, others_s=others_s)) == found


def test_tasks_that_wait_under_a_full_interpreter_are_told_of_two_levels():
    [found] = explained(base(50, 0.001), threads(1, 50, 0.001), threads(64, 980, 0.001)).diagnoses
    assert found.cause == "interpreter"
    assert "use processes of threads (--executor processes:2/threads:32), interpreters or" in found.text
