"""processes: `concurrent.futures.ProcessPoolExecutor`, by any start method that the system has."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, process
from functools import partial
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.executors import lifeline
from poolbench.executors.base import SUBMISSIONS, Kind, plain_or_coroutine, positive
from poolbench.executors.futures import FuturesPool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolbench.executors.base import Pool
    from poolbench.workloads.base import Workload


def _open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
    job: Any = plain_or_coroutine(KIND, workload, workers)
    make = partial(
        ProcessPoolExecutor,
        workers,
        multiprocessing.get_context(options["start"]),
        lifeline.begin,
        max_tasks_per_child=positive(options, "max_tasks") if "max_tasks" in options else None,
    )
    chunksize = positive(options, "chunksize")
    return FuturesPool(make, job, workers, submission=options["submission"], chunksize=chunksize)


def _fit(kind: Kind, options: Mapping[str, str]) -> Kind:
    if "max_tasks" not in options:
        return kind
    if options["start"] == "fork":
        what = "a forked worker cannot be replaced after max_tasks"
        raise UsageError(what, "write processes:start=forkserver:max_tasks=1, or start=spawn")
    if options["max_tasks"] != "1" and not _replaces_workers():
        what = "this Python's ProcessPoolExecutor hangs when it should replace a worker (CPython issue 115634)"
        raise UsageError(what, "use max_tasks=1, or the newest release of Python 3.13 or later")
    return kind


def _replaces_workers() -> bool:
    """Whether a backlog of tasks outlives its workers; no version number tells, as the fix came in bugfix releases."""
    fixed = any(hasattr(each, "_replace_dead_worker") for each in (ProcessPoolExecutor, process._ExecutorManagerThread))  # noqa: SLF001
    return fixed or sys.version_info >= (3, 15)


KIND = Kind(
    "processes",
    _open_pool,
    defaults={
        # The first is the default; asking for "the default" would fix it for the whole program.
        "start": multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0],
        "submission": "map",
        "chunksize": "1",
        "max_tasks": "",
    },
    choices={"start": multiprocessing.get_all_start_methods(), "submission": SUBMISSIONS},
    numbers=("chunksize", "max_tasks"),
    elsewhere=True,
    start_s=0.012,
    fit=_fit,
)
