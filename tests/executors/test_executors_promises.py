"""The contract that is shipped, for every executor that is here."""

from __future__ import annotations

import multiprocessing

import own_pools
import pytest

from poolbench import executors
from poolbench.errors import UsageError
from poolbench.testing import ExecutorContract, check, contract, leftovers


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
        "processes:2/threads",
        "processes:2/asyncio",
        "own_pools:handed",
        *filter(here, ("interpreters", "loky", "dask")),
    )


def test_an_executor_that_keeps_no_promise_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "_PATIENCE_S", 0.1)
    try:
        with pytest.raises(AssertionError):
            check("own_pools:leaky")
        left = contract.life("own_pools:leaky:submission=map").left
    finally:
        for threads in own_pools.KEPT:
            threads.shutdown()
    assert len(left.threads) == contract.WORKERS
    assert not left.processes


def test_the_contract_needs_no_pytest() -> None:
    check("own_pools:handed")
