"""The command line: the commands, and how what goes wrong is told."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from poolbench import __version__
from poolbench.commands.asking import list_, machine, predict
from poolbench.commands.comparing import compare
from poolbench.commands.drawing import plot, report
from poolbench.commands.output import screen_for
from poolbench.commands.running import run
from poolbench.commands.serving import serve
from poolbench.commands.tuning import tune
from poolbench.commands.watching import watch
from poolbench.errors import CutShortError, UsageError, refusal
from poolbench.interrupts import handled
from poolbench.statuses import DONE, FAILED, INTERRUPTED, PIPE, USAGE
from poolbench.terminal.help import Columns

if TYPE_CHECKING:
    from collections.abc import Sequence


app = App(
    name="poolbench",
    help="Threads, processes or asyncio? How many workers? Measured on this machine, with its confidence.",
    version=__version__,
    help_formatter=Columns(),
    help_format="plaintext",  # Markdown takes half of the time that --help takes
    default_parameter=Parameter(negative=(), show_default=False),
    suppress_keyboard_interrupt=False,  # `main` returns a status for it
)

app.command(run)
app.command(serve)
app.command(predict)
app.command(machine)
app.command(list_, name="list")
app.command(plot)
app.command(report)
app.command(compare)
app.command(tune)
app.command(watch)


def main(arguments: Sequence[str] | None = None) -> int:
    """The `poolbench` command; returns its exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started us closed it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  until we end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe on Windows has no `→`
    try:
        return _answered(arguments)
    except BrokenPipeError:  # whoever reads has enough
        sys.stdout = sys.stderr
        return PIPE


def _answered(arguments: Sequence[str] | None) -> int:
    """The status; what is wrong is told."""
    try:
        with handled():
            status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as problem:
        _typed_wrong(problem)
        return USAGE
    except UsageError as problem:
        screen_for("auto").error(problem)
        return FAILED if isinstance(problem, CutShortError) else USAGE
    except BrokenPipeError:
        raise
    except OSError as problem:
        where = f" {problem.filename}" if problem.filename else ""
        what = f"the system refuses{where} ({refusal(problem)})"
        screen_for("auto").error(UsageError(what, "make room there, or name another place"))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return status if isinstance(status, int) else DONE


def _typed_wrong(problem: CycloptsError) -> None:
    """In two lines, like all other errors."""
    what, _, hint = str(problem).strip().partition("Did you mean")
    tip = f"did you mean{hint}".replace('"', "") if hint else "poolbench --help, or poolbench COMMAND --help"
    what, _, known = " ".join(what.split()).partition(" Available commands: ")
    if known:
        tip = f"choose from {', '.join(name for name in app if not name.startswith('-'))}"
    if isinstance(problem, UnusedCliTokensError):
        first, *others = problem.unused_tokens or [""]
        what = f"nothing takes {first}{f' and {len(others)} more' if others else ''}"
    screen_for("auto").error(UsageError(what[0].lower() + what[1:].rstrip("."), tip))
