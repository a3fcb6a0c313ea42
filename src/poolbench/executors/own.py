"""An `Executor` of one's own: any function from a number of workers to a `concurrent.futures.Executor`."""

from __future__ import annotations

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from poolbench.errors import UsageError
from poolbench.executors.base import SUBMISSIONS, Kind, describe, plain_or_coroutine, positive
from poolbench.executors.futures import FuturesPool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poolbench.executors.base import Pool
    from poolbench.workloads.base import Workload

    Factory = Callable[[int], Executor]


def own_kind(name: str, factory: Any) -> Kind:
    """A kind of the executors that `factory` makes; UsageError if it cannot be called."""
    if not callable(factory):
        raise UsageError(f"executor {name} is not a function", "name one that takes the number of workers")

    def open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
        job: Any = plain_or_coroutine(kind, workload, workers)
        make, size = partial(factory, workers), positive(options, "chunksize")
        return FuturesPool(make, job, workers, submission=options["submission"], chunksize=size)

    kind = Kind(
        name,
        open_pool,
        defaults={"submission": "map", "chunksize": "1"},
        choices={"submission": SUBMISSIONS},
        numbers=("chunksize",),
        start_s=0.012,
        fit=partial(_fit, factory),
    )
    return kind


def _fit(factory: Factory, kind: Kind, options: Mapping[str, str]) -> Kind:
    """What its workers are is found by asking one of them, before anything is planned."""
    del options
    try:
        elsewhere, threads = _ask(factory(1))
    except Exception as problem:  # noqa: BLE001  the user's own code runs here
        what = f"executor {kind.name} cannot be used ({describe(problem)})"
        raise UsageError(what, "it is called with the number of workers and gives an Executor") from None
    return replace(kind, elsewhere=elsewhere, shares_interpreter=threads)


def _ask(executor: Any) -> tuple[bool, bool]:
    """Whether its one worker is in another process, and whether it is a plain thread."""
    if not isinstance(executor, Executor):
        raise TypeError(f"it gave {type(executor).__name__}, not a concurrent.futures.Executor")
    with executor:
        elsewhere = executor.submit(os.getpid).result() != os.getpid()
    return elsewhere, type(executor) is ThreadPoolExecutor
