"""Dask: equal tasks, workers that die, a running cluster. One cluster for all of these, since each takes seconds."""

from __future__ import annotations

import gc
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dask_jobs import note, slow

from poolbench import executors, pipeline
from poolbench.errors import UsageError
from poolbench.measure.cells import Cell, Place
from poolbench.measure.plan import Rule
from poolbench.measure.trial import Attempt, run_trial
from poolbench.workloads.own import OwnWorkload, own_recipe

distributed = pytest.importorskip("distributed")

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Four workers that are there before poolbench is."""
    options = {"dashboard_address": "127.0.0.1:0", "memory_limit": 0, "silence_logs": logging.CRITICAL + 1}
    with distributed.LocalCluster(n_workers=4, threads_per_worker=1, **options) as started:
        yield started


@pytest.fixture
def attached(cluster: Any) -> str:
    return f"dask:address={cluster.scheduler_address}"


def trial(executor: str, function: Any, items: list[Any], workers: int) -> Any:
    cell = Cell(OwnWorkload("own", function, items), executors.strategy(executor), workers, len(items))
    return run_trial(cell, Place())


def test_equal_tasks_all_run(attached: str, tmp_path: Path) -> None:
    path = str(tmp_path / "ran")
    row, _, _ = trial(attached, note, [path] * 8, 2)
    assert (row.outcome, row.ok) == ("ok", 8)
    assert len(Path(path).read_text().splitlines()) == 8 + 2, "and one on each worker before the clock ran"


def test_counts_are_pinned_to_the_first_workers(attached: str) -> None:
    ran = {}
    for workers in (1, 2, 4):
        row, spans, values = trial(attached, slow, list(range(12)), workers)
        assert row.outcome == "ok"
        assert row.queue_p50_s is not None, "workers of this machine read its clock"
        ran[workers] = set(values)
        assert len({span.worker for span in spans}) == workers
    assert ran[1] < ran[2] < ran[4]
    assert [len(each) for each in ran.values()] == [1, 2, 4]


def test_workers_of_a_running_cluster_are_left_as_they_were(attached: str, acting: Any, cluster: Any) -> None:
    workload = acting([("give", 1)] * 4)
    row, _, _ = run_trial(Cell(workload, executors.strategy(attached), 4, 4), Place())
    assert row.outcome == "ok"
    closed = [line.removeprefix("close ") for line in workload.log.lines("close")]
    assert sorted(closed) == sorted(line.removeprefix("setup ") for line in workload.log.lines("setup"))
    with distributed.Client(cluster, set_as_default=False) as client:
        assert set(client.run(gc.isenabled).values()) == {True}


def test_more_workers_than_the_cluster_has(attached: str) -> None:
    recipe = own_recipe("dask_jobs:slow", "range(8)")
    request = pipeline.Request([recipe], executors=attached, workers="1,8", plots=None)
    with pytest.raises(UsageError, match="dask has 4 workers, not 8"):
        pipeline.run(request)


def test_a_sweep_on_a_running_cluster_ends_with_a_chart(attached: str, tmp_path: Path) -> None:
    out = pipeline.run(
        pipeline.Request(
            [own_recipe("dask_jobs:slow", "range(4)")],
            executors=attached,
            workers="1,2,4",
            rule=Rule(repeats=3, budget_s=None, most_blocks=3),
            out=tmp_path / "results",
            plots=tmp_path / "plots",
        )
    )
    assert not out.failed
    [summary] = out.summaries
    [curve] = summary.curves
    assert [cell.workers for cell in curve.cells] == [1, 2, 4]
    assert [path.name for path in out.files if path.suffix == ".png"]


def test_a_worker_that_is_killed_costs_its_trial_only() -> None:
    items = list(range(8))
    cell = Cell(OwnWorkload("own", slow, items), executors.strategy("dask"), 2, 8)
    attempt = Attempt(cell)
    attempt.open()
    try:
        executor: Any = attempt.pool
        pid, _ = executor.executor.each([os.getpid] * 2)
        os.kill(pid, signal.SIGKILL)
        attempt.run()
    finally:
        attempt.close()
    row = attempt.row(attempt.spans())
    assert (row.outcome, row.throughput_per_s) == ("crashed", None)
    assert row.reason.startswith("BrokenExecutor: the Dask worker tcp://")
    assert trial("dask", slow, items, 2)[0].outcome == "ok", "the next one is not concerned"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("tcp://127.0.0.1:9", "no Dask scheduler answers at tcp://127.0.0.1:9"),
        ("nonsense://", "no Dask scheduler answers at nonsense://"),
    ],
)
def test_a_cluster_that_is_not_there(address: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolbench.executors.dask_executor.CONNECT_S", 1)
    with pytest.raises(UsageError) as caught:
        executors.strategy(f"dask:address={address}")
    assert caught.value.message.startswith(message)
    assert caught.value.tip == "start one with: dask scheduler"


def test_workers_of_several_threads_would_count_as_one() -> None:
    from poolbench.executors.dask import _verify

    with pytest.raises(UsageError) as caught:
        _verify("tcp://a:1", [1, 8])
    assert caught.value.message.startswith("a Dask worker runs 8 tasks at once")
    assert "--nthreads 1" in caught.value.tip
    with pytest.raises(UsageError, match="has no workers"):
        _verify("tcp://a:1", [])


def test_the_first_workers_are_those_of_the_lowest_addresses() -> None:
    from poolbench.executors.dask_executor import first_workers

    class Client:
        def scheduler_info(self, n_workers: int) -> Any:
            assert n_workers == -1, "all of them"
            return {"workers": dict.fromkeys(["tcp://10.0.0.10:90", "tcp://10.0.0.9:1000", "tcp://10.0.0.9:91"])}

    assert first_workers(Client()) == ["tcp://10.0.0.9:91", "tcp://10.0.0.9:1000", "tcp://10.0.0.10:90"]
