"""Spans read back: what was written, and what is left of a file that was cut short."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import pytest

from poolbench.results.columns import Span
from poolbench.results.spans import TrialKey, read_spans, spans_path
from poolbench.results.store import Store
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
