"""Tasks that hang, print, move, and leave things behind: their trial says so, and the next one is as it should be."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from poolbench.cli import main
from poolbench.errors import CutShortError, UsageError
from poolbench.executors import ending, patience, strategy
from poolbench.flagserver import FlagServer, ServerOptions, serving
from poolbench.measure import machine, surroundings
from poolbench.measure.cells import Cell, Place
from poolbench.measure.pilot import pilot
from poolbench.measure.trial import run_trial
from poolbench.pipeline import Request
from poolbench.pipeline import run as run_sweep
from poolbench.results import files
from poolbench.results.columns import Trial
from poolbench.results.load import read
from poolbench.results.store import Store
from poolbench.workloads import recipe
from poolbench.workloads.own import OwnWorkload
from poolbench.workloads.preflight import preflight
from sweep_rows import trial

posix = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
PROCESSES = ["processes:start=fork", "processes:start=fork:submission=as_completed:chunksize=2"]


def endless(item: int) -> int:
    while item == 3:
        pass
    return item


def blocked(item: int) -> int:
    if item == 3:
        _gate.wait(60)
    return item


_gate = threading.Event()


async def endless_coroutine(item: int) -> int:
    return endless(item)


async def blocked_coroutine(item: int) -> int:
    if item == 3:
        await asyncio.Event().wait()
    return item


def one(way: str, function: Any, patience_s: float | None = 0.2) -> Trial:
    workload = OwnWorkload("mine", function, list(range(6)))
    return run_trial(Cell(workload, strategy(way), 2, 6), Place(), patience_s=patience_s)[0]


@posix
@pytest.mark.parametrize("way", ["sequential", "threads", "threads:submission=as_completed", *PROCESSES])
def test_an_endless_task_ends_its_trial_alone(way):
    found = one(way, endless)
    assert (found.outcome, found.throughput_per_s) == ("timeout", None)
    assert found.reason.startswith("a task took longer than ")
    assert ending.stuck() == []
    assert one(way, abs, 60.0).outcome == "ok"


@posix
@pytest.mark.parametrize("function", [endless_coroutine, blocked_coroutine])
def test_an_endless_coroutine_ends_its_trial_alone(function):
    found = one("asyncio", function)
    assert (found.outcome, found.reason) == ("timeout", "a task took longer than 200ms")


def test_a_thread_that_waits_in_a_call_is_known_to_be_left(monkeypatch):
    if sys.gettrace():
        pytest.skip("a tracer wakes the thread, which then hears that it should end")
    monkeypatch.setattr(ending, "_GRACE_S", 0.1)
    try:
        found = one("threads", blocked)
        assert found.outcome == "timeout"
        # The other one has ended, or is about to.
        assert re.fullmatch(r"a task took longer than 200ms; [12] of its threads cannot be ended", found.reason)
        assert ending.stuck()
        assert not ending.spinning()
    finally:
        _gate.set()
    for each in ending.stuck():
        each.join(10)
    assert ending.stuck() == []


def slow_to_start() -> int:
    time.sleep(0.5)
    return 0


def with_start(item: int, start: int) -> int:
    return endless(item) + start


async def with_start_coroutine(item: int, start: int) -> int:
    return with_start(item, start)


@posix
@pytest.mark.parametrize("way", ["sequential", "threads", "threads:submission=as_completed", "asyncio", *PROCESSES])
def test_a_workers_start_is_no_part_of_a_task(way):
    function = with_start_coroutine if way == "asyncio" else with_start
    workload = OwnWorkload("mine", function, [0, 1, 2, 4], worker_setup=slow_to_start)
    row, _, _ = run_trial(Cell(workload, strategy(way), 2, 4), Place(), cold=True, patience_s=0.1)
    assert (row.outcome, row.reason) == ("ok", "")


def endless_start() -> int:
    while True:
        pass


async def blocked_start() -> int:
    await asyncio.Event().wait()
    return 0


@posix
@pytest.mark.parametrize("cold", [False, True])
@pytest.mark.parametrize(
    ("way", "start", "function"),
    [
        ("sequential", endless_start, with_start),
        ("asyncio", endless_start, with_start_coroutine),
        ("asyncio", blocked_start, with_start_coroutine),
    ],
)
def test_an_endless_set_up_ends_its_trial_alone(way, start, function, cold, monkeypatch):
    monkeypatch.setattr(patience, "START_S", 0.2)
    workload = OwnWorkload("mine", function, [0, 1, 2, 4], worker_setup=start)
    row, _, _ = run_trial(Cell(workload, strategy(way), 2, 4), Place(), cold=cold)
    assert (row.outcome, row.reason) == ("timeout", "a worker's set-up took longer than 200ms")
    assert one("sequential", abs, None).outcome == "ok"


@posix
def test_a_set_up_that_never_ends_is_told_before_the_first_run(monkeypatch):
    monkeypatch.setattr(patience, "START_S", 0.2)
    with pytest.raises(UsageError, match=r"cannot be set up \(.*a worker's set-up took longer than 200ms\)"):
        pilot(OwnWorkload("mine", with_start, [0], worker_setup=endless_start))


class Stubborn:
    def close(self) -> None:
        endless_start()


async def with_stubborn(item: int, client: Stubborn) -> int:
    del client
    return item


def with_stubborn_too(item: int, client: Stubborn) -> int:
    del client
    return item


@posix
@pytest.mark.parametrize(("way", "function"), [("sequential", with_stubborn_too), ("asyncio", with_stubborn)])
def test_what_will_not_be_given_back_ends_its_trial_alone(way, function, monkeypatch):
    monkeypatch.setattr(patience, "START_S", 0.2)
    workload = OwnWorkload("mine", function, [0, 1, 2, 4], worker_setup=Stubborn)
    row, _, _ = run_trial(Cell(workload, strategy(way), 2, 4), Place())
    assert (row.outcome, row.reason) == ("timeout", "a worker's close took longer than 200ms")


@posix
@pytest.mark.parametrize("way", ["sequential", "threads", *PROCESSES])
def test_an_endless_task_ends_a_cold_trial_too(way):
    cell = Cell(OwnWorkload("mine", endless, list(range(6))), strategy(way), 2, 6)
    row, _, _ = run_trial(cell, Place(), cold=True, patience_s=0.2)
    assert (row.outcome, row.throughput_per_s) == ("timeout", None)


def deaf_or_dead(item: tuple[str, Path]) -> None:
    what, folder = item
    if what == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / "deaf").touch()
        time.sleep(20)
        (folder / "outlived").touch()
    while not (folder / "deaf").exists():
        time.sleep(0.001)
    os._exit(3)


@posix
@pytest.mark.parametrize("way", PROCESSES[:1])
def test_a_worker_that_is_deaf_does_not_hold_up_a_broken_pool(way, tmp_path):
    items = [("deaf", tmp_path), ("dead", tmp_path)]
    cell = Cell(OwnWorkload("mine", deaf_or_dead, items), strategy(way), 2, 2)
    assert run_trial(cell, Place())[0].outcome == "crashed"
    assert not (tmp_path / "outlived").exists()


def leaves_a_thread(item: tuple[int, Path]) -> int:
    if item[0] == 3:
        threading.Thread(target=outlive, args=(item[1],)).start()
    return item[0]


def leaves_a_process(item: tuple[int, Path]) -> int:
    if item[0] == 3:
        multiprocessing.get_context("fork").Process(target=outlive, args=(item[1],)).start()
    return item[0]


def outlive(folder: Path) -> None:
    time.sleep(20)
    (folder / "outlived").touch()


@posix
@pytest.mark.parametrize(
    ("function", "way"),
    [*((leaves_a_thread, way) for way in (PROCESSES[0], "processes:2/threads:1")), (leaves_a_process, PROCESSES[0])],
)
def test_a_worker_does_not_wait_for_what_tasks_left_in_it(function, way, tmp_path):
    workload = OwnWorkload("mine", function, [(number, tmp_path) for number in range(6)])
    assert run_trial(Cell(workload, strategy(way), 2, 6), Place())[0].outcome == "ok"
    assert not (tmp_path / "outlived").exists()


@posix
def test_a_pilot_that_meets_an_endless_task_leaves_it_to_the_trials():
    assert pilot(OwnWorkload("mine", endless, [3]), 0.1).task_s == 0.1


def wanderer(item: int) -> int:
    os.chdir("/")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return item


def test_folder_and_handlers_are_put_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    assert one("sequential", wanderer).outcome == "ok"
    assert Path.cwd() == tmp_path
    assert signal.getsignal(signal.SIGTERM) == before


def alarmed(item: int) -> int:
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 600)
    return item


@posix
@pytest.mark.parametrize("patience_s", [None, 60.0])
def test_an_alarm_that_a_task_leaves_rings_for_nobody(patience_s):
    assert one("sequential", alarmed, patience_s).outcome == "ok"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@posix
def test_an_alarm_of_the_caller_is_left_to_him():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
    signal.setitimer(signal.ITIMER_REAL, 600)
    try:
        assert one("sequential", abs, 60.0).outcome == "ok"
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
        signal.raise_signal(signal.SIGALRM)
        assert heard == [1]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


FORKS = """
import os

def forks(item):
    if item == 3:
        os.fork()  # and the child goes on
    return item

async def forks_async(item):
    return forks(item)
"""


@posix
@pytest.mark.parametrize(
    ("job", "ways"),
    [
        ("forks", "threads"),
        ("forks", "processes:start=fork"),
        ("forks", "processes:start=spawn"),
        ("forks", "processes:2/threads:1"),
        ("forks_async", "asyncio"),
    ],
)
def test_a_child_that_a_task_forgets_does_not_go_on(job, ways, tmp_path):
    (tmp_path / "their_forks.py").write_text(FORKS)
    more = "--items range(6) --workers 2 --repeats 2 --no-plots --out out -q"
    line = f"run their_forks.py:{job} --executor {ways} {more}"
    command = [sys.executable, "-m", "poolbench", *line.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    [path] = (tmp_path / "out").glob("*.csv")
    found = [(each.block, each.position, each.outcome) for each in read(path).trials]
    assert found == [(block, position, "ok") for block in range(2) for position in range(2)], done.stderr
    assert "Traceback" not in done.stderr


def exits(item: int) -> int:
    if item == 3:
        os._exit(4)
    return item


@pytest.mark.parametrize("way", ["sequential", "threads"])
def test_a_task_does_not_end_poolbench(way):
    leave = os._exit
    found = one(way, exits)
    assert (found.outcome, found.reason) == ("failed", "1 of 6 tasks: SystemExit: os._exit(4)")
    assert os._exit is leave


@posix
def test_processes_that_tasks_leave_are_ended_and_told_once():
    def leaves(item: int) -> int:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        return child

    workload = OwnWorkload("mine", leaves, [1])
    cell = Cell(workload, strategy("sequential"), 1, 1)
    for _ in range(2):
        row, _, [child] = run_trial(cell, Place())
        assert row.outcome == "ok"
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    [said] = workload.cautions
    assert said.text.startswith("tasks of mine leave processes running")


def test_a_machine_that_slept_did_not_measure(monkeypatch):
    naps = iter([0.0, 12.0])
    monkeypatch.setattr(surroundings, "asleep_s", lambda: next(naps))
    found = one("sequential", abs)
    assert (found.outcome, found.reason, found.throughput_per_s) == ("skipped", "the machine slept for 12 s", None)


LOUD = """
import os

def shouts(item):
    print("from a task")
    os.write(1, b"from below\\n")
    if item == 3:
        raise ValueError("three")
    return item
"""


@pytest.fixture
def loud(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    Path("their_loud.py").write_text(LOUD)
    yield "run their_loud.py:shouts --items range(5) --executor threads,processes --workers 2 --repeats 2 --no-plots"
    sys.modules.pop("their_loud", None)


def test_what_tasks_print_is_not_in_the_result(loud, capfd):
    assert main([*loud.split(), "-q"]) == 3
    out, err = capfd.readouterr()
    assert "from" not in out
    assert "from a task" in err
    assert "from below" in err


def test_the_first_failure_ends_a_sweep_that_shall_fail_fast(loud, capfd):
    assert main([*loud.split(), "--fail-fast"]) == 3
    [path] = Path("results").glob("*.csv")
    assert len(read(path).trials) == 1
    assert read(path).about["finished"] is False
    said = capfd.readouterr().err.splitlines()
    assert said[-2:] == [
        "error: a run does not count, and --fail-fast ends with it",
        f"  tip: poolbench run --resume {path} goes on",
    ]


@pytest.mark.parametrize("about", [{"asked": {}}, {}])
def test_a_full_disk_keeps_the_rows_whole(about, tmp_path, monkeypatch):
    path = tmp_path / "s.csv"

    class Full:
        """Takes a few bytes, then none."""

        def __init__(self, file: Any) -> None:
            self._file, self._left = file, 10

        def fileno(self) -> int:
            return int(self._file.fileno())

        def write(self, data: Any) -> int:
            if not self._left:
                raise OSError(errno.ENOSPC, "No space left on device")
            taken, self._left = self._left, 0
            return int(self._file.write(bytes(data)[:taken]))

        def close(self) -> None:
            self._file.close()

    with Store(path, about) as store:
        store.add(trial())
        before = path.read_bytes()
        monkeypatch.setattr(store, "_file", Full(store._file))
        with pytest.raises(CutShortError) as caught:
            store.add(trial(block=1))
    assert path.read_bytes() == before
    assert caught.value.message == f"cannot write to {path} (no space left on device)"
    assert caught.value.tip.endswith(f"poolbench run --resume {path}" if about else "then start again")


def test_a_file_is_cut_back_only_to_where_it_was(tmp_path):
    with (tmp_path / "f").open("ab", buffering=0) as file:
        files.append(file, b"one\n")
        files.append(file, b"two\n", sync=False)
    assert (tmp_path / "f").read_bytes() == b"one\ntwo\n"


def test_more_workers_than_the_machine_allows_are_refused_or_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, "_files", lambda: 4)
    line = "run loiter --set unit=1ms --executor threads --tasks 16 --repeats 1 --no-plots"
    assert main([*line.split(), "--workers", "2,8"]) == 2
    what, tip = capsys.readouterr().err.splitlines()
    assert what == "error: open files allow 4 workers of threads here, not 8"
    assert "ulimit" in tip
    assert main(line.split()) == 0
    assert "warning: open files allow 4 workers of threads here, not 16" in capsys.readouterr().err
    [path] = Path("results").glob("*.csv")
    assert {each.workers for each in read(path).trials} == {1, 4}


@pytest.mark.parametrize("processes", [False, True])
def test_there_is_room_for_some_workers_here(processes):
    most, why = machine.room_for(processes=processes)
    assert most >= 1
    assert (why == "") == (most == machine.MOST_WORKERS)


def test_memory_bounds_processes_only(monkeypatch):
    for limit in ("_files", "_threads"):
        monkeypatch.setattr(machine, limit, lambda: None)
    monkeypatch.setattr(machine, "free_bytes", lambda: 7 * machine._BYTES_PER_PROCESS)
    assert machine.room_for(processes=True) == (7, "memory allows")
    assert machine.room_for(processes=False) == (machine.MOST_WORKERS, "")


def test_silent_connections_are_cut(monkeypatch):
    monkeypatch.setattr(serving, "IDLE_S", 0.05)

    async def wait_for_the_end() -> bytes:
        async with serving.listening(ServerOptions(latency_s=0.0), {"CN": b"GIF89a"}) as url:
            host, port = url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET /cn/cn.gif HT")  # and never the rest
            found = await asyncio.wait_for(reader.read(), 20)
            writer.close()
            return found

    assert asyncio.run(wait_for_the_end()) == b""


def test_a_newer_file_says_so(tmp_path):
    path = tmp_path / "s.csv"
    with Store(path, {}) as store:
        store.add(trial(schema=2))
    with pytest.raises(UsageError, match=r"line 2 is of a newer poolbench \(schema 2\)"):
        read(path)


def test_names_move_no_cursor(tmp_path):
    path = tmp_path / "s.csv"
    with Store(path, {}) as store:
        store.add(trial(reason="\x1b[2Jgone", outcome="failed", per_s=None))
    assert read(path).trials[0].reason == "\ufffd[2Jgone"


def test_sockets_are_this_machines_own():
    with socket.create_server((ServerOptions().host, 0)) as found:
        assert found.getsockname()[0] == "127.0.0.1"


@posix
def test_a_timeout_of_microseconds_ends_the_trial_and_nothing_else():
    code = """
import signal, time
from poolbench.executors.patience import TaskTimeoutError, watched

def work(swallow):
    until = time.process_time() + 0.05
    while time.process_time() < until:
        try:
            sum(range(100))
        except TaskTimeoutError:
            if not swallow:
                raise
            swallow -= 1

before, raised = signal.getsignal(signal.SIGALRM), 0
for number in range(60):
    try:
        with watched(lambda: 0, 1e-5 * (number % 5 + 1)):
            work(number % 3)
    except TaskTimeoutError:
        raised += 1
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
print("alive", raised)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive 60\n"), done.stderr


def close_streams(item: int) -> int:
    with sys.stdout as stream:
        stream.write("said\n")
    sys.stderr.close()
    return item


def swap_streams(item: int) -> int:
    sys.stdout = sys.stderr = None  # type: ignore[assignment]
    return item


@pytest.mark.parametrize("function", [close_streams, swap_streams])
@pytest.mark.parametrize("executor", ["sequential", "threads"])
def test_a_task_that_closes_the_streams_closes_nobody_elses(function, executor, capsys):
    streams = sys.stdout, sys.stderr
    made = one(executor, function)
    assert (made.outcome, sys.stdout, sys.stderr) == ("ok", *streams)
    sys.stdout.write("after it\n")
    assert capsys.readouterr().out.endswith("after it\n")


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_somebody_closed_before_are_no_hindrance(closed, tmp_path):
    line = (
        f"{sys.executable} -m poolbench run loiter --set unit=1ms --tasks 2 --executor threads --workers 1 --repeats 1"
    )
    done = subprocess.run(f"{line} --no-plots {closed}", shell=True, cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert len(read(next((tmp_path / "results").glob("*.csv"))).trials) == 2


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("asked", ["list", "--version", "--help"])
def test_nor_for_the_shortest_answers(asked, closed):
    done = subprocess.run(f"{sys.executable} -m poolbench {asked} {closed}", shell=True, check=False)
    assert done.returncode == 0


@posix
@pytest.mark.parametrize("asked", [("machine", "--quick"), ("list",), ("--version",), ("--help",)])
def test_a_reader_that_has_gone_is_no_failed_condition(asked):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        line = [sys.executable, "-m", "poolbench", *asked]
        done = subprocess.run(line, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("asked", [("machine", "--quick"), ("list",), ("--version",), ("--help",)])
def test_a_full_disk_is_told(asked):
    with Path("/dev/full").open("w") as full:
        line = [sys.executable, "-m", "poolbench", *asked]
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.splitlines()[:2] == [
        "error: the system refuses (no space left on device)",
        "  tip: make room there, or name another place",
    ]


def test_a_client_that_never_reads_its_answers_is_cut(monkeypatch):
    monkeypatch.setattr(serving, "IDLE_S", 0.1)

    async def ask_and_ask() -> None:
        async with serving.listening(ServerOptions(latency_s=0.0), {"CN": bytes(50_000)}) as url:
            host, port = url.removeprefix("http://").split(":")
            _, writer = await asyncio.open_connection(host, int(port), limit=1)
            for _ in range(1000):
                writer.write(b"GET /cn/cn.gif HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
                await asyncio.wait_for(writer.drain(), 20)

    with pytest.raises(ConnectionError):
        asyncio.run(ask_and_ask())


@posix
def test_a_task_that_takes_all_files_fails_and_the_sweep_goes_on(tmp_path):
    (tmp_path / "greedy.py").write_text("held = []\n\ndef hold(item):\n    held.append(open('/dev/null'))\n")
    line = "run greedy.py:hold --items range(60) --executor threads --workers 2 --repeats 6 --no-plots -q"
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))
from poolbench.cli import main
sys.exit(main({line.split()!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    [path] = (tmp_path / "results").glob("*.csv")
    rows = read(path).trials
    assert (done.returncode, len(rows)) == (3, 12), done.stderr
    assert {each.outcome for each in rows} == {"ok", "failed"}
    assert "Traceback" not in done.stderr


def test_two_levels_of_workers_are_weighed_too(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "free_bytes", lambda: 3 * machine._BYTES_PER_PROCESS)
    request = Request(
        [recipe("loiter")], executors="processes:4/threads:1", settings=["unit=1ms"], out=tmp_path, plots=None
    )
    with pytest.raises(UsageError, match="memory allows 3 workers of processes here, not 4"):
        run_sweep(request)


def test_a_flag_that_trickles_in_is_not_waited_for(monkeypatch):
    with FlagServer(ServerOptions(latency_s=0.0, bandwidth=200)) as server, pytest.raises(UsageError) as caught:
        preflight(server.url, "requests", 5.0, patience_s=0.3)
    assert "a flag took longer than 300ms" in caught.value.message
