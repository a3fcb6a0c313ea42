"""Sweeps on disk that pages are built of."""

from __future__ import annotations

import random
from pathlib import Path

from poolbench.results.columns import Span
from poolbench.results.store import Store
from sweep_rows import trial

CELLS = (
    ("sequential", 1, 10.0),
    ("threads", 1, 9.9),
    ("threads", 4, 38.0),
    ("threads", 16, 120.0),
    ("asyncio", 1, 9.5),
    ("asyncio", 4, 30.0),
    ("asyncio", 16, 60.0),
    ("processes", 4, 15.0),
)
EVIL = "<script>alert(1)</script>"
COSTS = {"startup_s": 0.001, "latency_p50_s": 0.1, "latency_p99_s": 0.12, "cpu_per_task_s": 0.0006}


def write(path: Path, *workloads: str, blocks: int = 3, **more: object) -> Path:
    """A sweep of each workload with spans: threads win."""
    dice = random.Random(1)
    about = {"plan": {"seed": 7}, "machine": {"id": "00c0ffee", "python": "3.11.7", "text": "the laptop", "cores": 2}}
    with Store(path, about) as store:
        for block in range(blocks):
            for workload in workloads or ("flags",):
                for executor, workers, per_s in CELLS:
                    rate = per_s * dice.gauss(1, 0.01)
                    row = trial(executor, workers, block, rate, workload=workload, **{**COSTS, **more})
                    store.add(row, _spans(workers, rate))
    return path


def _spans(workers: int, per_s: float) -> list[Span]:
    spent = workers / per_s
    return [
        Span(task, task % workers, 0.0, task // workers * spent, (task // workers + 1) * spent, 0.0, True)
        for task in range(20)
    ]
