"""threads: `concurrent.futures.ThreadPoolExecutor`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import SUBMISSIONS, Kind, plain_or_coroutine
from poolbench.executors.futures import FuturesPool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolbench.executors.base import Pool
    from poolbench.workloads.base import Workload


def _open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
    job: Any = plain_or_coroutine(KIND, workload, workers)
    make = partial(ThreadPoolExecutor, max_workers=workers, thread_name_prefix="poolbench")
    return FuturesPool(make, job, workers, submission=options["submission"])


KIND = Kind(
    "threads",
    _open_pool,
    defaults={"submission": "map"},
    choices={"submission": SUBMISSIONS},
    shares_interpreter=True,
)
