"""`poolbench watch`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from poolbench.commands.typed import Whole  # noqa: TC001  cyclopts reads the annotations
from poolbench.errors import UsageError
from poolbench.statuses import DONE, FAILED, INTERRUPTED

if TYPE_CHECKING:
    from poolbench.terminal.screen import Screen
    from poolbench.watching.board import Board, Watched
    from poolbench.watching.events import View


def watch(
    workload: str = "",
    *,
    items: str = "",
    executor: str = "threads",
    workers: Whole | None = None,
    submission: str = "",
    tasks: Whole | None = None,
    set_: Annotated[list[str], Parameter(name="--set")] = [],  # noqa: B006  never changed
    seed: Whole | None = None,
    plain: bool = False,
    record: Path | None = None,
    plots: Path = Path("plots"),
    no_plots: bool = False,
    color: str = "auto",
) -> int:
    """Run one small trial and show its futures live.

    A lane for each worker with the task that it runs, futures pending, running and finished, results as they arrive;
    then the timeline chart. It is no measurement. Workloads of ours are slowed down so that they can be followed.

    Parameters
    ----------
    workload
        flags, loiter, primes, or your own module:function or file.py:function.
    items
        Items for a function of your own: a file (one a line), range(100) or module:iterable; the first 20 are run.
    executor
        One, with its number of workers: threads:3 if not said; options after it.
    workers
        The number of workers, if it does not stand there.
    submission
        map (if not said): results in the order of submission; as_completed: as they come.
    tasks
        So many tasks.
    set_
        A parameter: key=value, again and again.
    seed
        For the server's delays.
    plain
        Print events as lines; so does a pipe.
    record
        Save the last screen as this SVG.
    plots
        Folder for the chart; plots if not said.
    no_plots
        Draw no chart.
    color
        auto (if not said), always or never.
    """
    from poolbench import workloads
    from poolbench.commands.output import screen_for
    from poolbench.watching import live
    from poolbench.watching import watch as watching
    from poolbench.watching.frame import NOTE

    screen = screen_for(color)
    if not workload:
        raise UsageError(
            "watch needs a workload", "poolbench watch loiter, or your own as module:function --items FILE"
        )
    request = watching.Request(
        workloads.recipe(workload, items),
        executor=executor,
        workers=workers,
        submission=submission,
        tasks=tasks,
        settings=tuple(set_),
        seed=seed,
        plots=None if no_plots else plots,
    )
    _verify_record(record)
    lines = plain or not screen.out.is_terminal or screen.out.is_dumb_terminal

    def view(board: Board) -> View:
        return live.view_for(screen, board, plain=lines)

    found = watching.watch(request, view)
    if lines and not found.interrupted:
        screen.note(NOTE)
    _close(found, screen, record, request.plots)
    return INTERRUPTED if found.interrupted else FAILED if found.board.failed else DONE


def _verify_record(record: Path | None) -> None:
    from poolbench.results.store import check_writable

    if record is None:
        return
    if record.suffix.lower() != ".svg":
        raise UsageError(f"cannot record {record}", "name an SVG: --record watch.svg")
    check_writable(record.parent, "name another file with --record")


def _close(found: Watched, screen: Screen, record: Path | None, plots: Path | None) -> None:
    """What else there is to say, and the files."""
    from poolbench.watching import chart, live
    from poolbench.watching.notes import notes

    for each in notes(found):
        screen.note(each)
    if found.interrupted:
        return
    files = chart.save(found.board, plots) if plots is not None else []
    if record is not None:
        live.save(found.board, record, f"poolbench watch {found.board.scene.workload}", screen.width)
        files.append(record)
    for number, path in enumerate(files):
        screen.out.print(f"{'' if number else 'wrote':<7}{path}")
