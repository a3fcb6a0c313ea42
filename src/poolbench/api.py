"""poolbench from Python: sweep a function, load a sweep, look at either."""

from __future__ import annotations

import atexit
import csv
import shutil
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache, partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poolbench.calls import folder_of, listed, off_loop, recipe_of, settings_of
from poolbench.errors import CautionWarning, UsageError, refusal
from poolbench.results.columns import COLUMNS, to_row
from poolbench.results.load import read
from poolbench.units import positive, shown, some_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from poolbench.analysis.model import Summary
    from poolbench.calls import What
    from poolbench.pipeline import Outcome
    from poolbench.results.columns import Trial
    from poolbench.results.load import Recorded


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """A sweep: its rows, what they say, and its charts."""

    recorded: Recorded

    def __repr__(self) -> str:
        return f"<poolbench.Results of {len(self.recorded.rows)} trials in {self.path}>"

    @property
    def path(self) -> Path:
        """The CSV; the JSON and the spans lie beside it."""
        return self.recorded.path

    @property
    def trials(self) -> tuple[Trial, ...]:
        """A row each."""
        return self.recorded.trials

    @property
    def frame(self) -> pd.DataFrame:
        """The CSV as pandas reads it: one row a trial, times in seconds, rates in tasks per second.

        A last line that was cut short is left out, as everywhere.
        """
        import pandas as pd

        return pd.read_csv(self.recorded.path, nrows=len(self.recorded.rows))

    def summary(self) -> list[Summary]:
        """One for each workload with each of its parameters, under each interpreter on each machine."""
        from poolbench import gallery

        found = gallery.sheets_of(self.recorded.path, self.recorded.rows, self.recorded.about)
        return [summary for sheet in found for summary in sheet.summaries]

    def plot(self, folder: Path | str = "plots") -> list[Path]:
        """Draws the charts into `folder`, which is made; returns the files, PNG and SVG.

        UsageError for no rows, or for a folder that cannot be written.
        """
        from poolbench import gallery
        from poolbench.results.store import check_writable

        check_writable(Path(folder), "name another folder")
        return gallery.draw(gallery.sheets([self.recorded.path]), Path(folder))

    def _repr_html_(self) -> str:
        """For notebooks: verdict, chart and table of each workload."""
        from poolbench.report.notebook import shown

        return shown(self.summary())

    def to_csv(self, path: Path | str) -> None:
        """Writes the rows to `path`, whose folder is made. UsageError if that cannot be written."""
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with Path(path).open("w", encoding="utf-8", newline="") as file:
                rows = csv.writer(file, lineterminator="\n")
                rows.writerow(COLUMNS)
                rows.writerows(map(to_row, self.trials))
        except OSError as problem:
            raise UsageError(f"cannot write to {path} ({refusal(problem)})", "name another file") from None


def load(path: Path | str) -> Results:
    """Reads the CSV at `path`, which poolbench wrote. UsageError, with file and line, if it is something else."""
    if not isinstance(path, str | PathLike):
        raise UsageError(f"cannot load {shown(path)}", "give the path of a CSV that poolbench wrote")
    return Results(read(path))


def sweep(
    what: What,
    items: Iterable[Any] | Path = (),
    *,
    executors: str | Iterable[str] = "",
    workers: str | int | Iterable[int] = "",
    worker_setup: Callable[[], Any] | None = None,
    check: Callable[[Any, Any], Any] | None = None,
    tasks: int | None = None,
    repeats: int | None = None,
    precision: float | None = None,
    budget_s: float | None = None,
    cold: bool = False,
    task_timeout_s: float | None = None,
    seed: int | None = None,
    out: Path | str | None = None,
    name: str = "",
    **params: str,
) -> Results:
    """Runs `what` on every item, on every executor at every worker count, block after block, as `poolbench run` does.

    `what`: a function of one argument, plain or `async def`; or the name of a workload, with its `params` as
    `--set` takes them.
    `items`: any iterable of anything; a generator is run to its end first. Text and paths are read as `--items` is.
    `executors`, `workers`: as on the command line, or lists; without them, all executors that can run it, at counts
    that suit it. What can only not be pickled costs processes, with a warning, unless they were named.
    `worker_setup`: called without arguments once in each worker before its first task, outside the timing. `what`
    then takes what it gave as its second argument: `what(item, client)`. A context manager is entered and left by
    its worker; what has a `close` is closed. With an `async def` all of these may be coroutines.
    `check`: called as `check(item, value)` after the timing. A task has failed if it raises, is false, or returns a
    text, which is the reason; None is right. A trial in which any task failed has no throughput.
    `tasks`: of a workload in a batch. `repeats`, `precision` (0.03 for 3 %), `budget_s`: when to stop, one of them;
    without any, after a minute or ten blocks. `cold`: times a pool's start with its batch. `task_timeout_s`: a trial
    ends, and does not count, once a task has taken so long. `seed`: for the order inside blocks and a server's delays;
    recorded.
    `out`: folder for the CSV and the files beside it. Without it they lie in a temporary folder that goes when the
    interpreter ends; `Results.to_csv` and `Results.plot` keep what you want of them.
    `name`: what the results call a function, instead of `module:function`.

    Works on a running event loop too, which it blocks; an interrupt then counts when the running trial has ended.
    UsageError before the first trial for whatever cannot be done, after the last if none succeeded, and where it could
    not go on, as with a full disk: the rows so far are in `out`.
    CautionWarning for what may mislead. KeyboardInterrupt leaves the rows so far in `out`.
    """
    from poolbench import pipeline
    from poolbench.measure.plan import rule

    request = pipeline.Request(
        [recipe_of(what, items, worker_setup=worker_setup, check=check, name=name)],
        executors=listed(executors, "executors"),
        workers=listed(workers, "workers"),
        tasks=positive(tasks, "tasks"),
        settings=settings_of(params),
        rule=rule(repeats, precision, budget_s),
        cold=cold,
        task_timeout_s=some_time(task_timeout_s, "task_timeout_s"),
        seed=seed,
        out=_temporary() if out is None else folder_of(out),
        plots=None,
    )
    outcome = off_loop(partial(pipeline.run, request))
    return _found(outcome)


@cache
def _temporary() -> Path:
    folder = tempfile.mkdtemp(prefix="poolbench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _found(outcome: Outcome) -> Results:
    path = outcome.files[0]
    if outcome.interrupted:
        raise KeyboardInterrupt(f"{len(outcome.trials)} trials are in {path}")
    if outcome.stopped is not None:
        raise outcome.stopped
    failed = [each for each in outcome.trials if each.outcome != "ok"]
    if len(failed) == len(outcome.trials):
        name = outcome.trials[0].workload
        raise UsageError(f"no run of {name} succeeded ({failed[0].reason})", f"see the reasons in {path}")
    said = [f"{each.text}; {each.tip}" for each in outcome.cautions]
    said += [f"{len(failed)} of {len(outcome.trials)} trials failed: {failed[0].reason}"] if failed else []
    for text in said:
        warnings.warn(text, CautionWarning, stacklevel=3)
    return load(path)
