"""Sweeps drawn by lot, as rows and spans: every kind that the acceptance names, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from math import exp

from chart_sweeps import LONG, TWELVE, collapsing, flat, linear, saturating, steep

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


def split(seed: int) -> list[Trial]:
    """The same workload on processes with threads in each: a plane, whole or with holes, beside plain threads."""
    dice = random.Random(seed)
    one = 10 ** dice.uniform(-4, 6)
    blocks = 1 if seed % 6 == 0 else dice.randint(2, 7)
    failing = 0.25 if seed % 4 == 1 else 0.0
    shape, noise = dice.choice(SHAPES), dice.choice((0.005, 0.03, 0.3))
    outers = sorted(dice.sample(range(1, 11), 2 + seed % 7))
    inners = sorted(dice.sample(COUNTS, 2 + seed % 9))
    places = [(outer, inner) for outer in outers for inner in inners if seed % 3 or outer * inner < 300]
    workload = LONG if seed % 5 == 2 else "flags"
    rows = []
    for block in range(blocks):
        for executor, options, outer, inner in (
            ("sequential", "", 1, 1),
            *(("threads", "", 1, inner) for inner in inners),
            *(("processes/threads", f"processes={outer};start=fork", outer, inner) for outer, inner in places),
        ):
            gain = 1.0 if executor == "sequential" else min(outer, 4) * shape(inner)
            per_s = one * gain * exp(dice.gauss(0, noise))
            fails = dice.random() < failing
            row = _row(workload, executor, outer * inner, block, None if fails else per_s, 5 * outer * inner)
            rows.append(replace(row, options=options))
    return rows


def interpreted(seed: int) -> list[list[Trial]]:
    """A list an interpreter: one to three workloads, two to five interpreters, one of which misses some rows."""
    dice = random.Random(seed)
    names = [("3.11.7", True), ("3.12.4", True), ("3.13.0", True), ("3.14.0", True), ("3.14.0", False)]
    found = []
    for python, gil in sorted(dice.sample(names, 2 + seed % 4)):
        factor = dice.uniform(0.7, 1.4) * (1 if gil else dice.choice((1, 2)))
        rows = [row for step in range(1 + seed % 3) for row in generated(seed + 100 * step)[0]]
        found.append([_under(row, python, factor, gil=gil) for row in rows])
    found[-1] = found[-1][: -2 - seed % 5]
    return found


def _under(row: Trial, python: str, factor: float, *, gil: bool) -> Trial:
    per_s = row.throughput_per_s and row.throughput_per_s * factor
    return replace(row, python=python, gil=gil, throughput_per_s=per_s)
