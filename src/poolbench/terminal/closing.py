"""What stands after the tables: warnings, failures, the files written, what to do next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.text import Text

from poolbench.terminal.screen import say
from poolbench.words import cross

if TYPE_CHECKING:
    from poolbench.analysis.model import Summary
    from poolbench.pipeline import Outcome
    from poolbench.terminal.screen import Screen

_SHORT = 40


def about(summary: Summary) -> str:
    """`2 cores, 24 GiB, Linux 6.18, CPython 3.11.7 (GIL) · 47 settings × 7 runs, shuffled`."""
    settings = 1 + sum(len(curve.cells) for curve in summary.curves)
    runs = "1 run" if summary.blocks == 1 else f"{summary.blocks} runs"
    many = "1 setting" if settings == 1 else f"{settings} settings"
    return f"{summary.machine.get('text', summary.machine.get('python', ''))} · {many} × {runs}"


def show(outcome: Outcome, screen: Screen) -> None:
    """Warnings and failures on stderr, the files on stdout."""
    for caution in outcome.cautions:
        screen.warn(caution)
    for summary in outcome.summaries:
        for caution in summary.cautions:
            screen.warn(replace(caution, text=f"{_whose(summary, outcome)}: {caution.text}"))
    _failures(outcome, screen)
    if screen.quiet:
        return
    _results(outcome, screen)
    screen.out.print()
    for number, path in enumerate(outcome.files):
        rows = f"  {len(outcome.trials)} runs" if number == 0 else ""
        screen.out.print(Text.assemble(("wrote  " if number == 0 else "       ", "quiet"), f"{path}", rows))
    if outcome.interrupted:
        more = f", and goes on with: poolbench run --resume {outcome.files[0]}" if outcome.resumable else ""
        screen.note(f"interrupted; what was measured is kept{more}")


def _whose(summary: Summary, outcome: Outcome) -> str:
    """The workload; with its interpreter where there are several."""
    pythons = {(each.machine.get("python"), each.machine.get("gil")) for each in outcome.summaries}
    if len(pythons) < 2:
        return summary.workload
    free = "" if summary.machine.get("gil", True) else " no GIL"
    return f"{summary.workload}, Python {summary.machine.get('python')}{free}"


def _failures(outcome: Outcome, screen: Screen) -> None:
    bad = [trial for trial in outcome.trials if trial.outcome != "ok"]
    if bad:
        first = bad[0]
        where = f"{first.workload}, {cross(first.executor, first.workers, first.options)}"
        what = f" {len(bad)} of {len(outcome.trials)} runs have no throughput; the first: {where}: {first.reason}"
        say(screen.err, Text.assemble(("failed:", "bad"), what))


def _results(outcome: Outcome, screen: Screen) -> None:
    """What a small batch returned, in the order in which it came, if that is short enough to read."""
    values = [repr(value) for value in outcome.values]
    if values and max(map(len, values)) <= _SHORT and len({*values}) > 1:
        last = outcome.trials[-1]
        who = f"results of {cross(last.executor, last.workers, last.options)}"
        screen.out.print(Text.assemble((f"\n{who}  ", "quiet"), " ".join(values)))
