"""What a benchmark gets wrong: each known mistake is made here, and poolbench prevents it or says so with a remedy."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import sin
from pathlib import Path

import pandas as pd
import pytest

from poolbench import pipeline, workloads
from poolbench.analysis.limits import repairman
from poolbench.analysis.model import Summary
from poolbench.analysis.summary import summarise
from poolbench.analysis.verdict import verdict
from poolbench.cli import main
from poolbench.executors import strategy
from poolbench.executors.base import Batch, Kind, Strategy
from poolbench.flagserver import FlagServer, ServerOptions
from poolbench.flagserver.delays import delay_s, stream
from poolbench.measure import machine
from poolbench.measure.cells import Cell, Place
from poolbench.measure.plan import Plan, Rule
from poolbench.measure.sweep import sweep
from poolbench.measure.trial import run_trial
from poolbench.results.columns import Trial
from poolbench.terminal.progress import Progress
from poolbench.terminal.screen import screen
from poolbench.testing import FakeClock, Script, scripted, scripted_workload
from poolbench.workloads.clients import ClientOptions, open_client
from poolbench.workloads.flags import DEFAULTS, FlagsWorkload
from sweep_rows import rows, trial

COSTS = {"startup_s": 0.0, "latency_p50_s": 0.02, "latency_p99_s": 0.02, "cpu_per_task_s": 0.001}


def summary_of(made: list[Trial]) -> Summary:
    [found] = summarise(made, machine={"cores": 2, "gil": True})
    return found


def caution(check: str, made: list[Trial]) -> str:
    """What is said of rows, in one line with its remedy; of nothing else."""
    [found] = summary_of(made).cautions
    assert found.check == check
    assert found.text
    assert found.tip
    assert "\n" not in found.text + found.tip
    return f"{found.text}; {found.tip}"


def diagnosis(cause: str, made: list[Trial]) -> str:
    """The same of a curve."""
    [found] = summary_of(made).diagnoses
    assert found.cause == cause
    assert "\n" not in found.text
    return found.text


def refused(line: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    assert main(line.split()) == 2
    what, tip = capsys.readouterr().err.splitlines()
    return what.removeprefix("error: "), tip.removeprefix("  tip: ")


def flags(**settings: str) -> FlagsWorkload:
    return FlagsWorkload({**DEFAULTS, **settings})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_short_listen_queue():
    """Prevented: 100 connect while our server does not accept any. Reported: another's queue overflowed."""
    with FlagServer(ServerOptions(latency_s=0.0)) as server:
        address = server.url.removeprefix("http://").split(":")
        os.kill(server.pid, signal.SIGSTOP)
        try:
            lines = [socket.create_connection((address[0], int(address[1])), timeout=10) for _ in range(100)]
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert server.stats().requests == 0
        for line in lines:
            line.close()
    made = rows({("sequential", 1): [10] * 3, ("asyncio", 20): [12] * 3}, listen_overflows=0)
    made.append(trial("asyncio", 20, 3, 12.0, listen_overflows=14))
    assert caution("listen queue", made) == (
        "14 connections met a full listen queue, first of all with 20 asyncio workers; "
        "raise the backlog of the server that is measured"
    )


class Nagle(BaseHTTPRequestHandler):
    """Answers a kept connection 100 ms late, as a server does whose segments wait for acknowledgements."""

    protocol_version = "HTTP/1.1"
    served = 0

    def do_GET(self) -> None:
        self.served += 1
        if self.served > 1:
            time.sleep(0.1)
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"GIF")

    def log_message(self, *_: object) -> None:
        pass


def test_keep_alive_without_nodelay():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nagle)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with flags(url=f"http://127.0.0.1:{server.server_port}") as workload:
            [found] = workload.cautions
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert found.check == "keep-alive"
    assert "longer on a kept connection than on a new one" in found.text
    assert found.tip == "set TCP_NODELAY on the server, or measure with --set reuse=fresh"


def test_the_server_is_the_bottleneck():
    with flags(latency="0") as workload:
        row, _, _ = run_trial(Cell(workload, strategy("threads"), 4, 20), Place())
        assert workload.pids
        assert os.getpid() not in workload.pids
    assert row.server_busy_s > 0
    assert 1 <= row.server_in_flight_max <= 4
    made = rows({("sequential", 1): [50] * 3, ("threads", 4): [200] * 3}, **COSTS, server_busy_s=0.08)
    assert caution("server", made) == (
        "with 4 threads the server itself uses 80% of a core; its limit is near; "
        "a slower link or a second server shows more"
    )


def test_different_clients_are_compared(capsys):
    what, tip = refused("run flags --set client=requests --executor threads,asyncio", capsys)
    assert what == "requests has no asyncio client"
    assert "--set client=httpx" in tip
    made = rows({("sequential", 1): [10] * 3, ("asyncio", 1): [63] * 3, ("asyncio", 8): [80] * 3})
    assert caution("client", made) == (
        "one worker of asyncio does 6.30× the baseline: a difference of client or hand-over, not of concurrency; "
        "read its speed-up from its own first worker"
    )


@pytest.mark.parametrize("client", ["httpx", "requests"])
def test_a_connection_pool_smaller_than_the_workers(client, caplog):
    """24 threads share a client whose default would keep 10, or 20, connections; urllib3 logs what it discards."""
    caplog.set_level(logging.WARNING)
    with flags(client=client, reuse="shared", latency="100ms") as workload:
        assert workload.job(24).options.connections == 24
        row, _, _ = run_trial(Cell(workload, strategy("threads"), 24, 72), Place())
    assert row.outcome == "ok"
    assert row.server_in_flight_max > 10
    assert "Connection pool is full" not in caplog.text


def test_a_pool_that_is_too_small_would_have_been_logged(caplog):
    """What the test above looks for is there where the mistake is made."""
    caplog.set_level(logging.WARNING)
    with FlagServer(ServerOptions(latency_s=0.05)) as server:
        client = open_client("requests", ClientOptions(1, 5.0, trust_env=False))
        threads = [threading.Thread(target=client.get, args=(f"{server.url}/cn/cn.gif",)) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        client.close()
    assert "Connection pool is full" in caplog.text


def test_failures_look_like_speed(capsys):
    line = "run flags --set error_rate=100% --tasks 20 --workers 4 --executor threads --repeats 1 --no-plots"
    assert main([*line.split(), "--set", "latency=1ms"]) == 3
    [path] = Path("results").glob("*.csv")
    found = pd.read_csv(path)
    assert found["throughput_per_s"].isna().all()
    assert found["ok"].eq(0).all()
    out, err = capsys.readouterr()
    assert "The baseline failed, so there is nothing to compare with." in out
    assert "failed: 2 of 2 runs have no throughput; the first: flags, " in err


def test_a_timeout_shorter_than_the_delay(capsys):
    assert refused("run flags --set latency=1s --set jitter=500ms --set timeout=1.2s", capsys) == (
        "a timeout of 1.2s fails requests that take 1.5s",
        "raise it: --set timeout=3s",
    )
    assert not Path("results").exists()


def test_random_delays_are_those_of_the_item():
    """Whoever asks, and in which order: a cell of 64 workers meets the delays that the baseline met."""
    options = ServerOptions(latency_s=0.02, jitter_s=0.2, seed=7)
    start = stream(7, "CN")
    forwards = [delay_s(options, start, task) for task in range(50)]
    backwards = [delay_s(options, start, task) for task in reversed(range(50))]
    assert forwards == backwards[::-1]
    assert len({*forwards}) == 50
    assert [delay_s(options, stream(8, "CN"), task) for task in range(50)] != forwards
    with flags(latency="0", jitter="1ms") as workload:
        urls = [[workload.job(n).url(item) for item in workload.items(40)] for n in (1, 64)]
        assert urls[0] == urls[1]
        assert len({*urls[0]}) == 40


def test_pool_start_up_inside_the_timing():
    clock = FakeClock()
    slow = scripted(Script(clock, startup_s=100.0), "processes")
    cell = Cell(scripted_workload(), slow, 2, 8)
    row, _, _ = run_trial(cell, Place(), clock=clock)
    assert (row.startup_s, row.wall_s, row.throughput_per_s) == (100.0, 4.0, 2.0)
    cold, _, _ = run_trial(cell, Place(), clock=clock, cold=True)
    assert cold.startup_s is None  # asked for: it is not told apart
    assert "start=spawn" in Cell(scripted_workload(), strategy("processes:start=spawn"), 2, 8).options


def test_tiny_tasks_through_a_pool():
    lanes = {("sequential", 1): [1e5] * 3, ("processes", 1): [1e4] * 3, ("processes", 2): [1.5e4] * 3}
    said = diagnosis("hand-over", rows(lanes, **{**COSTS, "cpu_per_task_s": 1e-5}))
    assert said == "processes: a task takes 10 µs, handing it over 90 µs; put many into one task, or raise chunksize"
    assert strategy("processes:chunksize=50").options["chunksize"] == "50"


class Terminal:
    """Stands in for stderr, and notes what is written while a batch runs."""

    def __init__(self) -> None:
        self.timed, self.before, self.within = False, 0, []

    def write(self, text: str) -> int:
        if self.timed:
            self.within.append(text)
        self.before += 1
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("quiet", [False, True])
def test_a_progress_bar_inside_the_timed_region(quiet, monkeypatch):
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)

    class Watched:
        def open(self) -> None: ...

        def warm(self, items: object) -> None: ...

        def close(self) -> None: ...

        def run(self, items: list[int]) -> Batch:
            terminal.timed = True
            time.sleep(0.05)  # a thread that draws would do so
            terminal.timed = False
            return Batch(0.0, 1.0, [(task, 0.0, (0, 0.0, 0.0, 1.0, 0.0, task, "")) for task in items])

    class Nowhere:
        def add(self, trial: Trial, spans: object) -> None: ...

    cell = Cell(scripted_workload(), Strategy(Kind("threads", lambda *_: Watched()), {}), 2, 4)
    plan = Plan((cell,), Rule(repeats=4, budget_s=None, most_blocks=4), seed=1)
    with Progress(screen(quiet=quiet), plan) as progress:
        sweep(plan, Nowhere(), "drawn", watch=progress)
    assert terminal.within == []
    assert (terminal.before == 0) is quiet


def test_one_run_in_a_fixed_order():
    cells = tuple(Cell(scripted_workload(), scripted(Script(FakeClock())), n, 4) for n in (1, 2, 4, 8))
    plan = Plan(cells, Rule(), seed=3)
    orders = [tuple(cell.workers for cell in plan.order(block)) for block in range(8)]
    assert {tuple(sorted(order)) for order in orders} == {(1, 2, 4, 8)}
    assert len({*orders}) > 3
    assert [plan.order(block) for block in range(8)] == [Plan(cells, Rule(), seed=3).order(block) for block in range(8)]
    said = verdict(summary_of(rows({("sequential", 1): [10], ("threads", 8): [80]})))
    assert said == ("One run of each, so no verdict. Fastest: 8 threads: 8.0× sequential.",)


def test_winners_whose_intervals_overlap():
    lanes = {("sequential", 1): [10, 10, 10], ("threads", 8): [70, 80, 90], ("asyncio", 8): [84, 75, 80]}
    assert "too close to call" in verdict(summary_of(rows(lanes)))[0]


def test_a_machine_that_is_not_idle():
    lanes = {("sequential", 1): [10] * 3, ("threads", 4): [40] * 3}
    # A second of CPU in each second of the batch, of which 0.04 were ours.
    busy = rows(lanes, **COSTS, cpu_s=0.02, wall_s=0.5, machine_cpu_s=0.52)
    assert caution("load", busy) == (
        "other processes used 1.0 of 2 cores during the runs; end what else runs, and repeat"
    )
    assert summary_of(rows(lanes, **COSTS, cpu_s=0.02, wall_s=0.5, machine_cpu_s=0.2)).cautions == ()
    assert caution("steal", rows(lanes, steal_share=0.25)).startswith("the hypervisor took 25% of the processors")
    noisy = [40 * (1 + 0.004 * sin(5 * block)) for block in range(7)]
    calm = [10 * (1 + 0.004 * sin(3 * block)) for block in range(7)]
    noisy[4] = 13.0
    made = rows({("sequential", 1): calm, ("threads", 4): noisy, ("threads", 8): [70 + each for each in calm]})
    assert caution("outlier", made).startswith("4 threads: one run of 7 took 3.1× the others' time; it is left out")


def test_the_argmin_is_not_the_optimum():
    """80 threads are a hair faster than 8 by luck; the recommendation is 8, and says why."""
    wobble = [-0.01, 0.0, 0.01, 0.005, -0.005]
    lanes = {
        ("sequential", 1): [10 * (1 + each) for each in wobble],
        ("threads", 8): [78 * (1 - each) for each in wobble],
        ("threads", 80): [80 * (1 + each) for each in reversed(wobble)],
    }
    found = summary_of(rows(lanes))
    assert (found.best.peak.workers, found.best.knee.workers) == (80, 8)
    assert found.best.knee_ci[0] == 8
    first, second = verdict(found)
    assert first.startswith("8 threads win: 7.8× sequential (95 % CI ")
    assert second == "80 threads: 3 % faster, inside the 5 % margin, so fewer win."


def test_sleep_is_tuned_as_if_it_were_work():
    asleep = {**COSTS, "cpu_per_task_s": 0.00001}
    found = summary_of(rows({("sequential", 1): [50] * 3, ("threads", 16): [490] * 3}, **asleep))
    # 20 tasks of 20 ms on 16 workers are two waves.
    assert found.best.peak.limits.lowest == pytest.approx(500)
    assert verdict(found)[-1] == "Waiting costs nothing: this is the arithmetic of waves, not advice for work."
    working = summary_of(rows({("sequential", 1): [50] * 3, ("threads", 16): [490] * 3}, **COSTS))
    assert not any("arithmetic" in line for line in verdict(working))


def test_more_workers_than_tasks_and_an_uneven_last_wave(capsys):
    request = pipeline.Request(
        [workloads.recipe("loiter")],
        executors="threads",
        workers="8",
        tasks=3,
        settings=["unit=1ms"],
        rule=Rule(repeats=1, budget_s=None, most_blocks=1),
        plots=None,
    )
    [found] = [each for each in pipeline.run(request).cautions if each.check == "last wave"]
    assert (found.text, found.tip) == ("8 workers have only 3 tasks", "give more tasks, or fewer workers")
    said = diagnosis("last wave", rows({("sequential", 1): [50] * 3, ("threads", 16): [490] * 3}, **COSTS))
    assert said == (
        "threads: 20 tasks on 16 workers leave 38% of the time idle in the last of 2 rounds; 10 workers do as well"
    )


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("100000 100000", 1), ("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1), ("max 100000", 8)],
)
def test_a_containers_limit(quota, cores, tmp_path, monkeypatch, capsys):
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(machine, "_CGROUP_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 64)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {*range(8)}, raising=False)
    assert machine.usable_cores() == cores
    main(["machine", "--quick"])
    here = machine.this_machine()
    assert f"library default  {here.default_threads} threads, min(32, cores + 4)" in capsys.readouterr().out


def test_threads_for_cpu_work():
    """10 ms of Python: the model of a machine with a GIL says what was measured, 1.0 times."""
    cpu = {**COSTS, "cpu_per_task_s": 0.01}
    made = rows(
        {("sequential", 1): [100] * 3, ("threads", 1): [100] * 3, ("threads", 2): [repairman(2, 0, 0.01, 1)] * 3}, **cpu
    )
    said = diagnosis("interpreter", made)
    assert said.startswith("threads: 10 ms of CPU per task let one interpreter do 100 per second, and 2 workers do 100")
    assert "use processes" in said
    made = rows({("sequential", 1): [100] * 3, ("processes", 2): [repairman(2, 0, 0.01, 2)] * 3}, **cpu)
    assert summary_of(made).best.knee.speedup == pytest.approx(2.0)
