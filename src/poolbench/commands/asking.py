"""`poolbench predict`, `poolbench machine` and `poolbench list`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  cyclopts reads the annotations
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.analysis.model import Summary
    from poolbench.analysis.prediction import Prediction


def predict(
    csv: Path,
    *,
    latency: str = "",
    cpu: str = "",
    workers: str = "1..256",
    json: bool = False,
    color: str = "auto",
) -> int:
    """Say what a sweep lets expect under another latency or CPU cost.

    Parameters
    ----------
    csv
        A sweep.
    latency
        The other latency, such as 200ms.
    cpu
        Other CPU time per task, such as 2ms.
    workers
        Worker counts, as for run; 1..256 if not said.
    json
        Print one JSON document.
    color
        auto (if not said), always or never.
    """
    from poolbench.analysis.prediction import predict as expect
    from poolbench.api import load
    from poolbench.commands.output import print_json, screen_for
    from poolbench.terminal.answers import show_predictions
    from poolbench.units import seconds, worker_counts

    screen = screen_for(color)
    counts = worker_counts(workers)
    wait_s = seconds(latency, "--latency") if latency else None
    cpu_s = seconds(cpu, "--cpu") if cpu else None
    found = [(summary, expect(summary, counts, wait_s=wait_s, cpu_s=cpu_s)) for summary in load(csv).summary()]
    found = [(summary, each) for summary, each in found if each]
    if not found:
        raise UsageError(f"{csv} has no baseline and curve to predict from", "sweep with poolbench run first")
    if json:
        print_json([_prediction(summary, each) for summary, each in found])
        return 0
    changed = " and ".join(filter(None, [f"at {latency} latency" * bool(latency), f"with {cpu} of CPU" * bool(cpu)]))
    for summary, each in found:
        show_predictions(summary, each, changed, screen)
    return 0


def machine(*, quick: bool = False, color: str = "auto") -> int:
    """Show this machine, what was tuned on it, and how quiet it is.

    Parameters
    ----------
    quick
        Skip the test, which takes some seconds.
    color
        auto (if not said), always or never.
    """
    from poolbench.aa import aa_test
    from poolbench.about import machine_notes
    from poolbench.commands.output import screen_for
    from poolbench.measure.machine import this_machine
    from poolbench.terminal.answers import show_machine, show_profile
    from poolbench.tuning import profile

    screen = screen_for(color)
    show_machine(this_machine(), None if quick else aa_test(), machine_notes(), screen)
    show_profile(profile.entries(), profile.path(), screen)
    return 0


def list_(*, color: str = "auto") -> int:
    """List workloads, executors and clients, and what each takes or needs.

    Parameters
    ----------
    color
        auto (if not said), always or never.
    """
    from poolbench import about
    from poolbench.commands.output import screen_for
    from poolbench.terminal.answers import show_list

    show_list(about.inventory(), screen_for(color))
    return 0


def _prediction(summary: Summary, found: Sequence[Prediction]) -> dict[str, Any]:
    from dataclasses import asdict

    curves = [
        {
            "executor": each.curve.executor,
            "options": each.curve.options,
            "knee": each.knee.workers,
            "model_error": each.error,
            "model_error_max": each.worst,
            "points": [asdict(point) for point in each.points],
        }
        for each in found
    ]
    return {"workload": summary.workload, "params": summary.params, "curves": curves}
