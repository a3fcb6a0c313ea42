"""`poolbench compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from poolbench.errors import unknown

if TYPE_CHECKING:
    from poolbench.analysis.compare import Side
    from poolbench.terminal.screen import Screen

_CONDITIONS = ("slower",)


def compare(
    old: Path,
    new: Path,
    *,
    fail_on: str = "",
    margin: str = "5%",
    across: bool = False,
    plots: Path = Path("plots"),
    no_plots: bool = False,
    json: bool = False,
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"))] = False,
    color: str = "auto",
) -> int:
    """Say cell by cell whether a sweep is faster or slower.

    Shows a table, and draws a chart. Ends with 1 if --fail-on slower finds a slowdown, with 4 if it cannot tell: a
    single block, or an interval that allows a slowdown by more than 20 %; and with 4 for no cell in common.

    Parameters
    ----------
    old
        The CSV to compare with.
    new
        The CSV to judge.
    fail_on
        slower: end with 1 if any cell is.
    margin
        Changes inside this are none; 5% if not said.
    across
        Compare a workload although its parameters differ.
    plots
        Folder for the chart; plots if not said.
    no_plots
        Draw nothing.
    json
        Print one JSON document in place of the table.
    quiet
        Print the count of verdicts only.
    color
        auto (if not said), always or never.
    """
    from poolbench.analysis.compare import compare as weigh
    from poolbench.analysis.compare import status
    from poolbench.commands.output import print_json, screen_for
    from poolbench.terminal import comparison
    from poolbench.units import fraction

    screen = screen_for(color, quiet=quiet or json)
    if fail_on and fail_on not in _CONDITIONS:
        raise unknown("condition", fail_on, _CONDITIONS)
    sides = [_side(path, screen) for path in (old, new)]
    found = weigh(*sides, margin=fraction(margin, "--margin"), across=across)
    if json:
        from poolbench.analysis.comparison_document import comparison_document

        print_json(comparison_document(found))
    else:
        comparison.show(found, screen, fail_on)
    if found.rows and not no_plots and not json:
        from poolbench.charts import comparison as chart

        files = chart.save(found, plots)
        if not quiet:
            screen.out.print(f"\nwrote  {files[0]}\n       {files[1]}")
    return status(found, fail_on)


def _side(path: Path, screen: Screen) -> Side:
    from poolbench.analysis.compare import side
    from poolbench.results.load import read

    recorded = read(path)
    if recorded.note:
        screen.note(recorded.note)
    return side(str(path), recorded.rows)
