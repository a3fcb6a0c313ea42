"""What is read of the machine, also where it does not tell."""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest
from measure_doubles import MACHINE

from poolbench.measure import machine, meters
from poolbench.measure.machine import this_machine, usable_cores

if TYPE_CHECKING:
    from pathlib import Path

LINUX = pytest.mark.skipif(not meters._LINUX, reason="reads /proc")


@pytest.fixture
def missing(tmp_path: Path) -> Path:
    return tmp_path / "missing"


def test_neither_host_nor_user_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.platform, "node", lambda: "a-telling-host")
    found = json.dumps(this_machine.__wrapped__().as_dict())
    assert "a-telling-host" not in found
    words = set(re.findall(r"[\w-]+", found.lower()))
    for name in (socket.gethostname(), getpass.getuser()):
        if name.lower() not in ("root", "linux", "localhost", "user"):
            assert name.lower() not in words


def test_the_dictionary_holds_every_fact_and_the_caption() -> None:
    found = MACHINE.as_dict()
    assert set(found) == {field.name for field in dataclasses.fields(MACHINE)} | {"text"}
    assert found["text"] == "4 cores, 8 GiB, Linux 6, CPython 3.11 (GIL)"
    single = dataclasses.replace(MACHINE, cores=1, gil=False)
    assert single.text == "1 core, 8 GiB, Linux 6, CPython 3.11 (no GIL)"


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        ("max 100000", 6),
        ("200000 100000", 2),
        ("250000 100000", 2),
        ("20000 100000", 1),
        ("1600000 100000", 6),
        ("", 6),
        ("nonsense", 6),
    ],
)
def test_a_containers_quota_bounds_the_cores(
    quota: str, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(machine, "_CGROUP_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)), raising=False)
    assert usable_cores() == cores


def test_without_affinity_and_quota_all_cores_are_ours(missing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_CGROUP_QUOTA", missing)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_cores() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


@pytest.mark.parametrize(
    ("text", "processor"),
    [
        ("processor: 0\nmodel name\t: A Fast One @ 3 GHz\nflags: x\n", "A Fast One @ 3 GHz"),
        ("processor: 0\n", "from platform"),
        (None, "from platform"),
    ],
)
def test_the_processors_name(text: str | None, processor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(machine.platform, "processor", lambda: "from platform")
    assert machine._processor() == processor
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    monkeypatch.setattr(machine.platform, "machine", lambda: "riscv64")
    assert machine._processor() == (processor if processor != "from platform" else "riscv64")


def test_the_id_is_the_same_on_the_same_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    first = this_machine.__wrapped__().id
    assert this_machine.__wrapped__().id == first
    assert re.fullmatch("m[0-9a-f]{8}", first), "a letter first, or readers take it for a number"
    monkeypatch.setattr(machine, "_processor", lambda: "another")
    assert this_machine.__wrapped__().id != first


def test_the_default_threads_are_the_librarys() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        assert this_machine().default_threads == pool._max_workers


@pytest.mark.parametrize("enabled", [True, False, None])
def test_whether_there_is_a_gil(enabled: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if enabled is None:
        monkeypatch.delattr(machine.sys, "_is_gil_enabled", raising=False)
    else:
        monkeypatch.setattr(machine.sys, "_is_gil_enabled", lambda: enabled, raising=False)
    assert machine.gil_enabled() is (enabled is not False)


# Meters.


def reading(**fields: Any) -> meters.Reading:
    nothing = dict.fromkeys(field.name for field in dataclasses.fields(meters.Reading))
    return meters.Reading(**(nothing | {"cpu_s": 0.0} | fields))


def test_files_that_are_missing_tell_nothing(missing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "_STAT", missing)
    monkeypatch.setattr(meters, "_NETSTAT", missing)
    monkeypatch.delattr(os, "getloadavg", raising=False)
    found = meters.read()
    assert (found.load, found.steal_ticks, found.all_ticks, found.listen_overflows) == (None, None, None, None)
    assert found.cpu_s > 0
    assert meters.steal_share(found, found) is None
    assert meters.overflows(found, found) is None


def test_figures_are_read_from_their_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stat").write_text("cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1 1 1\n")
    (tmp_path / "netstat").write_text(
        "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 1 42 3\nIpExt: A\nIpExt: 9\n"
    )
    monkeypatch.setattr(meters, "_STAT", tmp_path / "stat")
    monkeypatch.setattr(meters, "_NETSTAT", tmp_path / "netstat")
    found = meters.read()
    # Guests are in `user` already: the first eight are all there is.
    assert (found.steal_ticks, found.all_ticks, found.listen_overflows) == (80, 360, 42)
    assert found.busy_ticks == found.all_ticks - 80 - 90  # neither stolen nor idle


@pytest.mark.parametrize("text", ["", "TcpExt: ListenDrops\nTcpExt: 1\n", "TcpExt: ListenOverflows\n"])
def test_a_counter_that_the_kernel_lacks(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netstat").write_text(text)
    monkeypatch.setattr(meters, "_NETSTAT", tmp_path / "netstat")
    assert meters._listen_overflows() is None


def test_differences_between_readings() -> None:
    before = reading(steal_ticks=10, busy_ticks=60, all_ticks=100, listen_overflows=3)
    after = reading(steal_ticks=15, busy_ticks=85, all_ticks=120, listen_overflows=5)
    assert meters.machine_cpu_s(before, after) == 25 / os.sysconf("SC_CLK_TCK")
    assert meters.machine_cpu_s(before, reading()) is None
    assert meters.steal_share(before, after) == 0.25
    assert meters.steal_share(before, before) == 0.0
    assert meters.overflows(before, after) == 2
    assert meters.steal_share(before, reading()) is None
    assert meters.overflows(reading(), after) is None


@LINUX
def test_the_peaks_of_processes_are_added_up() -> None:
    import subprocess
    import sys

    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        alone, of_child = meters.peak_rss_bytes({os.getpid()}), meters.peak_rss_bytes({child.pid})
        both = meters.peak_rss_bytes({os.getpid(), child.pid})
    finally:
        child.communicate(b"\n")
    assert both > alone > 2**20
    assert both > of_child > 0


@LINUX
def test_the_peak_is_what_the_kernel_says_or_what_is_held_now(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    assert meters._peak(os.getpid()) >= psutil.Process().memory_info().rss // 2
    assert meters._peak(2**22 + 1) == 0, "no such process"
    monkeypatch.setattr(meters, "_peak", lambda pid: 0)
    assert meters.peak_rss_bytes({os.getpid()}) > 2**20


def test_a_child_that_ends_meanwhile_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    def vanish(pid: int) -> int:
        raise psutil.NoSuchProcess(pid)

    monkeypatch.setattr(meters, "_peak", vanish)
    assert meters.peak_rss_bytes({os.getpid()}) == 0


@LINUX
def test_the_peak_can_be_restarted() -> None:
    ballast = bytearray(64 * 2**20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    high = meters._peak(os.getpid())
    del ballast
    meters.forget_peak()
    assert meters._peak(os.getpid()) <= high


@pytest.mark.parametrize("linux", [True, False])
def test_forgetting_the_peak_is_no_error_where_it_cannot_be(linux: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def refuse(self: Any, text: str) -> None:
        written.append(text)
        raise PermissionError

    monkeypatch.setattr(meters, "_LINUX", linux)
    monkeypatch.setattr(meters.Path, "write_text", refuse)
    meters.forget_peak()
    assert written == (["5"] if linux else [])
