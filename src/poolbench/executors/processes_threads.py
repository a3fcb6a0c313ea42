"""processes/threads: so many processes with so many threads in each. `processes:2/threads:16` has 32 workers."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import SUBMISSIONS, Kind, plain_or_coroutine, positive
from poolbench.executors.futures import FuturesPool
from poolbench.executors.processes import KIND as PROCESSES
from poolbench.measure.machine import usable_cores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolbench.executors.base import Batch, Pool
    from poolbench.workloads.base import Workload


class HostsPool(FuturesPool):
    """Its processes count their own CPU, threads that read and write included."""

    def run(self, items: Sequence[Any]) -> Batch:
        """As in `FuturesPool`."""
        executor: Any = self.executor
        before = executor.cpu_s
        batch = super().run(items)
        return replace(batch, cpu_elsewhere_s=executor.cpu_s - before)


def two_levels(inner: str, *, asynchronous: bool) -> Kind:
    """The kind with processes outside and `inner` inside."""

    def open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
        from poolbench.executors.hosts import HostsExecutor  # and with it asyncio, for whoever only lists kinds

        processes = positive(options, "processes")
        job: Any = plain_or_coroutine(kind, workload, max(1, workers // processes))
        context = multiprocessing.get_context(options["start"])
        make = partial(HostsExecutor, processes, workers, inner, context)
        return HostsPool(make, job, workers, submission=options["submission"], awaited=asynchronous)

    kind = Kind(
        f"processes/{inner}",
        open_pool,
        defaults={"processes": str(usable_cores()), "start": PROCESSES.defaults["start"], "submission": "map"},
        choices={"start": PROCESSES.choices["start"], "submission": SUBMISSIONS},
        numbers=("processes",),
        asynchronous=asynchronous,
        elsewhere=True,
        outer="processes",
    )
    return kind


KIND = two_levels("threads", asynchronous=False)
