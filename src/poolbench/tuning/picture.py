"""What a tune has to show, as its chart takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench.analysis.evidence import Advice, Case, Weighed
from poolbench.analysis.summary import rate_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from poolbench.results.columns import Trial
    from poolbench.tuning.evidence import Row
    from poolbench.tuning.outcome import Outcome

_RANGE = "10th to 90th percentile"


def case(outcome: Outcome, source: str) -> Case | None:
    """None where nothing was measured."""
    rows, summary, found = outcome.evidence.rows, outcome.summary, outcome.recommendation
    lanes = [row for row in rows if row.choice.lane != "sequential"]
    if not lanes or summary is None:
        return None
    base = next((row.per_s for row in rows if row.choice.lane == "sequential"), None)
    advice = None
    alone = found is not None and found.conclusive and found.executor == "sequential"
    if found is not None and outcome.evidence.recommendation is not None and not alone:
        advice = Advice(
            lane=shown(outcome.evidence.recommendation.choice.lane),
            executor=found.executor,
            workers=found.workers,
            workers_range=found.workers_range,
            per_s=found.per_s,
            speedup=found.speedup,
            conclusive=found.conclusive,
            others=tuple(dict.fromkeys(each for each in _able(outcome) if each != found.executor)),
        )
    return Case(
        workload=summary.workload,
        params=summary.params,
        rows=tuple(_weighed(row, outcome.trials, summary.rate) for row in lanes),
        advice=advice,
        baseline_per_s=base,
        tolerance=outcome.evidence.tolerance,
        range_name=_RANGE,
        measured_s=outcome.measured_s,
        machine=summary.machine,
        started_at=summary.started_at,
        source=source,
    )


def _able(outcome: Outcome) -> Iterator[str]:
    """Executors of the choices that may be the answer, each as often."""
    return (choice.lane.partition(":")[0] for choice in outcome.evidence.possible)


def shown(lane: str) -> str:
    """`processes start=spawn` for the lane `processes:start=spawn`."""
    return " ".join(lane.split(":"))


def _weighed(row: Row, trials: Sequence[Trial], rate: str) -> Weighed:
    executor, *options = row.choice.lane.split(":")
    runs = [
        per_s
        for each in trials
        if (each.executor, each.workers) == (executor, row.choice.workers) and _has(each, options)
        if (per_s := rate_of(each, rate))
    ]
    return Weighed(
        executor=executor,
        telling=" ".join(options),
        workers=row.choice.workers,
        runs=tuple(runs),
        per_s=row.per_s,
        ci=row.ci,
        chance=row.chance,
        failed=row.left_out if row.per_s is None else 0,
    )


def _has(trial: Trial, options: Sequence[str]) -> bool:
    known: Mapping[str, str] = dict(pair.split("=", 1) for pair in trial.options.split(";") if "=" in pair)
    return all(known.get(option.partition("=")[0]) == option.partition("=")[2] for option in options)
