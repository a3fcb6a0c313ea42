"""The screens of the smaller commands: `predict`, `machine`, `list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from poolbench.terminal.screen import say, style_of
from poolbench.words import figures, noun, parameters, times, workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import JustifyMethod
    from rich.table import Table

    from poolbench.analysis.model import Summary
    from poolbench.analysis.prediction import Prediction
    from poolbench.analysis.quiet import Quiet
    from poolbench.measure.machine import Machine
    from poolbench.terminal.screen import Screen
    from poolbench.tuning.profile import Entry

_TRUST = 0.15
_VALUES, _DESCRIPTIONS = 17, 16
"""Columns where the second lines of what is said begin."""


def _plain_table(*columns: str, justify: JustifyMethod = "right") -> Table:
    from rich.table import Table  # two of the three screens here have none

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="quiet")
    for column in columns:
        table.add_column(column, justify=justify, no_wrap=True)
    return table


def show_predictions(summary: Summary, found: Sequence[Prediction], changed: str, screen: Screen) -> None:
    """A row for each worker count, a column for each strategy; then knees, and how far to trust them."""
    out, counts = screen.out, [point.workers for point in found[0].points] if found else []
    out.print()
    out.print(
        Text.assemble((summary.workload, "bold"), "  ", f"{noun(summary.workload)}/s expected {changed}".rstrip())
    )
    out.print()
    table = _plain_table("workers", *(each.curve.name for each in found))
    for row, count in enumerate(counts):
        cells = [Text(figures(each.points[row].per_s), style=style_of(each.curve.executor)) for each in found]
        table.add_row(str(count), *cells)
    out.print(table, soft_wrap=False)
    out.print()
    for each in found:
        knee = each.knee
        who = workers(each.curve.executor, knee.workers, each.curve.options)
        say(out, Text(f"{who}: {figures(knee.per_s)}/s, bound by {knee.bound_by}.", style="bold"))
        say(out, Text(_trust(each)), first=2)


def _trust(found: Prediction) -> str:
    text = f"in the sweep itself the model was off by {found.error:.0%} (at most {found.worst:.0%})"
    if found.worst > _TRUST:
        text += ": take it as a direction"
    if not found.reaches:
        text += f"; no run had more than {max(cell.workers for cell in found.curve.cells)} workers"
    return text


def show_machine(machine: Machine, quiet: Quiet | None, notes: Iterable[str], screen: Screen) -> None:
    """Facts, then whether to measure now."""
    out = screen.out
    say(out, Text.assemble((machine.text, "bold"), ("  " + machine.id, "quiet")))
    say(out, Text(f"processor        {machine.processor}"), _VALUES)
    default = f"library default  {workers('threads', machine.default_threads)}, min(32, cores + 4)"
    say(out, Text(default), _VALUES)
    for note in notes:
        say(out, Text.assemble(("warning: ", "warn"), note))
    if quiet is None:
        return
    outliers = "1 outlier" if quiet.outliers == 1 else f"{quiet.outliers} outliers"
    noise = f"noise            {quiet.noise:.1%} from run to run, {outliers}, steal {quiet.steal:.0%}"
    say(out, Text(noise), _VALUES)
    out.print(f"to find 5 %      {quiet.repeats} repeats")
    if quiet.troubles:
        say(out, Text.assemble(("not quiet: ", "warn"), "; ".join(quiet.troubles)))
    else:
        out.print(Text("quiet enough to measure on", style="good"))


def show_profile(entries: Iterable[Entry], path: Path, screen: Screen) -> None:
    """What was tuned, the newest last, and where that is kept."""
    rows = sorted(entries, key=lambda each: each.tuned_at)
    where = Text.assemble(("profile          ", "quiet"), str(path))
    if not rows:
        screen.out.print(where.append(" (nothing tuned yet)"))
        return
    table = _plain_table("tuned", "answer", "speed-up", "Python", "on", justify="left")
    for each in rows:
        name = " ".join([each.workload, *parameters(each.params, "=")])
        text = "one at a time" if each.executor == "sequential" else workers(each.executor, each.workers)
        who = Text(text, style=style_of(each.executor))
        gain = times(each.speedup) if each.speedup else "–"
        build = each.python if each.gil else f"{each.python} no GIL"
        table.add_row(shorten(name, screen.width // 2), who, gain, build, each.tuned_at[:10])
    screen.out.print()
    screen.out.print(table, soft_wrap=False)
    screen.out.print(where)


def shorten(text: str, most: int) -> str:
    """At most so many columns, with an ellipsis where something is cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def show_list(parts: Mapping[str, Iterable[tuple[str, str]]], screen: Screen) -> None:
    """What there is, and what each takes or needs."""
    found = {heading: list(rows) for heading, rows in parts.items()}
    wide = max([_DESCRIPTIONS - 2, *(len(name) + 2 for rows in found.values() for name, _ in rows)])
    for heading, rows in found.items():
        screen.out.print(Text(heading, style="bold"))
        for name, text in rows:
            say(screen.out, Text.assemble((f"{name:<{wide}}", style_of(name)), text), wide + 2, first=2)
