from __future__ import annotations

import pytest

from poolbench.results.columns import Span
from poolbench.results.load import task_times
from poolbench.results.store import Store
from sweep_rows import trial


def spans(*seconds: float, ok: bool = True) -> list[Span]:
    return [Span(task, 0, 0.0, 1.0, 1.0 + spent, 0.0, ok) for task, spent in enumerate(seconds)]


@pytest.fixture
def path(tmp_path):
    with Store(tmp_path / "sweep.csv", {}) as store:
        store.add(trial("sequential", 1, 0), spans(0.25, 0.5))
        store.add(trial("sequential", 1, 1), spans(0.75, 0.5))
        store.add(trial("threads", 4, 1), spans(9.0, 9.0))
        store.add(trial("sequential", 1, 2), spans(9.0, 9.0, ok=False))
        store.add(trial("sequential", 1, 0, params="client=requests"), spans(0.125))
    return store.path


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_each_task_alone_is_the_mean_of_the_baselines_blocks(path, kind):
    assert task_times(kind(path)) == {
        ("flags", "client=httpx;latency=50ms"): (0.5, 0.5),
        ("flags", "client=requests"): (0.125,),
    }


def test_a_torn_end_costs_its_trial_alone(path):
    beside = path.with_suffix(".spans.csv.gz")
    beside.write_bytes(beside.read_bytes()[:-5])
    assert task_times(path) == {("flags", "client=httpx;latency=50ms"): (0.5, 0.5)}


@pytest.mark.parametrize("damage", ["gone", "not gzip", "empty"])
def test_without_spans_that_can_be_read_nothing_is_known(path, damage):
    beside = path.with_suffix(".spans.csv.gz")
    beside.unlink()
    if damage == "not gzip":
        beside.write_bytes(b"text")
    elif damage == "empty":
        beside.touch()
    assert task_times(path) == {}
