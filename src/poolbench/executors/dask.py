"""dask: worker processes of Dask, of a cluster here or of a running one on any machines.

Counts are swept by pinning: a pool of n workers uses the first n of the cluster, by address.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import cloudpickle

from poolbench.errors import UsageError
from poolbench.executors.base import SUBMISSIONS, Kind, describe, plain_or_coroutine, positive
from poolbench.executors.futures import FuturesPool
from poolbench.executors.worker import release, visit

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from poolbench.executors.base import Pool
    from poolbench.workloads.base import Workload

_START = "dask worker {} --nthreads 1 --nworkers 4"


class DaskPool(FuturesPool):
    """Reaches each worker by its address: none need be able to connect to us."""

    def _gather(self, errands: Sequence[Sequence[Any]], patience_s: float | None = None) -> list[Hashable]:
        executor: Any = self.executor
        calls = [partial(visit, self._parcel, items) for items in errands]
        with self._noting():
            workers: list[Hashable] = executor.each(calls, patience_s)
        return workers


class AttachedPool(DaskPool):
    """On a running cluster, whose workers outlive it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._far = True  # they may be: a cold trial collects results before it knows

    def close(self) -> None:
        """They give back what they were set up with."""
        if self._executor is not None:
            executor: Any = self._executor
            with suppress(Exception):  # a cluster that is gone has nothing left to give back
                executor.run_beside(release, self._parcel)
        super().close()


def _open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
    from poolbench.executors.dask_executor import DaskExecutor

    job: Any = plain_or_coroutine(KIND, workload, workers)
    address = options.get("address", "")
    pool = AttachedPool if address else DaskPool
    return pool(
        partial(DaskExecutor, address, workers),
        job,
        workers,
        submission=options["submission"],
        chunksize=positive(options, "chunksize"),
        dumps=cloudpickle.dumps,
    )


def _fit(kind: Kind, options: Mapping[str, str]) -> Kind:
    if "address" not in options:
        return kind
    return replace(kind, most_workers=_look(options["address"]), start_s=0.01)


@lru_cache
def _look(address: str) -> int:
    """How many workers the cluster has; UsageError for one that cannot be measured on."""
    from distributed import Client

    from poolbench.executors.dask_executor import CONNECT_S

    try:
        client = Client(address, set_as_default=False, timeout=CONNECT_S)
    except (OSError, ValueError) as problem:
        what = f"no Dask scheduler answers at {address} ({describe(problem)})"
        raise UsageError(what, "start one with: dask scheduler") from None
    with client:
        workers = client.scheduler_info(n_workers=-1)["workers"]
        _verify(address, [each["nthreads"] for each in workers.values()])
        try:
            found = client.run(version, "poolbench")
        except ModuleNotFoundError:
            raise UsageError("a Dask worker has no poolbench", "install it where the workers run") from None
    if {*found.values()} != {version("poolbench")}:
        raise UsageError(f"Dask workers have poolbench {', '.join(sorted({*found.values()}))}", "install one version")
    return len(workers)


def _verify(address: str, threads: Sequence[int]) -> None:
    if not threads:
        raise UsageError(f"the Dask cluster at {address} has no workers", "start some: " + _START.format(address))
    if max(threads) > 1:
        what = f"a Dask worker runs {max(threads)} tasks at once, and would count as one"
        raise UsageError(what, "start workers of one thread: " + _START.format(address))


KIND = Kind(
    "dask",
    _open_pool,
    defaults={"address": "", "submission": "map", "chunksize": "1"},
    choices={"submission": SUBMISSIONS},
    numbers=("chunksize",),
    elsewhere=True,
    start_s=0.5,
    hand_over_s=0.003,
    fit=_fit,
)
