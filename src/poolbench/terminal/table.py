"""The table of a sweep: one row a strategy, at its recommended count, and the verdict last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from poolbench.analysis.verdict import verdict
from poolbench.terminal.screen import say, style_of
from poolbench.words import count_of, cross, figures, lane, noun, parameters, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from poolbench.analysis.model import CellSummary, Curve, Interval, Summary
    from poolbench.terminal.screen import Screen

_BARS = "▁▂▃▄▅▆▇"
_WITH_EFFICIENCY, _WITH_SPARKLINE, _WITH_P95, _WITH_TABLE = 94, 88, 76, 60
"""Columns of the terminal that each needs."""


@dataclass(frozen=True)
class _Line:
    """A strategy as the table shows it."""

    name: str
    executor: str
    cell: CellSummary
    curve: Curve | None
    winner: bool

    @property
    def failed(self) -> int:
        """Failed trials of the whole strategy."""
        cells = self.curve.cells if self.curve else (self.cell,)
        return sum(cell.failed for cell in cells)


def show(summary: Summary, screen: Screen, about: str) -> None:
    """Heading, table and verdict on stdout; with `--quiet` the verdict alone."""
    out = screen.out
    if not screen.quiet:
        out.print()
        say(out, Text.assemble((summary.workload, "bold"), "  ", _parameters(summary)))
        say(out, Text(about, style="quiet"))
        out.print()
        lines = list(_lines(summary))
        if screen.width < _WITH_TABLE:
            for line in lines:
                out.print(_short(line, summary))
        else:
            out.print(_table(lines, summary, screen.width), soft_wrap=False)
        out.print()
    first, *more = verdict(summary)
    if screen.quiet:  # a line for each workload, whoever reads it
        out.print(Text(f"{summary.workload}: {first}", style="bold"))
    else:
        say(out, Text(first, style="bold"))
        for sentence in more:
            say(out, Text(sentence), first=2)
        for found in summary.diagnoses:
            name, rest = _apart(found.text, lane(found.executor, found.options))
            say(out, Text.assemble((name, style_of(found.executor)), rest), first=2)


def _apart(text: str, name: str) -> tuple[str, str]:
    """The name that `text` begins with, and the rest."""
    return (name, text.removeprefix(name)) if text.startswith(name) else ("", text)


def _parameters(summary: Summary) -> str:
    tasks = sorted({cell.tasks for curve in summary.curves for cell in curve.cells} | {summary.baseline.tasks})
    batch = f"{tasks[0]}" if len(tasks) == 1 else f"{tasks[0]} to {tasks[-1]}"
    rate = "whole batch, start to end" if summary.rate == "makespan" else "steady rate"
    params = ", ".join(parameters(summary.params))
    return " · ".join(filter(None, [f"{batch} {noun(summary.workload)} a run", params, rate]))


def _lines(summary: Summary) -> Iterator[_Line]:
    yield _Line("sequential", "sequential", summary.baseline, None, winner=False)
    for curve in sorted(summary.curves, key=_falling):
        cell = curve.knee or curve.cells[0]
        won = curve is summary.best and not summary.rivals and summary.certain
        yield _Line(curve.name, curve.executor, cell, curve, won)


def _falling(curve: Curve) -> float:
    return -((curve.knee.per_s if curve.knee else None) or 0.0)


def _span(interval: Interval | None) -> str:
    return f"{figures(interval.low)}–{figures(interval.high)}" if interval else "–"


def _workers(line: _Line) -> str:
    return count_of(line.executor, line.cell.workers, line.cell.options)


def _columns(summary: Summary, width: int, *, failed: bool) -> list[tuple[str, Callable[[_Line], str]]]:
    """Headings and what stands under them, those that fit."""
    columns: list[tuple[str, Callable[[_Line], str]]] = [("workers", _workers)]
    if failed:
        columns.append(("failed", lambda line: str(line.failed or "")))
    columns += [
        (f"{noun(summary.workload)}/s", lambda line: figures(line.cell.per_s) if line.cell.per_s else "–"),
        ("95 % CI", lambda line: _span(line.cell.ci)),
        ("speed-up", lambda line: times(line.cell.speedup) if line.cell.speedup else "–"),
    ]
    if width >= _WITH_EFFICIENCY:
        columns.append(
            ("efficiency", lambda line: f"{line.cell.efficiency * 100:.0f} %" if line.cell.efficiency else "–")
        )
    if width >= _WITH_P95:
        columns.append(("p95 ms", lambda line: figures(line.cell.p95_s * 1e3) if line.cell.p95_s else "–"))
    return columns


def _table(lines: Sequence[_Line], summary: Summary, width: int) -> Table:
    failed = any(line.failed for line in lines)
    columns = _columns(summary, width, failed=failed)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    table.add_column("strategy")
    for heading, _ in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    most = max((cell.workers for line in lines if line.curve for cell in line.curve.cells), default=1)
    if width >= _WITH_SPARKLINE:
        table.add_column(f"1 → {most} workers", no_wrap=True)
    for line in lines:
        style = style_of(line.executor)
        weight = "bold" if line.winner else ""
        cells = [Text(value(line), style="bad" if heading == "failed" else weight) for heading, value in columns]
        name = Text(line.name, style=style)
        name.stylize(weight)  # rich drops a style of its own word and a theme's in one
        row = [name, *cells]
        if width >= _WITH_SPARKLINE:
            row.append(Text(sparkline(line.curve), style=style))
        table.add_row(*row)
    return table


def sparkline(curve: Curve | None) -> str:
    """A bar for each worker count, `·` where no trial counts; the highest bar leaves room to the line above."""
    if curve is None or curve.peak is None or not curve.peak.per_s:
        return ""
    top = curve.peak.per_s
    return "".join(
        "·" if cell.per_s is None else _BARS[min(len(_BARS) - 1, int(cell.per_s / top * len(_BARS)))]
        for cell in curve.cells
    )


def _short(line: _Line, summary: Summary) -> Text:
    """For a terminal too narrow for a table."""
    cell = line.cell
    per_s = f"{figures(cell.per_s)} {noun(summary.workload)}/s" if cell.per_s else "no trial counts"
    gain = f", {times(cell.speedup)}" if cell.speedup and line.curve else ""
    failed = f", {line.failed} failed" if line.failed else ""
    who = cross(line.executor, cell.workers, cell.options, line.curve.telling if line.curve else "")
    return Text.assemble((who, style_of(line.executor)), f"  {per_s}{gain}{failed}")
