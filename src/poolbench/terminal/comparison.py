"""The screen of `compare`: which two sweeps, a row a cell, and what it comes to."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from poolbench.analysis.compare import WORST, changed_parameters, status
from poolbench.terminal.screen import say, style_of
from poolbench.words import count_of, cross, figures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolbench.analysis.compare import Change, Comparison
    from poolbench.analysis.model import Interval
    from poolbench.terminal.screen import Screen

_SIGNS = {
    "faster": ("▲ faster", "good"),
    "slower": ("▼ slower", "bad"),
    "failed": ("× failed", "bad"),
    "no change": ("~ no change", "quiet"),
    "unclear": ("? unclear, run more", "warn"),
}
_SHORT_SIGNS = {**_SIGNS, "unclear": ("? unclear", "warn")}
_WITH_RATES, _WITH_INTERVAL, _WITH_TABLE = 100, 70, 56
"""Columns of the terminal that each needs."""


def show(found: Comparison, screen: Screen, fail_on: str = "") -> None:
    """Everything on stdout; with `--quiet` the last sentences alone."""
    out = screen.out
    if not screen.quiet:
        out.print()
        for line in _sides(found, screen.width):
            say(out, line, 5)
        for note in dict.fromkeys(filter(None, map(_note, found.rows))):
            say(out, Text(note, style="warn"), 7, first=5)
        out.print()
        if screen.width < _WITH_TABLE:
            for row in found.rows:
                out.print(_short(row))
        elif found.rows:
            out.print(_table(found, screen.width), soft_wrap=False)
        if found.rows:
            out.print()
    say(out, Text(counts(found), style="bold"))
    for sentence in _ending(found, fail_on):
        say(out, Text(sentence))


def _sides(found: Comparison, width: int) -> Iterator[Text]:
    """File, interpreter and date of both; whether the machine is the same."""
    sides = (("old", found.old), ("new", found.new))
    same = found.old.origin.machine == found.new.origin.machine
    machine = "  same machine" if same else "  another machine"
    longest = max(len(side.origin.interpreter) for _, side in sides)
    taken = longest + len(machine) + len("old  2026-11-22") + 4
    files = [PurePath(side.source).name for _, side in sides]
    room = min(max(map(len, files)), max(12, width - taken))
    for (name, side), file in zip(sides, files, strict=True):
        shown = file if len(file) <= room else "…" + file[-(room - 1) :]
        text = f"{shown.ljust(room)}  {side.origin.interpreter.ljust(longest)}  {side.started_at[:10]}"
        yield Text.assemble((f"{name}  ", "quiet"), text, ("" if name == "old" else machine, "" if same else "warn"))


def _note(row: Change) -> str:
    differs = changed_parameters(row)
    return f"{row.workload}: {differs}" if differs else ""


def _table(found: Comparison, width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    table.add_column("workload", no_wrap=True, overflow="ellipsis", max_width=max(12, width // 5))
    table.add_column("strategy", no_wrap=True, overflow="ellipsis", max_width=max(12, width // 4))
    right = ["workers", *(["old", "new"] if width >= _WITH_RATES else []), "new ÷ old"]
    right += ["95 % CI"] if width >= _WITH_INTERVAL else []
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    last = ""
    for row in found.rows:
        name = row.workload if row.workload != last else ""
        last = row.workload
        table.add_row(Text(name, style="bold"), Text(row.name, style=style_of(row.executor)), *_cells(row, width))
    return table


def _cells(row: Change, width: int) -> Iterator[Text]:
    yield Text(count_of(row.executor, row.workers, row.options))
    if width >= _WITH_RATES:
        yield Text(f"{figures(row.old_per_s)}/s")
        yield Text(f"{figures(row.new_per_s)}/s" if row.new_per_s else "–")
    yield Text(f"{row.ratio:.2f}×" if row.ratio else "–")
    if width >= _WITH_INTERVAL:
        yield Text(_span(row.ratio_ci))
    sign, style = (_SIGNS if width >= _WITH_RATES else _SHORT_SIGNS)[row.verdict]
    yield Text(sign, style=style)


def _span(interval: Interval | None) -> str:
    return f"{interval.low:.2f}–{interval.high:.2f}" if interval else "–"


def _short(row: Change) -> Text:
    """For a terminal too narrow for a table."""
    ratio = f"{row.ratio:.2f}×" if row.ratio else "–"
    sign, style = _SHORT_SIGNS[row.verdict]
    who = (cross(row.executor, row.workers, row.options, row.telling), style_of(row.executor))
    return Text.assemble(f"{row.workload} ", who, f"  {ratio}  ", (sign, style))


def counts(found: Comparison) -> str:
    """How many of each verdict: `2 faster, 1 slower, 2 no change, 1 unclear. Margin ±5 %.`."""
    if not found.rows:
        return "The two sweeps have no cell in common."
    said = [f"{found.counted(name):,} {name}" for name in _SIGNS if found.counted(name)]
    cells = "1 cell is" if found.missing == 1 else f"{found.missing} cells are"
    missing = f" {cells} in one of them only." if found.missing else ""
    return f"{', '.join(said)}. Margin ±{found.margin * 100:g} %.{missing}"


def _ending(found: Comparison, fail_on: str) -> Iterator[str]:
    """Why the command does not end with 0."""
    code = status(found, fail_on)
    if code == 1:
        bad = [row for row in found.rows if row.verdict in ("slower", "failed")]
        first, more = bad[0], f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        yield f"exit code 1: --fail-on slower found {first.workload}, {first.name} × {first.workers}{more}"
    elif code == 4 and found.rows:
        blind = [row for row in found.rows if row.ratio_ci is None or row.ratio_ci.low < 1 - WORST]
        first = blind[0]
        what = "with one block each there is no interval" if first.ratio_ci is None else _blind(first, len(blind))
        yield f"exit code 4: {what}; sweep with more --repeats"


def _blind(row: Change, count: int) -> str:
    more = f" and {count - 1} more" if count > 1 else ""
    return f"{row.workload}, {row.name} × {row.workers}{more} may be over {WORST:.0%} slower".replace("%", " %")
