"""Real sweeps against themselves, measured again: how often is a change found? `python aa.py [PAIRS]`; four minutes."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from poolbench import pipeline, workloads
from poolbench.analysis.comparison import verdict
from poolbench.analysis.statistics import fit
from poolbench.analysis.summary import rate_of
from poolbench.measure.plan import rule

CELL = ("threads", "submission=map", 8)


def swept(folder: Path):
    request = pipeline.Request(
        recipes=[workloads.recipe("flags")],
        executors="threads",
        workers="1,8",
        settings=["latency=20ms"],
        rule=rule(5, None, None),
        out=folder,
        plots=None,
    )
    rates: dict[tuple[str, str, int], dict[tuple[str, int], float]] = {}
    for trial in pipeline.run(request).trials:
        cell = trial.executor, trial.options, trial.workers
        rates.setdefault(cell, {})[trial.sweep, trial.block] = rate_of(trial, "steady") or 0.0
    return fit(rates)


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(pairs):
            old, new = (swept(Path(folder)).throughput(CELL, elsewhere=True) for _ in range(2))
            ratio = new.over(old)
            found[verdict(ratio)] += 1
            print(
                f"{ratio.value:.3f} ({ratio.interval.low:.3f} to {ratio.interval.high:.3f}) {verdict(ratio)}",
                flush=True,
            )
    print(f"of {pairs} pairs: {dict(found)}")


if __name__ == "__main__":
    main()
