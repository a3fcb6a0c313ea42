"""Executors of one's own, executors that this interpreter lacks, and workers on another machine."""

from __future__ import annotations

import math
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from time import perf_counter
from typing import Any

import pytest
from own_pools import Handed, handed

from poolbench import about, executors
from poolbench.errors import UsageError
from poolbench.executors import gathering, worker
from poolbench.executors.base import Kind
from poolbench.executors.futures import FuturesPool
from poolbench.measure.cells import Cell, Place
from poolbench.measure.trial import run_trial


def usage(call: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        call(*arguments)
    return caught.value.message, caught.value.tip


@pytest.mark.parametrize(
    ("text", "elsewhere", "shares"),
    [
        ("own_pools:handed", False, False),
        (f"{__file__.replace('test_executors_own', 'own_pools')}:handed:submission=as_completed", False, False),
        ("concurrent.futures:ThreadPoolExecutor", False, True),
        ("concurrent.futures:ProcessPoolExecutor", True, False),
    ],
)
def test_what_its_workers_are_is_found_by_asking_one(text: str, elsewhere: bool, shares: bool) -> None:
    kind = executors.strategy(text).kind
    assert (kind.elsewhere, kind.shares_interpreter) == (elsewhere, shares)
    assert text.startswith(kind.name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("own_pools:broken", "executor own_pools:broken cannot be used (OSError: no queue)"),
        ("own_pools:nothing", "executor own_pools:nothing cannot be used (TypeError: it gave list, not a "),
        ("own_pools:number", "executor own_pools:number is not a function"),
        ("own_pools:hande", "no name in own_pools named hande"),
        ("own_pools:handed:wands=2", "no option of own_pools:handed named wands"),
    ],
)
def test_one_that_cannot_be_used_is_refused_before_anything_runs(text: str, message: str) -> None:
    assert usage(executors.strategy, text)[0].startswith(message)


def test_an_entry_point_may_be_a_function_that_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "handed"

        def load(self) -> Any:
            return handed

    monkeypatch.setattr("poolbench.executors.entry_points", lambda group, name="handed": [Point()])
    assert isinstance(executors.kind("handed"), Kind)
    assert executors.strategy("handed:chunksize=3").options == {"submission": "map", "chunksize": "3"}


def test_a_pool_that_starts_too_few_workers_is_told_from_a_slow_one(
    monkeypatch: pytest.MonkeyPatch, acting: Any
) -> None:
    monkeypatch.setattr(gathering, "START_S", 0.2)
    row, _, _ = run_trial(Cell(acting([("give", 1)] * 3), executors.strategy("own_pools:lazy"), 3, 3), Place())
    assert (row.outcome, row.reason) == ("failed", "TimeoutError: 1 of 3 workers came")


# What this interpreter lacks.


@pytest.mark.parametrize(("name", "package"), [("loky", "loky"), ("dask", "distributed")])
def test_a_missing_package_says_how_to_install_it(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolbench.executors.find_spec", lambda wanted: None if wanted == package else wanted)
    said = (f"executor {name} is not installed", f"pip install 'poolbench[{name}]'")
    assert usage(executors.strategy, name) == said
    assert dict(about.inventory()["executors"])[name] == "; ".join(said)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="it is there")
def test_interpreters_need_a_newer_python() -> None:
    message, tip = usage(executors.strategy, "interpreters")
    assert message == f"executor interpreters needs Python 3.14; this is 3.{sys.version_info[1]}"
    assert tip == "run poolbench with a newer Python"


def test_the_list_says_what_each_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("loky")
    shown = dict(about.inventory()["executors"])
    assert shown["threads"] == "submission=map"
    assert shown["loky"] == "submission=map  chunksize=1  with loky"
    assert shown["processes"].endswith("chunksize=1  max_tasks=…")


# Processes that are replaced.


def test_forked_workers_cannot_be_replaced() -> None:
    message, tip = usage(executors.strategy, "processes:start=fork:max_tasks=5")
    assert message == "a forked worker cannot be replaced after max_tasks"
    assert "start=forkserver" in tip


def test_a_python_that_would_hang_is_told_from_one_that_replaces_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolbench.executors.processes._replaces_workers", lambda: False)
    message, tip = usage(executors.strategy, "processes:start=spawn:max_tasks=5")
    assert "115634" in message
    assert "max_tasks=1" in tip
    assert executors.strategy("processes:start=spawn:max_tasks=1").options["max_tasks"] == "1"


def test_a_worker_is_replaced_after_so_many_tasks(acting: Any) -> None:
    workload = acting([("give", number) for number in range(3)])
    row, spans, values = run_trial(
        Cell(workload, executors.strategy("processes:start=spawn:max_tasks=1"), 1, 3), Place()
    )
    assert (row.outcome, values) == ("ok", [0, 10, 20])
    assert [span.worker for span in spans] == [0, 1, 2]


# Another machine.


@pytest.mark.parametrize("submission", ["map", "as_completed"])
@pytest.mark.parametrize("chunksize", [1, 2])
def test_another_machines_clock_is_never_compared_with_ours(
    submission: str, chunksize: int, acting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = acting([("nap", 0.02)] * 6)
    pool = FuturesPool(lambda: Handed(2), workload.job(2), 2, submission=submission, chunksize=chunksize)
    monkeypatch.setattr(worker, "perf_counter", lambda: perf_counter() + 1e6)
    monkeypatch.setattr(worker, "clock", lambda: "another")
    try:
        pool.open()
        batch = pool.run(workload.items(6))
    finally:
        pool.close()
    assert batch.far
    for _, submitted, raw in batch.records:
        assert batch.began <= submitted <= raw[1] < raw[3] <= batch.ended
        assert raw[3] - raw[1] >= 0.02, "how long a task took is known"
    if submission == "map":
        assert [task for task, _, _ in batch.records] == list(range(6))


def test_what_another_machine_does_not_tell_stays_empty(acting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    workload = acting([("nap", 0.01)] * 6)
    kind = Kind("far", lambda work, n, _: FuturesPool(lambda: ThreadPoolExecutor(n), work.job(n), n, submission="map"))
    here = run_trial(Cell(workload, executors.base.settle(kind, {}), 2, 6), Place())[0]
    clocks = iter(["ours"])
    monkeypatch.setattr(worker, "clock", lambda: next(clocks, "another"))
    row, spans, _ = run_trial(Cell(workload, executors.base.settle(kind, {}), 2, 6), Place())
    assert row.outcome == "ok"
    assert row.latency_p50_s is not None
    assert row.latency_p50_s >= 0.01
    assert (row.queue_p50_s, row.cpu_s, row.cpu_per_task_s, row.peak_rss_bytes) == (None, None, None, None)
    assert None not in (here.queue_p50_s, here.cpu_s, here.cpu_per_task_s, here.peak_rss_bytes)
    assert {span.worker for span in spans} <= {0, 1}
    assert not any(math.isnan(span.cpu_s) for span in spans)


def test_processes_of_one_machine_read_one_clock() -> None:
    with ProcessPoolExecutor(1) as processes:
        assert processes.submit(worker.clock).result() == worker.clock()
