"""The contract that is shipped, for every executor that is here."""

from __future__ import annotations

import multiprocessing

from poolbench import executors
from poolbench.errors import UsageError
from poolbench.testing import ExecutorContract


def here(name: str) -> bool:
    try:
        executors.kind(name)
    except UsageError:
        return False
    return True


class TestPromises(ExecutorContract):
    executors = (
        "sequential",
        "threads",
        "asyncio",
        *(f"processes:start={start}" for start in multiprocessing.get_all_start_methods()),
        "processes:chunksize=3",
        "own_pools:handed",
        *filter(here, ("interpreters", "loky", "dask")),
    )
