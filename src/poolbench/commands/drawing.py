"""`poolbench plot` and `poolbench report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from poolbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.gallery import Sheet
    from poolbench.terminal.screen import Screen


_RESULTS = (".csv", ".json", ".gz")
"""What a sweep's files are called."""


def plot(
    *csv: Path,
    plots: Path = Path("plots"),
    dark: bool = False,
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"))] = False,
    color: str = "auto",
) -> int:
    """Draw the charts of sweeps again, from their files alone.

    Parameters
    ----------
    csv
        Sweeps; those of several machines or interpreters are drawn apart, and their speed-ups side by side.
    plots
        Folder for charts; plots if not said.
    dark
        Draw each a second time, for a dark page.
    quiet
        Do not name the files.
    color
        auto (if not said), always or never.
    """
    from poolbench import gallery
    from poolbench.commands.output import screen_for
    from poolbench.results.store import check_writable

    screen = screen_for(color, quiet=quiet)
    found = gallery.sheets(csv)
    _notes(found, screen)
    check_writable(plots, "name another folder with --plots")
    files = gallery.draw(found, plots, ("light", "dark") if dark else ("light",))
    if not files:
        raise UsageError(
            f"{found[0].path} has nothing to draw but runs one at a time", "sweep an executor too: poolbench run"
        )
    if not quiet:
        for path in files:
            screen.out.print(str(path))
    return 0


def report(
    *csv: Path,
    output: Annotated[Path, Parameter(name=("--output", "-o"))] = Path("report.html"),
    color: str = "auto",
) -> int:
    """Write one HTML page of sweeps that needs no network.

    The verdict, the charts, all numbers, how it was measured.

    Parameters
    ----------
    csv
        Sweeps.
    output
        The page; report.html if not said.
    color
        auto (if not said), always or never.
    """
    from poolbench import gallery
    from poolbench.commands.output import screen_for
    from poolbench.report.page import build
    from poolbench.results.store import check_writable, write_atomically

    screen = screen_for(color)
    found = gallery.sheets(csv)
    _notes(found, screen)
    _verify_page(output, csv)
    check_writable(output.parent, "name another file with --output")
    output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(output, build(found))
    screen.out.print(f"{output}  {output.stat().st_size / 1000:,.0f} KB")
    return 0


def _verify_page(output: Path, csv: Sequence[Path]) -> None:
    """A page in the place of a sweep would be the end of the sweep."""
    if output.suffix.lower() in _RESULTS or output.resolve() in [each.resolve() for each in csv]:
        raise UsageError(f"{output} would not be a page", "name it as one: -o report.html")
    if output.is_dir():
        raise UsageError(f"{output} is a folder", f"name a file: -o {output / 'report.html'}")


def _notes(found: list[Sheet], screen: Screen) -> None:
    for note in dict.fromkeys(sheet.note for sheet in found if sheet.note):
        screen.note(note)
