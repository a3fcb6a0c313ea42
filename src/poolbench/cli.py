"""The command line: reads what was typed, calls the pipeline, shows what came."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter

from poolbench import __version__
from poolbench.commands.asking import list_, machine, predict
from poolbench.commands.comparing import compare
from poolbench.commands.drawing import plot, report
from poolbench.commands.output import print_json, screen_for
from poolbench.commands.tuning import tune
from poolbench.commands.watching import watch
from poolbench.errors import CutShortError, UsageError
from poolbench.interrupts import handled
from poolbench.terminal.help import Columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.measure.plan import Rule
    from poolbench.pipeline import Outcome, Request
    from poolbench.resume import Asked
    from poolbench.terminal.screen import Screen

DONE, USAGE, FAILED, INTERRUPTED = 0, 2, 3, 130


app = App(
    name="poolbench",
    help="Threads, processes or asyncio? How many workers? Measured on this machine, with its confidence.",
    version=__version__,
    help_formatter=Columns(),
    help_format="plaintext",  # Markdown takes half of the time that --help takes
    default_parameter=Parameter(negative=(), show_default=False),
    suppress_keyboard_interrupt=False,  # `main` returns a status for it
)


@app.command
def run(
    *workload: str,
    items: str = "",
    worker_setup: str = "",
    check: str = "",
    executor: str = "",
    workers: str = "",
    tasks: int | None = None,
    set_: Annotated[list[str], Parameter(name="--set")] = [],  # noqa: B006  never changed
    repeats: int | None = None,
    precision: str = "",
    budget: str = "",
    cold: bool = False,
    python: list[str] = [],  # noqa: B006  never changed
    seed: int | None = None,
    task_timeout: str = "",
    fail_fast: bool = False,
    resume: Path | None = None,
    save_to: str = "",
    out: Path = Path("results"),
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
        Called with an item and its value after the timing, as module:function; a false answer is a failed task.
    executor
        A comma list of threads, processes and asyncio; options as processes:start=spawn. Two levels are
        processes:2/threads:16, or processes:1,2,4/threads:1..64 for all their products.
    workers
        Worker counts: 1,2,4,8 or 1..64 (doubling) or 1..64:8 (8 steps).
    tasks
        Tasks in a batch; without it, batches are sized so that every trial takes about as long.
    set_
        A parameter: key=value or workload.key=value, again and again; value1,value2 sweeps it.
    repeats
        Stop after so many blocks.
    precision
        Stop when every speed-up is known to this, such as 3%.
    budget
        Stop when this much time is up, such as 60s or 5m.
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
    )
    if resume is not None:
        wanted, seed = asked(resume, wanted)
    request = pipeline.Request(
        recipes=recipes(wanted),
        executors=wanted.executor,
        workers=wanted.workers,
        tasks=wanted.tasks,
        settings=[*wanted.set, *([f"flags.save_to={save_to}"] if save_to else [])],
        rule=_rule(wanted),
        cold=wanted.cold,
        seed=seed,
        out=resume.parent if resume is not None else out,
        plots=None if no_plots else plots,
        task_timeout_s=_patience(wanted),
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


def _patience(wanted: Asked) -> float | None:
    from poolbench.units import seconds

    found = seconds(wanted.task_timeout, "--task-timeout") if wanted.task_timeout else None
    if found == 0:
        raise UsageError("no task ends in no time", "give --task-timeout a time such as 30s")
    return found


@app.command
def serve(
    *,
    latency: str = "50ms",
    jitter: str = "0",
    error_rate: str = "0",
    concurrency: int = 0,
    bandwidth: float = 0.0,
    port: int = 8002,
    seed: int = 0,
) -> int:
    """Run the flag server on its own, on 127.0.0.1, until Ctrl-C.

    Parameters
    ----------
    latency
        Time before each answer; 50ms if not said.
    jitter
        At most this much more, drawn per item.
    error_rate
        Share of requests that fail, such as 20% or 0.2.
    concurrency
        Requests served at once; 0 for no limit.
    bandwidth
        Bytes per second, shared by all; 0 for no limit.
    port
        8002 if not said; 0 takes any that is free.
    seed
        For jitter and failures.
    """
    from poolbench.flagserver import ServerOptions
    from poolbench.flagserver.serving import serve_forever
    from poolbench.units import fraction, seconds

    options = ServerOptions(
        latency_s=seconds(latency, "--latency"),
        jitter_s=seconds(jitter, "--jitter"),
        error_rate=fraction(error_rate, "--error-rate", ends=True),
        concurrency=concurrency,
        bandwidth=bandwidth,
        seed=seed,
        port=port,
    )
    screen = screen_for("auto")
    serve_forever(options, lambda url: screen.out.print(f"{url}/cn/cn.gif and 19 more; Ctrl-C ends it"))
    return DONE


app.command(predict)
app.command(machine)
app.command(list_, name="list")
app.command(plot)
app.command(report)
app.command(compare)
app.command(tune)
app.command(watch)


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


def main(arguments: Sequence[str] | None = None) -> int:
    """The `poolbench` command; returns its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a pipe on Windows has no `→`
    try:
        with handled():
            status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as problem:
        _typed_wrong(problem)
        return USAGE
    except UsageError as problem:
        screen_for("auto").error(problem)
        return FAILED if isinstance(problem, CutShortError) else USAGE
    except BrokenPipeError:  # whoever reads has enough
        sys.stdout = sys.stderr
        return FAILED
    except OSError as problem:
        where = f" {problem.filename}" if problem.filename else ""
        what = f"the system refuses{where} ({(problem.strerror or str(problem)).lower()})"
        screen_for("auto").error(UsageError(what, "make room there, or name another place"))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return status if isinstance(status, int) else DONE


def _typed_wrong(problem: CycloptsError) -> None:
    """In two lines, like all other errors."""
    what, _, hint = str(problem).strip().partition("Did you mean")
    tip = f"did you mean{hint}".replace('"', "") if hint else "poolbench --help, or poolbench COMMAND --help"
    what = " ".join(what.split())
    screen_for("auto").error(UsageError(what[0].lower() + what[1:].rstrip("."), tip))
