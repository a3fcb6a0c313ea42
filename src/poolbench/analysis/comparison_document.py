"""The document that `compare --json` prints. Its JSON Schema is `results/comparison.schema.json` in this package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poolbench.analysis.document import DOCUMENT_SCHEMA

if TYPE_CHECKING:
    from poolbench.analysis.compare import Change, Comparison, Side


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Everything that the table says and more, as plain JSON types."""
    return {
        "schema": DOCUMENT_SCHEMA,
        "old": _side(found.old),
        "new": _side(found.new),
        "margin": found.margin,
        "missing": found.missing,
        "rows": [_row(row) for row in found.rows],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "file": side.source,
        "machine": side.origin.machine,
        "python": side.origin.python,
        "gil": side.origin.gil,
        "started_at": side.started_at,
        "blocks": side.blocks,
    }


def _row(row: Change) -> dict[str, Any]:
    return {
        "workload": row.workload,
        "params": row.params,
        "old_params": row.old_params,
        "executor": row.executor,
        "options": row.options,
        "workers": row.workers,
        "old_per_s": row.old_per_s,
        "new_per_s": row.new_per_s,
        "ratio": row.ratio,
        "ratio_ci": [row.ratio_ci.low, row.ratio_ci.high] if row.ratio_ci else None,
        "verdict": row.verdict,
    }
