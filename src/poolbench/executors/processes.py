"""processes: `concurrent.futures.ProcessPoolExecutor`, by any start method that the system has."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from poolbench.executors import lifeline
from poolbench.executors.base import SUBMISSIONS, Kind, plain_or_coroutine, positive
from poolbench.executors.futures import FuturesPool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolbench.executors.base import Pool
    from poolbench.workloads.base import Workload


def _open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
    job: Any = plain_or_coroutine(KIND, workload, workers)
    context = multiprocessing.get_context(options["start"])
    make = partial(ProcessPoolExecutor, workers, context, lifeline.begin)
    chunksize = positive(options, "chunksize")
    return FuturesPool(make, job, workers, submission=options["submission"], chunksize=chunksize)


KIND = Kind(
    "processes",
    _open_pool,
    defaults={
        # The first is the default; asking for "the default" would fix it for the whole program.
        "start": multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0],
        "submission": "map",
        "chunksize": "1",
    },
    choices={"start": multiprocessing.get_all_start_methods(), "submission": SUBMISSIONS},
    numbers=("chunksize",),
    elsewhere=True,
)
