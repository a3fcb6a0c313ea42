"""Sweeps drawn by lot, as rows and spans: every kind that the acceptance names, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from math import exp

from chart_sweeps import LONG, TWELVE, collapsing, flat, linear, saturating, steep
from matplotlib.figure import Figure

from poolbench.analysis.compare import compare, side
from poolbench.analysis.evidence import Advice, Case, Weighed
from poolbench.analysis.latency import latencies
from poolbench.analysis.model import Summary
from poolbench.analysis.summary import summarise
from poolbench.analysis.timeline import timeline
from poolbench.charts import comparison, evidence, latency, speedup, throughput
from poolbench.charts import timeline as timeline_chart
from poolbench.results.columns import Span, Trial
from poolbench.results.spans import TrialKey
from sweep_rows import trial

SHAPES = (steep, flat, collapsing, linear, saturating)
EXECUTORS = ("threads", "processes", "asyncio", "dask", "interpreters", LONG)
COUNTS = (*TWELVE, 96, 128, 256)
PARAMS = "client=httpx;latency=50ms"
MACHINE = {"cores": 2, "text": "2 cores, 24 GiB, Linux 6.18, CPython 3.11.7 (GIL)", "gil": True, "default_threads": 6}
MOST_TASKS = 400

Spans = dict[TrialKey, list[Span]]


def generated(seed: int) -> tuple[list[Trial], Spans]:
    """One workload; the seed decides on executors, counts, shapes, rate, blocks, failures and names."""
    dice = random.Random(seed)
    one = 10 ** dice.uniform(-4, 6)
    blocks = 1 if seed % 6 == 0 else dice.randint(2, 7)
    failing = 0.25 if seed % 4 == 1 else 0.0
    noise = dice.choice((0.005, 0.03, 0.3))
    workload = LONG if seed % 5 == 2 else dice.choice(("flags", "loiter", "primes", "jobs:fetch"))
    counts = sorted(dice.sample(COUNTS, 1 + seed % 12))
    cells: list[tuple[str, int, Callable[[int], float]]] = [("sequential", 1, lambda _: 1.0)]
    for executor in dice.sample(EXECUTORS, 1 + seed % 5):
        shape = dice.choice(SHAPES)
        cells += [(executor, n, shape) for n in counts[: dice.randint(max(1, len(counts) - 3), len(counts))]]
    rows: list[Trial] = []
    spans: Spans = {}
    for block in range(blocks):
        for executor, workers, shape in cells:
            per_s = one * shape(workers) * exp(dice.gauss(0, noise))
            fails = dice.random() < failing
            tasks = min(MOST_TASKS, 5 * workers)
            row = _row(workload, executor, workers, block, None if fails else per_s, tasks)
            rows.append(row)
            key = TrialKey(workload, PARAMS, block, executor, "", workers)
            spans[key] = _spans(dice, workers, per_s, tasks, fails=fails)
    return rows, spans


def _row(workload: str, executor: str, workers: int, block: int, per_s: float | None, tasks: int) -> Trial:
    spent = workers / per_s if per_s else 1.0
    costs = {"cpu_per_task_s": 0.2 * spent / workers, "latency_p50_s": spent, "latency_p95_s": 1.3 * spent}
    known = {"latency_p99_s": 1.9 * spent, "startup_s": 0.01, "workload": workload, "params": PARAMS, **costs}
    return trial(executor, workers, block, per_s, tasks, **known)


def _spans(dice: random.Random, workers: int, per_s: float, tasks: int, *, fails: bool) -> list[Span]:
    free = [0.0] * workers
    found = []
    for task in range(tasks):
        worker = free.index(min(free))
        start = free[worker]
        free[worker] += workers / per_s * dice.lognormvariate(-0.05, 0.3)
        found.append(Span(task, worker, 0.0, start, free[worker], 0.0, not (fails and dice.random() < 0.2)))
    return found


def figures(seed: int, theme: str) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Every chart of a generated sweep, by name; drawn when it is asked for."""
    rows, spans = generated(seed)
    [summary] = summarise(rows, machine=MACHINE, source="results/generated.csv")
    times, shown = latencies(summary, spans), timeline(summary, spans)
    other = generated(seed + 1000)[0]
    [neighbour] = summarise(other, machine=MACHINE)
    yield "throughput", lambda: throughput.draw(summary, theme)
    yield "speedup", lambda: speedup.draw([summary, neighbour], theme)
    if times:
        yield "latency", lambda: latency.draw(summary, times, theme)
    if shown:
        yield "timeline", lambda: timeline_chart.draw(summary, shown, theme)
    yield "evidence", lambda: evidence.draw(_case(summary), theme)
    found = compare(side("old.csv", rows), side("new.csv", _slower(rows, seed)))
    if found.rows:
        yield "comparison", lambda: comparison.draw(found, theme)


def _slower(rows: list[Trial], seed: int) -> list[Trial]:
    dice = random.Random(seed)
    return [
        trial(r.executor, r.workers, r.block, r.throughput_per_s and r.throughput_per_s * dice.choice((0.5, 1.0, 1.2)),
              r.tasks, workload=r.workload, params=r.params, python="3.14.0")
        for r in rows
    ]  # fmt: skip


def _case(summary: Summary) -> Case:
    """Evidence as a search would leave it."""
    cells = [cell for curve in summary.curves for cell in curve.cells]
    share = 1 / len(cells)
    rows = tuple(
        Weighed(cell.executor, "", cell.workers, cell.runs, cell.per_s, cell.ci, share, cell.failed) for cell in cells
    )
    knee = summary.best.knee if summary.best else None
    around = (max(1, knee.workers // 2), knee.workers * 2) if knee else (1, 1)
    advice = (
        Advice(knee.executor, knee.executor, knee.workers, around, knee.per_s or 0, knee.speedup, True)
        if knee
        else None
    )
    return Case(summary.workload, summary.params, rows, advice, summary.baseline.per_s, machine=summary.machine)
