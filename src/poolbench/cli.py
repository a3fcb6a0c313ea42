"""The command line: the commands, and how what goes wrong is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts import App, CycloptsError, Parameter, UnusedCliTokensError

from poolbench import __version__
from poolbench.commands.asking import list_, machine, predict
from poolbench.commands.comparing import compare
from poolbench.commands.drawing import plot, report
from poolbench.commands.running import run
from poolbench.commands.serving import serve
from poolbench.commands.tuning import tune
from poolbench.commands.watching import watch
from poolbench.endings import ended
from poolbench.errors import UsageError
from poolbench.interrupts import handled
from poolbench.statuses import DONE
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
    return ended(lambda: _answered(arguments))


def _answered(arguments: Sequence[str] | None) -> int:
    try:
        with handled():
            status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as problem:
        raise _typed_wrong(problem) from None
    return status if isinstance(status, int) else DONE


def _typed_wrong(problem: CycloptsError) -> UsageError:
    """In two lines, like all other errors."""
    what, _, hint = str(problem).strip().partition("Did you mean")
    tip = f"did you mean{hint}".replace('"', "") if hint else "poolbench --help, or poolbench COMMAND --help"
    what, _, known = " ".join(what.split()).partition(" Available commands: ")
    if known:
        tip = f"choose from {', '.join(name for name in app if not name.startswith('-'))}"
    if isinstance(problem, UnusedCliTokensError):
        first, *others = problem.unused_tokens or [""]
        what = f"nothing takes {first}{f' and {len(others)} more' if others else ''}"
    return UsageError(what[0].lower() + what[1:].rstrip("."), tip)
