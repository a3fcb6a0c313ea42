"""loky: `loky.ProcessPoolExecutor`, worker processes that also take functions of the main script.

A fresh one each time, not `get_reusable_executor`: its workers would be those of the trial before.
"""

from __future__ import annotations

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
    import cloudpickle
    from loky import ProcessPoolExecutor

    job: Any = plain_or_coroutine(KIND, workload, workers)
    make = partial(ProcessPoolExecutor, workers, initializer=lifeline.begin)
    chunksize = positive(options, "chunksize")
    submission = options["submission"]
    return FuturesPool(make, job, workers, submission=submission, chunksize=chunksize, dumps=cloudpickle.dumps)


KIND = Kind(
    "loky",
    _open_pool,
    defaults={"submission": "map", "chunksize": "1"},
    choices={"submission": SUBMISSIONS},
    numbers=("chunksize",),
    elsewhere=True,
    start_s=0.1,
)
