"""The reference sweep as if it had been measured under several interpreters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from poolbench.analysis.model import Summary
from poolbench.analysis.origins import Origin, by_origin
from poolbench.analysis.summary import summarise
from poolbench.results.load import read

REFERENCE = Path(__file__).parents[1] / "results" / "reference.csv"


def pairs(**factors: float) -> list[tuple[Origin, Summary]]:
    """The reference sweep under interpreters that are so many times as fast."""
    trials = [trial for trial in read(REFERENCE).trials if trial.workload == "flags"]
    rows = []
    for name, factor in factors.items():
        python, gil = name.strip("_").replace("_", ".").removesuffix("t"), not name.endswith("t")
        rows += [
            replace(
                trial,
                python=python,
                gil=gil,
                steady_per_s=trial.steady_per_s * factor if trial.steady_per_s else None,
                throughput_per_s=trial.throughput_per_s * factor if trial.throughput_per_s else None,
            )
            for trial in trials
        ]
    return [(origin, each) for origin, own in by_origin(rows).items() for each in summarise(own)]
