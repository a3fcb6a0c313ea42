"""`poolbench run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from poolbench.commands.output import print_json, screen_for
from poolbench.commands.typed import Whole  # noqa: TC001  cyclopts reads the annotations
from poolbench.errors import UsageError
from poolbench.statuses import DONE, FAILED, INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.measure.plan import Rule
    from poolbench.pipeline import Outcome, Request
    from poolbench.resume import Asked
    from poolbench.terminal.screen import Screen


_OUT = Path("results")


def run(
    *workload: str,
    items: str = "",
    worker_setup: str = "",
    check: str = "",
    executor: str = "",
    workers: str = "",
    tasks: Whole | None = None,
    set_: Annotated[list[str], Parameter(name="--set")] = [],  # noqa: B006  never changed
    repeats: Whole | None = None,
    precision: str = "",
    budget: str = "",
    cold: bool = False,
    python: list[str] = [],  # noqa: B006  never changed
    seed: Whole | None = None,
    task_timeout: str = "",
    fail_fast: bool = False,
    resume: Path | None = None,
    save_to: str = "",
    out: Path = _OUT,
    plots: Path = Path("plots"),
    no_plots: bool = False,
    json: bool = False,
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"))] = False,
    color: str = "auto",
) -> int:
    """Sweep executors and worker counts over workloads: CSV, table and charts.

    Parameters
    ----------
    workload
        flags, loiter, primes (all three if none is named), or your own module:function or file.py:function.
    items
        Items for a function of your own: a file (one a line), range(100) or module:iterable.
    worker_setup
        Called once in each worker, as module:function; a function of your own is then called with an item and this.
    check
        Called with an item and its value after the timing, as module:function; false is a failed task, None is not.
    executor
        A comma list: threads, processes, asyncio (these if none is named), others that poolbench list shows, or a
        module:function that makes one; options as processes:start=spawn. Two levels are processes:2/threads:16, or
        processes:1,2,4/threads:1..64 for all their products.
    workers
        Worker counts: 1,2,4,8 or 1..64 (doubling) or 1..64:8 (8 steps).
    tasks
        Tasks in a batch; without it, batches are sized so that every trial takes about as long.
    set_
        A parameter: key=value or workload.key=value, again and again; value1,value2 sweeps it.
    repeats
        Stop after so many blocks; without this or one of the next two, after a minute or ten blocks.
    precision
        Stop when every speed-up is known to this, such as 3%, or after 100 blocks.
    budget
        Begin no block that would take longer than this, such as 60s or 5m, but three in any case.
    cold
        Time the pool's start with the batch, without a warm-up.
    python
        An interpreter to run all this under, again and again for several: python3.13, 3.14t, a path, or all.
    seed
        For the order inside blocks and the server's delays.
    task_timeout
        A run in which a task takes longer is ended and does not count, such as 30s; flags have 3 timeouts if not said.
    fail_fast
        End with the first run that does not count.
    resume
        Go on with the sweep of this CSV: what is missing of its plan, in the same order.
    save_to
        Keep the downloaded flags in this folder.
    out
        Folder for the CSV and the files beside it; results if not said.
    plots
        Folder for charts; plots if not said.
    no_plots
        Draw nothing.
    json
        Print one JSON document in place of the table.
    quiet
        Print the verdict only.
    color
        auto (if not said), always or never.
    """
    from poolbench import pipeline
    from poolbench.resume import Asked, asked, recipes
    from poolbench.terminal.progress import Progress
    from poolbench.terminal.screen import prints_to_stderr
    from poolbench.units import patience

    screen = screen_for(color, quiet=quiet or json)
    wanted = Asked(
        workload,
        items,
        worker_setup,
        check,
        executor,
        workers,
        tasks,
        tuple(set_),
        repeats,
        precision,
        budget,
        cold,
        seed,
        task_timeout,
        save_to,
    )
    if resume is not None:
        if out.resolve() not in (_OUT.resolve(), resume.parent.resolve()):
            raise UsageError(f"{resume} goes on where it is, not in {out}", "leave out --out")
        wanted, seed = asked(resume, wanted, pipeline.about(""))
    request = pipeline.Request(
        recipes=recipes(wanted, resumed=resume is not None),
        executors=wanted.executor,
        workers=wanted.workers,
        tasks=wanted.tasks,
        settings=[*wanted.set, *([f"flags.save_to={wanted.save_to}"] if wanted.save_to else [])],
        rule=_rule(wanted),
        cold=wanted.cold,
        seed=seed,
        out=resume.parent if resume is not None else out,
        plots=None if no_plots else plots,
        task_timeout_s=patience(wanted.task_timeout),
        fail_fast=fail_fast,
        asked=wanted,
        resume=resume,
    )
    with prints_to_stderr():
        if python:
            outcome = _elsewhere(request, python, screen)
        else:
            outcome = pipeline.run(request, lambda plan: Progress(screen, plan))
    if json:
        _print_json(outcome)
    else:
        _show(outcome, screen)
    if outcome.stopped:
        screen.error(outcome.stopped)
    return INTERRUPTED if outcome.interrupted else FAILED if outcome.failed else DONE


def _elsewhere(request: Request, pythons: Sequence[str], screen: Screen) -> Outcome:
    from poolbench.elsewhere.sweep import run as run_elsewhere

    if request.resume is not None:
        raise UsageError("a sweep under several interpreters cannot be gone on with", "leave out --resume or --python")
    return run_elsewhere(request, pythons, screen.note)


def _rule(wanted: Asked) -> Rule:
    from poolbench.measure.plan import rule
    from poolbench.units import fraction, seconds

    return rule(
        wanted.repeats,
        fraction(wanted.precision, "--precision") if wanted.precision else None,
        seconds(wanted.budget, "--budget") if wanted.budget else None,
    )


def _show(outcome: Outcome, screen: Screen) -> None:
    from poolbench.terminal import closing, table

    for summary in outcome.summaries:
        table.show(summary, screen, closing.about(summary))
    closing.show(outcome, screen)


def _print_json(outcome: Outcome) -> None:
    from poolbench.analysis.document import document
    from poolbench.measure.machine import this_machine

    machine = this_machine().as_dict()
    whole = document(outcome.summaries, machine, outcome.files, outcome.cautions)
    print_json(whole)
