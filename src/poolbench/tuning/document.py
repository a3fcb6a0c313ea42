"""The document that `tune --json` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolbench.analysis.model import Interval
    from poolbench.tuning.answer import Recommendation, Usage
    from poolbench.tuning.evidence import Row
    from poolbench.tuning.outcome import Outcome

SCHEMA = 1


def document(outcome: Outcome, machine: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the screen says, as plain JSON types."""
    found = outcome.recommendation
    first = outcome.trials[0] if outcome.trials else None
    return {
        "schema": SCHEMA,
        "machine": dict(machine),
        "files": [str(path) for path in outcome.files],
        "workload": first.workload if first else None,
        "params": first.params if first else None,
        "recommendation": _recommendation(found) if found else None,
        "evidence": [_row(row) for row in outcome.evidence.rows],
        "possible": [{"executor": each.lane, "workers": each.workers} for each in outcome.evidence.possible],
        "trials": len(outcome.trials),
        "measured_s": outcome.measured_s,
        "reason": outcome.evidence.reason,
        "more_runs": outcome.evidence.more_runs,
        "arithmetic": outcome.arithmetic,
        "warnings": [{"check": each.check, "text": each.text, "tip": each.tip} for each in outcome.cautions],
    }


def _recommendation(found: Recommendation) -> dict[str, Any]:
    return {
        "executor": found.executor,
        "options": found.options,
        "workers": found.workers,
        "workers_ci": list(found.workers_range),
        "per_s": found.per_s,
        "ci": _pair(found.ci),
        "speedup": found.speedup,
        "speedup_ci": _pair(found.interval),
        "conclusive": found.conclusive,
        "chance": found.chance,
        "code": found.code,
        "why": found.why,
        "usage": _usage(found.executor, found.usage),
        "fastest": _usage(found.fastest_choice.lane, found.fastest),
        "default": _usage(found.default_executor, found.default) if found.default else None,
    }


def _usage(executor: str, usage: Usage) -> dict[str, Any]:
    return {"executor": executor, **asdict(usage)}


def _row(row: Row) -> dict[str, Any]:
    return {
        "executor": row.choice.lane,
        "workers": row.choice.workers,
        "runs": row.runs,
        "failed": row.failed,
        "left_out": row.left_out,
        "per_s": row.per_s,
        "ci": _pair(row.ci),
        "chance": row.chance,
        "chance_within": row.chance_within,
    }


def _pair(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval else None
