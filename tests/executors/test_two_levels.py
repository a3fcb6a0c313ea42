"""Two levels of workers: how they are asked for, and the executor on its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError
from typing import Any

import psutil
import pytest

from poolbench.errors import UsageError
from poolbench.executors import strategies, strategy
from poolbench.executors.hosts import HostsExecutor, spread
from poolbench.measure.cells import Cell, Place
from poolbench.measure.machine import usable_cores
from poolbench.measure.trial import run_trial
from poolbench.workloads.loiter import DEFAULTS, LoiterWorkload


def asked(text: str) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(each.kind.name, each.options.get("processes", ""), each.counts) for each in strategies(text)]


def test_a_product_of_two_counts() -> None:
    assert asked("processes:2/threads:16") == [("processes/threads", "2", (32,))]
    assert asked("processes:2/asyncio:64") == [("processes/asyncio", "2", (128,))]


def test_lists_of_counts_on_both_levels_beside_other_executors() -> None:
    assert asked("threads,processes:1,2,4/threads:1..8,12,asyncio") == [
        ("threads", "", ()),
        ("processes/threads", "1", (1, 2, 4, 8, 12)),
        ("processes/threads", "2", (2, 4, 8, 16, 24)),
        ("processes/threads", "4", (4, 8, 16, 32, 48)),
        ("asyncio", "", ()),
    ]
    assert asked("processes:1..4:2/threads:1..64:3")[0][2] == (1, 8, 64)


def test_without_counts_there_is_a_process_a_core_and_the_workers_are_those_asked_for() -> None:
    assert asked("processes/threads") == [("processes/threads", str(usable_cores()), ())]
    assert asked("processes:3/threads") == [("processes/threads", "3", ())]
    assert strategy("processes/threads:processes=3") == strategy("processes:3/threads")


def test_options_stand_on_either_side() -> None:
    found = strategy("processes:2:start=spawn/threads:4:submission=as_completed")
    assert found.options == {"processes": "2", "start": "spawn", "submission": "as_completed"}
    assert (found.counts, found.step) == ((8,), 2)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("threads:2/asyncio:4", "no two levels threads/asyncio"),
        ("processes:2/processes:4", "no two levels processes/processes"),
        ("processes:2/threads:0", "cannot use --executor processes:2/threads:0"),
        ("processes:x/threads:4", "cannot read --executor processes:x/threads:4"),
        ("processes:2/threads4", "no two levels processes/threads4"),
        ("processes:64/threads:1024", "processes:64/threads:1024 has 65536 workers"),
        ("processes:2/threads:4:chunksize=3", "no option of processes/threads is called chunksize"),
    ],
)
def test_what_cannot_be_read_says_so(text: str, what: str) -> None:
    with pytest.raises(UsageError) as error:
        strategies(text)
    assert what.split()[0] in error.value.message
    assert error.value.tip


def test_one_executor_is_one_number_of_processes() -> None:
    with pytest.raises(UsageError, match="2 executors"):
        strategy("processes:1,2/threads:4")


def test_workers_are_spread_evenly() -> None:
    assert spread(32, 2) == [16, 16]
    assert spread(5, 2) == [3, 2]
    assert spread(1, 4) == [1]


def identity() -> int:
    time.sleep(0.02)
    return os.getpid()


async def square(number: int) -> int:
    await asyncio.sleep(0)
    return number * number


class Explosive:
    """Cannot be unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return explode, ()


def explode() -> None:
    raise ValueError("boom")


@pytest.fixture
def pool() -> Iterator[HostsExecutor]:
    with HostsExecutor(2, 4) as executor:
        yield executor


def test_all_processes_take_part(pool: HostsExecutor) -> None:
    found = [pool.submit(identity) for _ in range(8)]
    pids = {each.result() for each in found}
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_cpu_of_the_processes_is_known(pool: HostsExecutor) -> None:
    list(pool.map(sum, [range(100_000)] * 20))
    assert pool.cpu_s > 0


def test_map_keeps_the_order_and_raises_at_the_index(pool: HostsExecutor) -> None:
    assert list(pool.map(abs, range(-100, 0))) == list(range(100, 0, -1))
    results = pool.map(int, ["1", "two", "3"])
    assert next(results) == 1
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_what_cannot_be_pickled_fails_alone(pool: HostsExecutor) -> None:
    there, back = pool.submit(abs, Explosive()), pool.submit(explode.__class__, explode.__code__, {})
    lost = pool.submit(lambda: 0)
    assert isinstance(there.exception(), ValueError)
    assert back.exception() is not None
    assert "pickle" in str(lost.exception()).lower()
    assert pool.submit(abs, -2).result() == 2


def test_keywords_are_taken_along(pool: HostsExecutor) -> None:
    assert pool.submit(int, "10", base=2).result() == 2


def test_no_pool_of_nothing() -> None:
    with pytest.raises(ValueError, match="no pool"):
        HostsExecutor(0, 4)


def test_coroutine_functions_and_plain_ones() -> None:
    with HostsExecutor(2, 6, "asyncio") as executor:
        assert [each.result() for each in [executor.submit(square, n) for n in range(20)]] == [n * n for n in range(20)]
        assert executor.submit(abs, -3).result() == 3


def test_after_shutdown_nothing_is_taken() -> None:
    executor = HostsExecutor(1, 1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(abs, 1)
    executor.shutdown()


def test_shutdown_can_cancel_what_waits() -> None:
    executor = HostsExecutor(1, 1)
    futures = [executor.submit(time.sleep, 0.05) for _ in range(50)]
    futures[0].result()
    executor.shutdown(cancel_futures=True)
    assert futures[-1].cancelled()
    with pytest.raises(CancelledError):
        futures[-1].result()
    assert all(each.done() for each in futures)


def test_a_call_cancelled_while_it_waits_never_runs(pool: HostsExecutor) -> None:
    held = [pool.submit(time.sleep, 0.1) for _ in range(4)]
    late = pool.submit(abs, -1)
    assert late.cancel()
    assert all(each.result() is None for each in held)
    assert pool.submit(abs, -1).result() == 1


def test_a_process_that_dies_breaks_the_pool_and_takes_the_others_along() -> None:
    executor = HostsExecutor(2, 4)
    others = [executor.submit(time.sleep, 60) for _ in range(3)]
    executor.submit(os._exit, 3)
    for each in others:
        with pytest.raises(BrokenExecutor, match="exit code 3"):
            each.result(timeout=20)
    executor.shutdown()
    with pytest.raises((BrokenExecutor, RuntimeError)):
        executor.submit(abs, 1)


def test_its_processes_end_with_their_parent(tmp_path: Any) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent(
            """
            import os, time
            from poolbench.executors.hosts import HostsExecutor
            if __name__ == "__main__":
                executor = HostsExecutor(2, 2)
                print(*{each.result() for each in [executor.submit(os.getpid) for _ in range(40)]},
                      *(host.process.pid for host in executor._hosts), flush=True)
                time.sleep(60)
            """
        )
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = {int(each) for each in parent.stdout.readline().split()}
        parent.send_signal(signal.SIGKILL)
    left = [each for each in psutil.process_iter() if each.pid in pids]
    assert not psutil.wait_procs(left, timeout=20)[1]


@pytest.mark.parametrize("inner", ["threads", "asyncio"])
def test_a_trial_says_which_processes_and_knows_their_cpu(inner: str) -> None:
    chosen = strategy(f"processes:2/{inner}:3")
    workload = LoiterWorkload({**DEFAULTS, "unit": "1ms"})
    row, spans, _ = run_trial(Cell(workload, chosen, 6, 12), Place())
    assert (row.executor, row.workers, row.outcome) == (f"processes/{inner}", 6, "ok")
    assert "processes=2" in row.options.split(";")
    assert row.cpu_s is not None
    assert row.cpu_s > 0
    assert {span.worker for span in spans} <= set(range(6))
