"""interpreters: `concurrent.futures.InterpreterPoolExecutor`, threads that each have an interpreter of their own."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from multiprocessing.spawn import get_preparation_data, prepare
from typing import TYPE_CHECKING, Any

from poolbench.executors.base import SUBMISSIONS, Kind, plain_or_coroutine
from poolbench.executors.futures import FuturesPool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolbench.executors.base import Pool
    from poolbench.workloads.base import Workload

_NEEDED = ("sys_path", "init_main_from_name", "init_main_from_path")


def find_modules(found: dict[str, Any]) -> None:
    """A new interpreter knows neither what was added to `sys.path` nor the main script; as in a spawned process."""
    prepare(found)


def _open_pool(workload: Workload, workers: int, options: Mapping[str, str]) -> Pool:
    job: Any = plain_or_coroutine(KIND, workload, workers)
    executor: Any = import_module("concurrent.futures.interpreter").InterpreterPoolExecutor  # from Python 3.14 on
    found = {key: value for key, value in get_preparation_data("poolbench").items() if key in _NEEDED}
    make = partial(executor, workers, thread_name_prefix="poolbench", initializer=find_modules, initargs=(found,))
    return FuturesPool(make, job, workers, submission=options["submission"])


KIND = Kind(
    "interpreters",
    _open_pool,
    defaults={"submission": "map"},
    choices={"submission": SUBMISSIONS},
    elsewhere=True,
    start_s=0.02,
)
