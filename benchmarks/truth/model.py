"""The limits, the model and `predict` against real sweeps: `python model.py [loiter|cells|predict]`; some minutes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from poolbench import api, pipeline, workloads
from poolbench.analysis.prediction import predict
from poolbench.measure.plan import rule

SWEEPS = (
    ("threads,asyncio", "1,8,32,128", ("latency=20ms,50ms", "reuse=worker,shared")),
    ("threads", "1,8,32,128", ("latency=20ms,50ms", "client=requests")),
    ("processes", "1,4,16,32", ("latency=20ms,50ms",)),
)


def swept(folder: Path, workload: str, executors: str, workers: str, settings: tuple[str, ...], blocks: int = 4):
    request = pipeline.Request(
        recipes=[workloads.recipe(workload)],
        executors=executors,
        workers=workers,
        settings=settings,
        rule=rule(blocks, None, None),
        out=folder,
        plots=None,
    )
    return pipeline.run(request)


def loiter(folder: Path) -> None:
    """Waiting alone must reach its limit."""
    [summary] = swept(folder, "loiter", "threads", "1..64", ("unit=20ms", "sleeps=1")).summaries
    for cell in summary.curves[0].cells:
        if cell.per_s and cell.limits:
            print(f"loiter, {cell.workers} threads: {cell.per_s / cell.limits.lowest:.3f} of the limit")


def cells(folder: Path) -> None:
    """Model against measurement, cell by cell."""
    errors = []
    for executors, workers, settings in SWEEPS:
        for summary in swept(folder, "flags", executors, workers, settings).summaries:
            for cell in (cell for curve in summary.curves for cell in curve.cells if cell.per_s and cell.limits):
                error = cell.limits.model / cell.per_s - 1
                errors.append(abs(error))
                print(
                    f"{cell.executor:9} {cell.workers:4} {cell.per_s:8.1f} {cell.limits.model:8.1f} {error:+6.1%} "
                    f"{cell.bound_by:11} {summary.params}",
                    flush=True,
                )
    close = sum(error <= 0.15 for error in errors)
    print(f"median error {median(errors):.1%}; {close} of {len(errors)} cells within 15 %")


def prediction(folder: Path) -> None:
    """A sweep at 20 ms says what one at 80 ms then shows."""
    workers = "1,2,4,8,16,32,48,64,96,128"
    first = swept(folder, "flags", "threads", workers, ("latency=20ms",))
    second = swept(folder, "flags", "threads", workers, ("latency=80ms",))
    [known], [truth] = api.load(first.files[0]).summary(), second.summaries
    counts = [cell.workers for cell in truth.curves[0].cells]
    [expected] = predict(known, counts, wait_s=0.08)
    errors = []
    for point, cell in zip(expected.points, truth.curves[0].cells, strict=True):
        errors.append(abs(point.per_s / cell.per_s - 1))
        print(f"{point.workers:4} workers: expected {point.per_s:7.1f}, measured {cell.per_s:7.1f}, {errors[-1]:.0%}")
    print(f"knee: expected {expected.knee.workers}, measured {truth.curves[0].knee.workers}")
    print(f"within 20 % at {sum(error <= 0.2 for error in errors)} of {len(errors)} worker counts")


def main() -> None:
    parts = {"loiter": loiter, "cells": cells, "predict": prediction}
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or parts:
            parts[name](Path(folder))


if __name__ == "__main__":
    main()
