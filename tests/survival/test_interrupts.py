"""Signals: the first keeps, the second ends, and workers follow their parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future
from contextlib import suppress

import psutil
import pytest

from poolbench import interrupts
from poolbench.__main__ import main as command
from poolbench.executors.gathering import gather
from poolbench.executors.worker import Parcel
from poolbench.workloads.base import Stateless

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


@pytest.fixture
def ended(monkeypatch):
    """The statuses with which the process would have been ended at once."""
    found: list[int] = []
    monkeypatch.setattr(interrupts, "end_now", lambda status=130: found.append(status))
    monkeypatch.setattr(interrupts, "_count_down", lambda: None)
    return found


@pytest.mark.parametrize("number", interrupts.SIGNALS)
def test_the_first_signal_raises_and_the_second_ends_at_once(number, ended):
    with interrupts.handled():
        assert not interrupts.from_outside(), "a task's own KeyboardInterrupt is a failure"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert interrupts.from_outside()
        assert ended == []
        with suppress(KeyboardInterrupt):  # the process would be gone
            signal.raise_signal(number)
        assert ended == [130]
    assert interrupts.from_outside(), "where nobody looks after signals, Ctrl-C is Ctrl-C"


def test_what_is_shielded_is_done_whole(ended):
    done = []
    with interrupts.handled(), pytest.raises(KeyboardInterrupt):  # noqa: PT012
        with interrupts.shielded(), interrupts.shielded():
            signal.raise_signal(signal.SIGINT)
            done.append("written")
        done.append("too late")
    assert done == ["written"]


def test_the_handlers_are_given_back(ended):
    before = [signal.getsignal(each) for each in interrupts.SIGNALS]
    with interrupts.handled(), interrupts.handled():
        assert [signal.getsignal(each) for each in interrupts.SIGNALS] == [interrupts._handle] * 2
    assert [signal.getsignal(each) for each in interrupts.SIGNALS] == before


def test_a_signal_that_comes_as_the_handlers_do_is_heard(ended, monkeypatch):
    before, install = [signal.getsignal(each) for each in interrupts.SIGNALS], signal.signal

    def impatient(number: int, handler: object) -> object:
        was = install(number, handler)
        if handler is interrupts._handle:
            signal.raise_signal(number)
        return was

    monkeypatch.setattr(signal, "signal", impatient)
    with pytest.raises(KeyboardInterrupt), interrupts.handled():
        pytest.fail("it was not heard")
    assert [signal.getsignal(each) for each in interrupts.SIGNALS] == before


def test_a_machine_without_a_thread_to_spare_is_interrupted_too(monkeypatch):
    def none_left(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(interrupts._thread, "start_new_thread", none_left)
    with interrupts.handled(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_no_worker_is_half_born(ended):
    submitted = []

    class Interrupted(Executor):
        def submit(self, *arguments: object) -> Future[object]:
            if not submitted:
                signal.raise_signal(signal.SIGINT)
            submitted.append(arguments)
            return Future()

    with interrupts.handled(), pytest.raises(KeyboardInterrupt):
        gather(Interrupted(), Parcel(Stateless()), [()] * 3)
    assert len(submitted) == 3


HANGS = """
import os, sys, time
from poolbench import interrupts
interrupts.GRACE_S = 0.2
with interrupts.handled():
    said = False
    while True:
        try:
            if not said:
                said = True
                print("up", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""


@pytest.mark.parametrize("signals", [1, 2])
def test_whatever_hangs_is_ended(signals):
    with subprocess.Popen([sys.executable, "-c", HANGS], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        for _ in range(signals):
            child.send_signal(signal.SIGINT)
            time.sleep(0.02)
        assert child.wait(30) == 130


LEAVES = """
import sys, threading, time
from poolbench.interrupts import leave
threading.Thread(target=time.sleep, args=(600,)).start()
print("said")
sys.exit(leave(3))
"""


def test_a_thread_that_does_not_end_does_not_keep_the_command():
    done = subprocess.run([sys.executable, "-c", LEAVES], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (3, "said\n")


PARENT = """
import json, multiprocessing, os, sys, time
from poolbench import executors
from poolbench.workloads import recipe

if __name__ == "__main__":
    found = recipe("loiter")
    workload = found.make({**found.defaults, "unit": "10m"}, 0)
    pool = executors.strategy("processes:start=" + sys.argv[1]).pool(workload, 2)
    pool.open()
    print(json.dumps([each.pid for each in pool.executor._processes.values()]), flush=True)
    pool.run([1, 1, 1, 1])
"""


@pytest.mark.parametrize("start", ["fork", "forkserver", "spawn"])
def test_workers_in_the_midst_of_a_task_end_with_a_parent_that_is_killed(start, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, script, start], stdout=subprocess.PIPE) as parent:
        workers = [psutil.Process(pid) for pid in json.loads(parent.stdout.readline())]
        assert all(each.is_running() for each in workers)
        parent.kill()
    assert not psutil.wait_procs(workers, timeout=20)[1]


def test_a_signal_when_all_is_done_is_an_interrupt_like_any_other(monkeypatch):
    """It used to end the process by SIGINT, whatever the signal was."""
    asked = []

    def leave(status: int) -> int:
        asked.append(status)
        if len(asked) == 1:
            raise KeyboardInterrupt
        return status

    monkeypatch.setattr(interrupts, "leave", leave)
    monkeypatch.setattr("poolbench.cli.main", lambda: 0)
    monkeypatch.setattr(sys, "argv", ["poolbench", "machine"])
    assert command() == 130
    assert asked == [0, 130]


EVALUATED = """
import signal, sys
import psutil  # as a sweep has it by then: whatever is evaluated later hides the fault
from poolbench.interrupts import handled, leave

with handled():
    try:
        exec("signal.raise_signal(signal.SIGTERM)")
    except KeyboardInterrupt:
        sys.exit(leave(130))
"""


def test_a_signal_inside_of_evaluated_text_gives_the_status_of_any_other(tmp_path):
    """As imports evaluate it; CPython would end by SIGINT."""
    (tmp_path / "evaluated.py").write_text(EVALUATED)
    line = [sys.executable, "-m", "evaluated"]
    assert subprocess.run(line, check=False, cwd=tmp_path, timeout=60).returncode == 130


ORDER = """
import json, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "poolbench.elsewhere.child"], stdin=subprocess.PIPE)
child.stdin.write(json.dumps(json.loads(sys.argv[1])).encode() + b"\\n" + json.dumps({"block": 0}).encode() + b"\\n")
child.stdin.flush()
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells")
def test_what_measures_under_another_interpreter_ends_with_a_parent_that_is_killed(tmp_path):
    order = {
        "asked": {"workloads": ["loiter"]},
        "executors": "processes",
        "workers": "2",
        "tasks": 2,
        "settings": ["unit=10m"],
        "rule": {"repeats": 1},
        "cold": False,
        "task_timeout_s": 600.0,
        "seed": 1,
        "name": "any",
    }
    line = [sys.executable, "-c", ORDER, json.dumps(order)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, cwd=tmp_path, start_new_session=True) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        time.sleep(1)
        assert child.is_running()
        parent.kill()
        assert not psutil.wait_procs([child], timeout=20)[1]


def test_what_lies_in_memory_goes_with_a_process_that_is_ended_in_a_hurry(monkeypatch, tmp_path):
    left = tmp_path / "left"
    left.mkdir()
    statuses = []
    monkeypatch.setattr(interrupts, "_exit", statuses.append)
    monkeypatch.setattr(interrupts, "kill_descendants", lambda: None)
    monkeypatch.setattr(interrupts, "rubbish", {str(left)})
    interrupts.end_now(3)
    assert (statuses, left.exists()) == ([3], False)
