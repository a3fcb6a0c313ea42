"""What two processes share: in order, once each, and never lost with the helper."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from poolbench import halves
from poolbench.halves import called
from poolbench.testing.leftovers import Alive, alive, running, settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ABLE = sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As without the threads that other tests have left: dask's stay for good, idle and without a lock."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def forks(test: Callable[..., None]) -> Callable[..., None]:
    """Marks a test that needs a helper."""
    return pytest.mark.skipif(not ABLE, reason="needs Linux and two cores")(pytest.mark.usefixtures("alone")(test))


def note(folder: Path, name: int) -> int:
    (folder / f"{name}-{os.getpid()}").touch()
    return name


def who(folder: Path) -> dict[int, list[int]]:
    """Which processes made each call."""
    found: dict[int, list[int]] = {}
    for path in folder.iterdir():
        name, pid = path.name.split("-")
        found.setdefault(int(name), []).append(int(pid))
    return found


@forks
def test_two_processes_make_each_call_once(tmp_path: Path) -> None:
    def beside_the_other(name: int) -> int:
        note(tmp_path, name)
        deadline = time.monotonic() + 20
        while len({pid for pids in who(tmp_path).values() for pid in pids}) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return name

    assert called([partial(beside_the_other, name) for name in range(7)]) == list(range(7))
    made = who(tmp_path)
    assert sorted(made) == list(range(7))
    assert all(len(pids) == 1 for pids in made.values())
    assert len({pid for pids in made.values() for pid in pids}) == 2


def test_a_single_call_is_made_here(tmp_path: Path) -> None:
    assert called([partial(note, tmp_path, 0)]) == [0]
    assert {pid for pids in who(tmp_path).values() for pid in pids} == {os.getpid()}


def test_beside_a_thread_all_are_made_here(tmp_path: Path) -> None:
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        assert called([partial(note, tmp_path, name) for name in range(6)]) == list(range(6))
    finally:
        end.set()
        other.join()
    assert {pid for pids in who(tmp_path).values() for pid in pids} == {os.getpid()}


def calls(folder: Path, in_the_helper: Callable[[], object]) -> list[Callable[[], int]]:
    """Six that give the number of their process; those of the helper do that first, and the parent leaves it one."""
    parent, taken = os.getpid(), folder / "taken"

    def call() -> int:
        if os.getpid() != parent:
            taken.touch()
            in_the_helper()
        assert settled(taken.exists, True)
        return os.getpid()

    return [call] * 6


@forks
def test_what_the_helper_leaves_is_done_here(tmp_path: Path) -> None:
    assert called(calls(tmp_path, lambda: os.kill(os.getpid(), signal.SIGKILL))) == [os.getpid()] * 6


@forks
def test_an_error_of_the_helper_is_raised_here(capfd: pytest.CaptureFixture[str]) -> None:
    def fails(name: int) -> int:
        if name == 3:
            raise ValueError(name)
        return name

    with pytest.raises(ValueError, match="3"):
        called([partial(fails, name) for name in range(6)])
    assert not capfd.readouterr().err


@forks
def test_a_helper_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(halves, "_LEAST_PATIENCE_S", 0.1)
    monkeypatch.setattr(halves, "_PATIENCE", 0.0)
    assert called(calls(tmp_path, signal.pause)) == [os.getpid()] * 6


@forks
def test_an_error_here_ends_the_helper(tmp_path: Path) -> None:
    before = alive()

    def fails(call: Callable[[], int]) -> int:
        call()  # in the helper it does not return
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called([partial(fails, call) for call in calls(tmp_path, signal.pause)])
    assert alive().beyond(before) == Alive()


@forks
def test_where_no_process_can_be_started_all_are_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)
    assert called([partial(abs, -name) for name in range(4)]) == list(range(4))


def test_a_worker_that_may_have_no_children_makes_all_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(multiprocessing.current_process()), "daemon", True)
    assert not halves._can_fork()


ORPHAN = """
import os, signal, sys
from functools import partial
from pathlib import Path
from poolbench.halves import called
folder = Path(sys.argv[1])
def call(name):
    (folder / f"{name}-{os.getpid()}").touch()
    signal.pause()
called([partial(call, name) for name in range(6)])
"""


@forks
def test_a_helper_ends_with_its_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN, str(tmp_path)])
    made = settled(lambda: len(who(tmp_path)), 2)
    helper = {pid for pids in who(tmp_path).values() for pid in pids} - {parent.pid}
    parent.kill()
    parent.wait()
    assert made == 2
    assert len(helper) == 1
    assert settled(lambda: running(helper), set()) == set()


@forks
def test_a_helper_hears_no_ctrl_c(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made_by = called(calls(tmp_path, lambda: os.kill(os.getpid(), signal.SIGINT)))
    assert len({*made_by} - {os.getpid()}) == 1
    assert not capfd.readouterr().err
