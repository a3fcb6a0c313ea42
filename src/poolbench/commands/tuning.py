"""`poolbench tune`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from poolbench.commands.typed import Whole  # noqa: TC001  cyclopts reads the annotations
from poolbench.errors import CutShortError, UsageError
from poolbench.statuses import DONE, FAILED, INCONCLUSIVE, INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.terminal.screen import Screen
    from poolbench.tuning.outcome import Outcome


def tune(
    workload: str = "",
    *,
    items: str = "",
    worker_setup: str = "",
    check: str = "",
    executor: str = "",
    max_workers: Whole | None = None,
    tasks: Whole | None = None,
    set_: Annotated[list[str], Parameter(name="--set")] = [],  # noqa: B006  never changed
    tolerance: str = "5%",
    confidence: str = "80%",
    budget: str = "",
    seed: Whole | None = None,
    task_timeout: str = "",
    out: Path = Path("results"),
    plots: Path = Path("plots"),
    no_plots: bool = False,
    forget: bool = False,
    json: bool = False,
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"))] = False,
    color: str = "auto",
) -> int:
    """Find how many workers, of which executor, and remember it.

    A conclusive answer is kept in this machine's profile. Ends with 4 if the runs do not settle it: what is known is
    shown, and what would settle it.

    Parameters
    ----------
    workload
        flags, loiter, primes, or your own module:function or file.py:function.
    items
        Items for a function of your own: a file (one a line), range(100) or module:iterable.
    worker_setup
        Called once in each worker, as module:function; a function of your own is then called with an item and this.
    check
        Called with an item and its value after the timing, as module:function; false is a failed task, None is not.
    executor
        A comma list of those to race; of threads, processes and asyncio those that can run it if not said.
    max_workers
        Look no further than this; 64 if not said, 8 a core for processes.
    tasks
        Tune a job of so many tasks; without it, batches are sized so that every trial takes about as long.
    set_
        A parameter: key=value, again and again.
    tolerance
        Fewer workers win if they lose no more than this; 5% if not said.
    confidence
        How sure to be that the answer is within the tolerance of the best; 80% if not said.
    budget
        Begin no run after this time; 90s if not said.
    seed
        For the search and the server's delays.
    task_timeout
        A run in which a task takes longer is ended and does not count, such as 30s; flags have 3 timeouts if not said.
    out
        Folder for the CSV and the files beside it; results if not said.
    plots
        Folder for the chart; plots if not said.
    no_plots
        Draw nothing.
    forget
        Remove a workload from this machine's profile, only as --set says if it does, or everything if none is named.
    json
        Print one JSON document in place of the table.
    quiet
        Print the sentence only.
    color
        auto (if not said), always or never.
    """
    from poolbench import workloads
    from poolbench.commands.output import print_json, screen_for
    from poolbench.terminal import evidence
    from poolbench.terminal.screen import prints_to_stderr
    from poolbench.tuning import tune as tuning
    from poolbench.units import fraction, patience, positive, seconds

    screen = screen_for(color, quiet=quiet or json)
    if forget:
        if any((items, worker_setup, check, executor, max_workers, tasks, budget, task_timeout)) or seed is not None:
            raise UsageError("--forget takes a workload and its --set, no other option", "leave the others out")
        return _forget(workload, set_, screen)
    if not workload:
        raise UsageError("a tune needs a workload", "poolbench tune flags, or your own as module:function --items FILE")
    request = tuning.Request(
        workloads.recipe(workload, items, worker_setup, check),
        executors=executor,
        most_workers=positive(max_workers, "--max-workers"),
        tasks=positive(tasks, "--tasks"),
        settings=tuple(set_),
        tolerance=fraction(tolerance, "--tolerance"),
        confidence=fraction(confidence, "--confidence"),
        budget_s=seconds(budget, "--budget") if budget else tuning.DEFAULT_BUDGET_S,
        seed=seed,
        task_timeout_s=patience(task_timeout),
        out=out,
        plots=None if no_plots else plots,
    )
    with prints_to_stderr():
        outcome = tuning.run(request, lambda start: evidence.Search(screen, start))
    stored, problem = _stored(outcome)
    if json:
        print_json(_document(outcome))
    else:
        evidence.show(outcome, stored, screen)
    if problem := problem or outcome.stopped:
        raise problem
    return _status(outcome)


def _stored(outcome: Outcome) -> tuple[Path | None, UsageError | None]:
    """Where the answer is kept. What it could not be kept for is told after it is shown: it is worth more."""
    from poolbench.tuning import tune as tuning

    try:
        return tuning.remember(outcome), None
    except UsageError as problem:
        return None, CutShortError(problem.message, problem.tip)


def _status(outcome: Outcome) -> int:
    if outcome.interrupted:
        return INTERRUPTED
    if outcome.recommendation is None:
        return FAILED if outcome.trials else INCONCLUSIVE
    return DONE if outcome.recommendation.conclusive else INCONCLUSIVE


def _forget(workload: str, settings: Sequence[str], screen: Screen) -> int:
    from poolbench.tuning import profile

    if settings and (not workload or ":" in workload):
        what = f"{workload} has no parameters" if workload else "no workload is named"
        raise UsageError(f"{what}, so --set says nothing", "leave it out, or name the workload whose answers may go")
    if not workload and (aside := profile.put_aside()):
        screen.out.print(f"the profile could not be read, and is now {aside}", soft_wrap=True)
        return DONE
    name = _known_name(workload)
    count = sum(profile.forget(name, params) for params in _variants(workload, settings))
    screen.out.print(f"forgot {count} {'answer' if count == 1 else 'answers'}")
    return DONE


def _known_name(workload: str) -> str:
    """As the profile has it: also of a function that is no longer there."""
    from poolbench import workloads
    from poolbench.tuning import profile
    from poolbench.workloads.subject import name_of
    from poolbench.workloads.target import module_name, resolve

    names = {"", *(each.workload for each in profile.entries())}
    if workload in names:
        return workload
    if ":" not in workload:
        return workloads.recipe(workload).name
    return found if (found := module_name(workload)) in names else name_of(resolve(workload))


def _variants(workload: str, settings: Sequence[str]) -> list[dict[str, str]]:
    """What `settings` say of the parameters, once for each combination of several values."""
    from poolbench import workloads

    if not settings:
        return [{}]
    keys = {setting.partition("=")[0].rpartition(".")[2] for setting in settings}
    found = workloads.variants([workloads.recipe(workload)], settings, 0)
    for key in sorted(keys.difference(*(each.params for _, each in found))):
        raise UsageError(f"{key} tells no answers of {workload} apart", "leave it out")
    return [{key: each.params[key] for key in keys} for _, each in found]


def _document(outcome: Outcome) -> dict[str, Any]:
    from poolbench.measure.machine import this_machine
    from poolbench.tuning.document import document

    return document(outcome, this_machine().as_dict())
