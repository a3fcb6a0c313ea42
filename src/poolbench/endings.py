"""How a command ends: what goes wrong is told in two lines, and becomes a status."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from poolbench.errors import CutShortError, UsageError, refusal
from poolbench.statuses import FAILED, INTERRUPTED, PIPE, USAGE

if TYPE_CHECKING:
    from collections.abc import Callable


def ended(command: Callable[[], int]) -> int:
    """The status of a command, whatever becomes of it and of the streams that it writes to."""
    _prepare()
    try:
        return _told(command)
    except BrokenPipeError:  # whoever reads has enough
        sys.stdout = sys.stderr
        return PIPE


def _prepare() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started us closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  until we end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe on Windows has no `→`


def _told(command: Callable[[], int]) -> int:
    try:
        status = command()
        sys.stdout.flush()
    except UsageError as problem:
        _tell(problem)
        return FAILED if isinstance(problem, CutShortError) else USAGE
    except BrokenPipeError:
        raise
    except OSError as problem:
        where = f" {problem.filename}" if problem.filename else ""
        what = f"the system refuses{where} ({refusal(problem)})"
        _tell(UsageError(what, "make room there, or name another place"))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # so rich ends where it prints the help
            raise end.__context__ from None
        raise
    return status


def _tell(problem: UsageError) -> None:
    from poolbench.commands.output import screen_for

    screen_for("auto").error(problem)
