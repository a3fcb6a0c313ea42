"""Every number of a workload as tables: the recommended counts in the open, all cells one click away."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from poolbench.charts.owners import PREFIX
from poolbench.charts.text import slug
from poolbench.palette import LIGHT
from poolbench.words import count_of, figures, noun, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from poolbench.analysis.model import CellSummary, Curve, Interval, Summary


def recommended(summary: Summary, unique: Callable[[str], str] = str) -> str:
    """A row a strategy at its recommended count, the winner bold; `unique` makes labels of landmarks differ."""
    rows = [_row(None, summary.baseline)]
    for curve in summary.curves:
        cell = curve.knee or curve.cells[0]
        won = curve is summary.best and not summary.rivals and summary.certain
        rows.append(_row(curve, cell, "won" if won else ""))
    return _table(summary, rows, unique(f"{summary.workload}: recommended counts"))


def everything(summary: Summary, unique: Callable[[str], str] = str) -> str:
    """A row a cell."""
    rows = [_row(None, summary.baseline)]
    rows += [_row(curve, cell) for curve in summary.curves for cell in curve.cells]
    table = _table(summary, rows, unique(f"{summary.workload}: all numbers"))
    return f"<details><summary>All numbers of {escape(summary.workload)}</summary>{table}</details>"


def _table(summary: Summary, rows: Iterable[str], label: str) -> str:
    headings = [
        "strategy",
        "workers",
        "runs",
        "failed",
        f"{noun(summary.workload)}/s",
        "95 % CI",
        "speed-up",
        "95 % CI",
    ]
    headings += ["limit/s", "bound by", "p50 ms", "p95 ms", "p99 ms"]
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in headings)
    label = escape(label)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table aria-label="{label}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row(curve: Curve | None, cell: CellSummary, more: str = "") -> str:
    name = curve.name if curve else "sequential"
    known = cell.executor in LIGHT and cell.executor != "sequential"
    ink = ("ink-" + (cell.executor if known else "other")) if curve else ""
    owner = f"{PREFIX}{slug(name)}" if curve else ""
    head = f'<th scope="row" class="{ink}">{escape(name)}</th>'
    cells = "".join(_cells(cell))
    return f'<tr class="{" ".join(filter(None, (owner, more)))}">{head}{cells}</tr>'


def _cells(cell: CellSummary) -> Iterator[str]:
    costs = cell.costs
    bad = ' class="bad"' if cell.failed else ""
    workers = count_of(cell.executor, cell.workers, cell.options)
    yield f"<td>{workers}</td><td>{cell.trials}</td><td{bad}>{cell.failed or ''}</td>"
    values = (
        figures(cell.per_s) if cell.per_s else "",
        _span(cell.ci),
        times(cell.speedup) if cell.speedup else "",
        _span(cell.speedup_ci),
        figures(cell.limits.lowest) if cell.limits else "",
        cell.bound_by,
        _ms(costs.latency_p50_s if costs else None),
        _ms(cell.p95_s),
        _ms(costs.latency_p99_s if costs else None),
    )
    yield from (f"<td>{escape(value) or '–'}</td>" for value in values)


def _span(interval: Interval | None) -> str:
    return f"{figures(interval.low)}–{figures(interval.high)}" if interval else ""


def _ms(seconds: float | None) -> str:
    return figures(seconds * 1e3) if seconds else ""
