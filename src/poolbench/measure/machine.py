"""Which machine this is: what a reader of a result needs to know, and no host or user name."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import sysconfig
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from poolbench.units import MOST_WORKERS

_CGROUP = Path("/sys/fs/cgroup")
_CGROUP_QUOTA = _CGROUP / "cpu.max"
FILES_PER_WORKER = 4
"""Two ends of the line by which it answers when it starts, a connection, and the file that it saves."""
_SPARE_FILES = 64
_SPARE_THREADS = 64
_BYTES_PER_PROCESS = 24 << 20
"""What a worker process holds of its own, at least."""
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """Facts that do not change while a sweep runs."""

    id: str
    """A short stable hash of processor, cores, memory and system."""
    processor: str
    cores: int
    """Those this process may use: affinity and a container's quota counted in."""
    cores_online: int
    memory_bytes: int
    system: str
    python: str
    implementation: str
    gil: bool
    free_threaded_build: bool
    default_threads: int
    """What ThreadPoolExecutor takes when nothing is said."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with the line that captions show."""
        return asdict(self) | {"text": self.text}

    @property
    def text(self) -> str:
        """`2 cores, 24 GiB, Linux 6.18, CPython 3.11.7 (GIL)`."""
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        build = "GIL" if self.gil else "no GIL"
        memory = f"{self.memory_bytes / 2**30:.0f} GiB"
        return f"{cores}, {memory}, {self.system}, {self.implementation} {self.python} ({build})"


def gil_enabled() -> bool:
    """Whether this interpreter runs under a GIL now: a free-threaded build can have it switched on again."""
    ask = getattr(sys, "_is_gil_enabled", None)
    return True if ask is None else bool(ask())


def _quota() -> float | None:
    """Cores that a container may use at most; None without a limit."""
    try:
        limit, period = _CGROUP_QUOTA.read_text().split()
        return int(limit) / int(period)
    except (OSError, ValueError):
        return None


def usable_cores() -> int:
    """Cores for this process, at least 1."""
    online = os.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else online
    quota = _quota()
    return max(1, min(affinity, round(quota) if quota else affinity))


def _processor() -> str:
    try:
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def room_for(*, processes: bool) -> tuple[int, str]:
    """How many workers this process can start now, and what sets that number: open files, threads or memory."""
    limits = [(_files(), "open files allow"), (_threads(), "the limit of processes and threads allows")]
    if processes:
        limits.append((free_bytes() // _BYTES_PER_PROCESS, "memory allows"))
    most, why = min(((count, why) for count, why in limits if count is not None), default=(MOST_WORKERS, ""))
    return max(most, 1), why


def _files() -> int | None:
    """Workers that the limit of open files has room for; None where there is none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else (soft - _SPARE_FILES) // FILES_PER_WORKER


def _threads() -> int | None:
    """Threads that a container still allows, or this user's limit, whose other threads are not counted."""
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
        limits = [] if soft == resource.RLIM_INFINITY or os.getuid() == 0 else [soft - _SPARE_THREADS]
    except (ImportError, AttributeError):
        limits = []
    try:
        most, now = (int((_CGROUP / name).read_text()) for name in ("pids.max", "pids.current"))
        limits.append(most - now - _SPARE_THREADS)
    except (OSError, ValueError):  # no container, or `max`
        pass
    return min(limits, default=None)


def free_bytes() -> int:
    """Memory that this process may still take: of the machine, or of its container."""
    import psutil

    free = int(psutil.virtual_memory().available)
    try:
        most, now = (int((_CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
        free = min(free, most - now)
    except (OSError, ValueError):
        pass
    return free


def _default_threads() -> int:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        return int(getattr(pool, "_max_workers", min(32, (os.cpu_count() or 1) + 4)))


@cache
def this_machine() -> Machine:
    """The one we run on. Cached: none of it changes while the program runs."""
    import psutil

    processor, memory = _processor(), int(psutil.virtual_memory().total)
    system = f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"
    cores, online = usable_cores(), os.cpu_count() or 1
    # Memory to the nearest GiB: what the firmware keeps for itself differs from boot to boot.
    facts = f"{processor}|{platform.machine()}|{cores}|{online}|{round(memory / 2**30)}|{platform.system()}"
    return Machine(
        # A letter before it, or readers take some of them for numbers.
        id="m" + hashlib.blake2b(facts.encode(), digest_size=4).hexdigest(),
        processor=processor,
        cores=cores,
        cores_online=online,
        memory_bytes=memory,
        system=system,
        python=platform.python_version(),
        implementation=platform.python_implementation(),
        gil=gil_enabled(),
        free_threaded_build=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        default_threads=_default_threads(),
    )
