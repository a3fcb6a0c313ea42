"""Spans read back: what was written, and what is left of a file that was cut short."""

from __future__ import annotations

import gzip
from math import isnan
from pathlib import Path

import pytest

from poolbench.results.columns import Span
from poolbench.results.load import task_times
from poolbench.results.spans import TrialKey, lone_times, read_spans, spans_path
from poolbench.results.store import SPAN_COLUMNS, Store
from sweep_rows import trial

SPANS = [Span(0, 0, 0.0, 0.25, 0.5, 0.125, True), Span(1, 1, 0.0, 0.5, 1.0, float("nan"), False)]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    with Store(tmp_path / "s.csv", {}) as store:
        for block in range(2):
            store.add(trial("threads", 2, block, workload="a, b"), SPANS)
    return store.path


def test_spans_come_back_by_trial(csv: Path) -> None:
    found = read_spans(csv)
    assert list(found) == [TrialKey("a, b", "client=httpx;latency=50ms", block, "threads", "", 2) for block in (0, 1)]
    first, second = found[next(iter(found))]
    assert first == SPANS[0]
    assert second[:5] == SPANS[1][:5]
    assert isnan(second.cpu_s)


def test_a_torn_last_trial_costs_itself_alone(csv: Path) -> None:
    path = spans_path(csv)
    path.write_bytes(path.read_bytes()[:-20])
    [(key, spans)] = read_spans(csv).items()
    assert (key.block, len(spans)) == (0, 2)


@pytest.mark.parametrize("content", [b"", b"no gzip", None])
def test_what_cannot_be_read_gives_none(csv: Path, content: bytes | None) -> None:
    path = spans_path(csv)
    path.unlink() if content is None else path.write_bytes(content)
    assert read_spans(csv) == {}


def test_times_of_tasks_alone_are_those_that_the_summary_takes(tmp_path: Path) -> None:
    with Store(tmp_path / "s.csv", {}) as store:
        for block in range(3):
            spans = [Span(task, 0, 0.0, 1.0, 1.1 + task + block / 8, 0.0, task != 2) for task in (1, 0, 2)]
            store.add(trial("sequential", 1, block), spans)
            store.add(trial("threads", 2, block), SPANS)
    found = lone_times(read_spans(store.path))
    assert found == task_times(store.path)
    assert {key: len(times) for key, times in found.items()} == {("flags", "client=httpx;latency=50ms"): 2}


def test_no_more_spans_than_a_sweep_keeps(tmp_path, monkeypatch):
    monkeypatch.setattr("poolbench.results.spans.MOST_SPANS", 5)
    header = ",".join(SPAN_COLUMNS) + "\n"
    (tmp_path / "s.spans.csv.gz").write_bytes(gzip.compress((header + ",,0,,,1,0,0,0,0,0,,\n" * 100).encode()))
    assert sum(map(len, read_spans(tmp_path / "s.csv").values())) == 5
