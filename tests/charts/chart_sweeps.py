"""Invented sweeps for the charts: exact, seeded, with every shape a chart must survive."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median

from poolbench.analysis.model import CellSummary, Curve, Interval, Summary

DOUBLING = (1, 2, 4, 8, 16, 32, 64)
TWELVE = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
MACHINE = {
    "cores": 2,
    "memory_bytes": 24 * 2**30,
    "system": "Linux 6.18",
    "processor": "x86-64",
    "python": "3.11.7",
    "gil": True,
}


def steep(workers: int) -> float:
    """Doubles and doubles, then sags: 12.3× at best."""
    return workers / (1 + (workers / 30) ** 2 + 0.03 * workers)


def flat(workers: int) -> float:
    return 1 + 0.02 * (workers % 3)


def collapsing(workers: int) -> float:
    return 1 / workers**0.7


def linear(workers: int) -> float:
    return 0.97 * workers


def saturating(workers: int) -> float:
    return 8 * workers / (workers + 7)


def cell(
    executor: str,
    workers: int,
    speedup: float,
    one: float | None = 12.3,
    blocks: int = 7,
    options: str = "",
    failed: int = 0,
) -> CellSummary:
    """`blocks` runs around `speedup` times `one` tasks a second; none where all `failed`."""
    dice = random.Random(ascii((executor, options, workers)))
    runs = tuple(speedup * (one or 12.3) * dice.gauss(1, 0.02) for _ in range(blocks - failed))
    if not runs:
        return CellSummary(executor, options, workers, 200, 0, blocks, reason="ConnectError: refused")
    middle = median(runs)
    shown = speedup if one else None
    ci = Interval(min(runs), max(runs)) if blocks > 1 else None
    return CellSummary(executor, options, workers, 200, len(runs), failed, runs, middle, ci, shown)


def curve(
    executor: str,
    shape: Callable[[int], float] = steep,
    counts: Sequence[int] = TWELVE,
    *,
    failed: Sequence[int] = (),
    options: str = "",
    **more: object,
) -> Curve:
    """One executor over `counts`, `shape` times as fast as one at a time, every run failing at `failed`."""
    blocks = int(str(more.get("blocks", 7)))
    telling = options.replace(";", " ")
    cells = tuple(
        cell(executor, n, shape(n), options=options, failed=blocks if n in failed else 0, **more)  # type: ignore[arg-type]
        for n in counts
    )
    measured = [each for each in cells if each.per_s is not None]
    if not measured:
        return Curve(executor, options, cells, None, None, None, telling)
    peak = max(measured, key=lambda each: each.per_s or 0)
    knee = next(each for each in measured if (each.per_s or 0) >= 0.95 * (peak.per_s or 0))
    at = measured.index(knee)
    around = (measured[max(at - 1, 0)].workers, measured[min(at + 1, len(measured) - 1)].workers)
    return Curve(executor, options, cells, peak, knee, around if blocks > 1 else None, telling)


def summary(
    *curves: Curve,
    workload: str = "flags",
    one: float | None = 12.3,
    blocks: int = 7,
    winner: bool = True,
    rivals: Sequence[int] = (),
    **more: object,
) -> Summary:
    """A sweep of which the curve with the highest peak wins, unless `winner` says that none does."""
    baseline = cell("sequential", 1, 1, one, blocks, failed=0 if one else blocks)
    baseline = replace(baseline, per_s=one)
    able = [each for each in curves if each.knee]
    best = max(able, key=lambda each: each.peak.per_s or 0) if able and winner else None  # type: ignore[union-attr]
    made = Summary(
        workload,
        "delay=40ms",
        "makespan",
        blocks,
        baseline,
        curves,
        best,
        tuple(curves[index] for index in rivals if curves[index] is not best),
        MACHINE,
        "2026-11-22T15:41:00+00:00",
        "results/flags-20261122.csv",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def money() -> Summary:
    """The sweep of the README: threads win, asyncio is close, processes stop early."""
    return summary(
        curve("threads"),
        curve("asyncio", lambda n: 0.87 * steep(n) * (1 + n / 300)),
        curve("dask", lambda n: 6.5 * n / (n + 9) - n / 50),
        curve("processes", lambda n: 5 * n / (n + 6) - n / 40, TWELVE[:10]),
    )


LONG = "a_rather_long_module.with_submodules:and_a_function_that_says_what_it_does_at_length"
TRICKY = "jobs$x^2$ <b>&amp; naïve_\x07名前\n\udce9\u202e.py:résumé"


def hard() -> dict[str, Summary]:
    """One sweep for each way in which a chart can go wrong, by what it is."""
    many = ("threads", "asyncio", "dask", "processes", "interpreters")
    return {
        "money": money(),
        "one curve": summary(curve("threads")),
        "one count": summary(curve("threads", counts=[4]), curve("asyncio", linear, [4])),
        "one block": summary(curve("threads", blocks=1), curve("dask", saturating, blocks=1), blocks=1),
        "two counts": summary(curve("processes", linear, (1, 2))),
        "odd counts": summary(curve("threads", counts=(1, 3, 5, 20, 500)), curve("asyncio", saturating, (1, 3, 500))),
        "close counts": summary(curve("threads", saturating, (20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31))),
        "dense to 512": summary(curve("threads", saturating, (1, 2, 3, 4, 5, 6, 7, 8, 100, 200, 400, 512))),
        "flat": summary(*[curve(name, flat) for name in many], winner=False),
        "collapsing": summary(*[curve(name, collapsing) for name in many], winner=False),
        "five alike": summary(*[curve(name) for name in many], rivals=range(5)),
        "five alike, linear": summary(*[curve(name, linear, DOUBLING) for name in many], rivals=[1]),
        "ends at many places": summary(
            *[
                curve(name, lambda n, i=i: saturating(n) * (1 - i / 9), TWELVE[: 12 - 2 * i])
                for i, name in enumerate(many)
            ]
        ),
        "options": summary(
            curve("processes", saturating, options="start=spawn"),
            curve("processes", lambda n: 0.97 * saturating(n), options="start=forkserver"),
            curve("processes", lambda n: 0.9 * saturating(n)),
            curve("threads", flat, options="client=requests;submission=as_completed"),
            curve("threads", lambda n: 1.01 * flat(n)),
        ),
        "failed at the end": summary(curve("threads", failed=(48, 64)), curve("asyncio", saturating)),
        "failed in the middle": summary(curve("threads", failed=(6, 8)), curve("dask", saturating, failed=(4, 8, 12))),
        "failed everywhere": summary(*[curve(name, failed=TWELVE) for name in many]),
        "one always fails": summary(curve("threads"), curve("processes", saturating, failed=TWELVE)),
        "every second fails": summary(curve("threads", saturating, failed=TWELVE[::2])),
        "all curves fail once": summary(*[curve(name, failed=(TWELVE[i + 4],)) for i, name in enumerate(many)]),
        "baseline failed": summary(curve("threads", one=None), curve("asyncio", flat, one=None), one=None),
        "nothing works": summary(curve("threads", failed=TWELVE, one=None), one=None),
        "long names": summary(
            curve("a_third_party.executor_with_a_name"),
            curve("loky", flat),
            workload=LONG,
            source="/very/long" * 30,
        ),
        "tricky names": summary(curve(TRICKY, options=f"path={TRICKY}"), workload=TRICKY, params=TRICKY, source=TRICKY),
        "tiny": summary(curve("threads", one=1e-4), curve("dask", flat, one=1e-4), one=1e-4),
        "small": summary(curve("threads", one=0.02), curve("dask", flat, one=0.02), one=0.02),
        "large": summary(curve("threads", one=900), curve("dask", flat, one=900), one=900),
        "huge": summary(curve("threads", linear, one=1e6), curve("dask", flat, one=1e6), one=1e6),
        "superlinear": summary(curve("processes", lambda n: 1.5 * n**1.2), curve("threads", linear)),
        "knee at one": summary(curve("threads", lambda n: 1.3 / n**0.1), curve("asyncio", lambda n: 1.2 / n**0.2)),
        "knee at the end": summary(curve("asyncio", linear, DOUBLING), curve("threads", lambda n: 0.96 * n, DOUBLING)),
        "many cores, default": summary(curve("threads"), machine={**MACHINE, "cores": 64, "default_threads": 32}),
        "default on cores": summary(curve("dask"), machine={**MACHINE, "cores": 6, "default_threads": 6}),
        "empty machine": summary(curve("threads"), machine={}, started_at="", source="", params="", rate="steady"),
        "machine text": summary(curve("threads"), machine={"text": "A laptop, " * 12, "cores": 1}),
    }
