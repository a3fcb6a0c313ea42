"""What is read around a batch, never during it: CPU time, memory, load, steal, dropped connections."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_LINUX = sys.platform == "linux"
_NETSTAT = Path("/proc/net/netstat")
_STAT = Path("/proc/stat")
_CLEAR = Path("/proc/self/clear_refs")
_STEAL = 7
"""Position of `steal` among the figures of /proc/stat's first line."""
_BUSY = (0, 1, 2, 5, 6)
"""Those of user, nice, system and the two kinds of interrupts."""


@dataclass(frozen=True)
class Reading:
    """One look at the machine. None: this system does not tell."""

    cpu_s: float
    """Of this process so far."""
    load: float | None
    steal_ticks: int | None
    busy_ticks: int | None
    all_ticks: int | None
    listen_overflows: int | None


def read() -> Reading:
    """Takes some 100 microseconds, outside every timed region."""
    ticks = _ticks()
    return Reading(
        cpu_s=process_time(),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        steal_ticks=ticks[_STEAL] if ticks else None,
        busy_ticks=sum(ticks[at] for at in _BUSY) if ticks else None,
        all_ticks=sum(ticks[: _STEAL + 1]) if ticks else None,
        listen_overflows=_listen_overflows(),
    )


def between(before: Reading, after: Reading) -> dict[str, float | None]:
    """What two readings say, by column of the CSV."""
    return {
        "listen_overflows": overflows(before, after),
        "load_before": before.load,
        "steal_share": steal_share(before, after),
        "machine_cpu_s": machine_cpu_s(before, after),
    }


def steal_share(before: Reading, after: Reading) -> float | None:
    """The hypervisor's part of the time between two readings, 0 to 1."""
    if before.steal_ticks is None or after.steal_ticks is None:
        return None
    passed = (after.all_ticks or 0) - (before.all_ticks or 0)
    return (after.steal_ticks - before.steal_ticks) / passed if passed > 0 else 0.0


def machine_cpu_s(before: Reading, after: Reading) -> float | None:
    """CPU seconds that all processes of the machine used between two readings, to a hundredth or so."""
    if before.busy_ticks is None or after.busy_ticks is None:
        return None
    return (after.busy_ticks - before.busy_ticks) / os.sysconf("SC_CLK_TCK")


def overflows(before: Reading, after: Reading) -> int | None:
    """Connections dropped by full listen queues between two readings."""
    if before.listen_overflows is None or after.listen_overflows is None:
        return None
    return after.listen_overflows - before.listen_overflows


def _ticks() -> list[int]:
    try:
        return [int(each) for each in _STAT.read_text().split("\n", 1)[0].split()[1:]]
    except (OSError, ValueError):
        return []


def _listen_overflows() -> int | None:
    """The counter `ListenOverflows`: full accept queues, which make a client wait a second or more."""
    try:
        lines = [line.split() for line in _NETSTAT.read_text().splitlines() if line.startswith("TcpExt:")]
        return int(lines[1][lines[0].index("ListenOverflows")])
    except (OSError, ValueError, IndexError):
        return None


def forget_peak() -> None:
    """Restarts this process's memory peak, where the kernel can (Linux: 5 into clear_refs)."""
    if _LINUX:
        try:
            _CLEAR.write_text("5")
        except OSError:
            return


def peak_rss_bytes(pids: Collection[int]) -> int:
    """Peak memory of these processes, added up; shared pages count each time, one that has ended does not.

    Where the kernel keeps no peak (not Linux), what they hold now.
    """
    import psutil

    total = 0
    for pid in pids:
        try:
            total += _peak(pid) or psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue
    return total


def _peak(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123 - a Path's parts go into Python's table of names
            status = file.read()
    except OSError:
        return 0
    found = status.partition(b"VmHWM:")[2].split()
    return int(found[0]) * 1024 if found else 0
