"""What a tune has to show, as its chart takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poolbench import executors
from poolbench.analysis.evidence import Advice, Case, Weighed
from poolbench.analysis.summary import rate_of
from poolbench.errors import Caution, refusal
from poolbench.units import joined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from poolbench.results.columns import Trial
    from poolbench.tuning.evidence import Row
    from poolbench.tuning.outcome import Outcome

_RANGE = "10th to 90th percentile"


def drawn(outcome: Outcome, folder: Path | None, source: str) -> Outcome:
    """With its chart; what was found is worth more than that."""
    try:
        return replace(outcome, files=(*outcome.files, *_draw(outcome, folder, source)))
    except KeyboardInterrupt:
        return replace(outcome, interrupted=True)
    except OSError as problem:
        caution = Caution("chart", f"its chart cannot be written ({refusal(problem)})", "make room in the plots folder")
        return replace(outcome, cautions=(*outcome.cautions, caution))


def _draw(outcome: Outcome, folder: Path | None, source: str) -> list[Path]:
    shown = case(outcome, source)
    if folder is None or shown is None:
        return []
    from poolbench.charts import evidence as chart

    folder.mkdir(parents=True, exist_ok=True)
    return chart.save(shown, folder)


def case(outcome: Outcome, source: str) -> Case | None:
    """None where nothing was measured."""
    rows, summary, found = outcome.evidence.rows, outcome.summary, outcome.recommendation
    lanes = [row for row in rows if row.choice.lane != executors.BASELINE]
    if not lanes or summary is None:
        return None
    base = next((row.per_s for row in rows if row.choice.lane == executors.BASELINE), None)
    advice, measured = None, outcome.evidence.recommendation
    alone = found is not None and found.conclusive and found.executor == executors.BASELINE
    if found is not None and measured is not None and not alone:
        advice = Advice(
            lane=shown(measured.choice.lane),
            executor=found.executor,
            workers=found.workers,
            workers_range=found.workers_range,
            per_s=found.per_s,
            speedup=found.speedup,
            conclusive=found.conclusive,
            measured=measured.choice.workers,
            others=_others(outcome, found.executor),
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


def _others(outcome: Outcome, executor: str) -> tuple[str, ...]:
    """Executors beside this one that may have the answer, each once."""
    able = (choice.lane.partition(":")[0] for choice in outcome.evidence.possible)
    return tuple(each for each in dict.fromkeys(able) if each != executor)


def shown(lane: str) -> str:
    """`processes start=spawn` for the lane `processes:start=spawn`."""
    return " ".join(lane.split(":"))


def _weighed(row: Row, trials: Sequence[Trial], rate: str) -> Weighed:
    executor, *telling = row.choice.lane.split(":")
    who = (executor, joined(executors.strategy(row.choice.lane).options), row.choice.workers)
    runs = [
        per_s for each in trials if (each.executor, each.options, each.workers) == who if (per_s := rate_of(each, rate))
    ]
    return Weighed(
        executor=executor,
        telling=" ".join(telling),
        workers=row.choice.workers,
        runs=tuple(runs),
        per_s=row.per_s,
        ci=row.ci,
        chance=row.chance,
        failed=row.failed if row.per_s is None else 0,
    )
