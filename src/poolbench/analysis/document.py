"""The document that `--json` prints. Its JSON Schema is `results/document.schema.json` in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolbench.analysis.curves import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from poolbench.analysis.model import CellSummary, Diagnosis, Interval, Summary
    from poolbench.errors import Caution

DOCUMENT_SCHEMA = 1


def document(
    summaries: Iterable[Summary],
    machine: Mapping[str, Any],
    files: Iterable[Path] = (),
    cautions: Sequence[Caution] = (),
) -> dict[str, Any]:
    """Everything that the table says and more, as plain JSON types."""
    return {
        "schema": DOCUMENT_SCHEMA,
        "machine": dict(machine),
        "files": [str(path) for path in files],
        "sweeps": [_sweep(summary, cautions) for summary in summaries],
    }


def _sweep(summary: Summary, cautions: Sequence[Caution]) -> dict[str, Any]:
    return {
        "workload": summary.workload,
        "params": summary.params,
        "python": summary.machine.get("python"),
        "gil": summary.machine.get("gil"),
        "rate": summary.rate,
        "baseline": {"per_s": summary.baseline.per_s, "ci": _pair(summary.baseline.ci)},
        "best": _best(summary),
        "rivals": [{"executor": curve.executor, "options": curve.options} for curve in summary.rivals],
        "rows": [_row(cell) for cell in (summary.baseline, *_cells(summary))],
        "diagnosis": [_cause(found) for found in summary.diagnoses],
        "warnings": [
            {"check": each.check, "text": each.text, "tip": each.tip} for each in (*cautions, *summary.cautions)
        ],
    }


def _cells(summary: Summary) -> Iterable[CellSummary]:
    return (cell for curve in summary.curves for cell in curve.cells)


def _best(summary: Summary) -> dict[str, Any] | None:
    curve = summary.best
    if curve is None or curve.knee is None:
        return None
    row = _row(curve.knee)
    kept = ("executor", "options", "workers", "per_s", "ci", "speedup", "speedup_ci")
    rule = f"fewest workers within {TOLERANCE:.0%} of the peak"
    return {key: row[key] for key in kept} | {"workers_ci": curve.knee_ci, "rule": rule}


def _row(cell: CellSummary) -> dict[str, Any]:
    return {
        "executor": cell.executor,
        "options": cell.options,
        "workers": cell.workers,
        "tasks": cell.tasks,
        "trials": cell.trials,
        "failed": cell.failed,
        "reason": cell.reason,
        "per_s": cell.per_s,
        "ci": _pair(cell.ci),
        "speedup": cell.speedup,
        "speedup_ci": _pair(cell.speedup_ci),
        "limit_per_s": cell.limits.lowest if cell.limits else None,
        "limit": cell.limits.name if cell.limits else None,
        "model_per_s": cell.limits.model if cell.limits else None,
        "bound_by": cell.bound_by or None,
        "efficiency": cell.efficiency,
        "p95_s": cell.p95_s,
    }


def _cause(found: Diagnosis) -> dict[str, Any]:
    return {
        "executor": found.executor,
        "options": found.options,
        "cause": found.cause,
        "text": found.text,
        "figures": dict(found.figures),
    }


def _pair(interval: Interval | None) -> list[float] | None:
    return [interval.low, interval.high] if interval else None
