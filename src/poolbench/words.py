"""How poolbench names things to people: the nouns and verbs of its workloads, numbers with their units."""

from __future__ import annotations

from poolbench.units import split

_WORDS = {
    "flags": ("flags", "download flags"),
    "loiter": ("tasks", "loiter"),
    "primes": ("numbers", "test primes"),
}


_WORKERS = {
    "threads": ("thread", "threads"),
    "processes": ("process", "processes"),
    "interpreters": ("interpreter", "interpreters"),
}


def workers(executor: str, count: int) -> str:
    """`24 threads`, `1 process`, `32 asyncio workers`."""
    one, many = _WORKERS.get(executor, (f"{executor} worker", f"{executor} workers"))
    return f"{count} {one if count == 1 else many}"


def parameters(params: str, sign: str = " ") -> list[str]:
    """`key value` of each parameter that is neither nothing nor zero."""
    pairs = split(params).items()
    return [f"{key}{sign}{value}" for key, value in pairs if value not in ("", "0")]


def noun(workload: str) -> str:
    """What one task of `workload` yields, in the plural: `flags`, `numbers`, `tasks`."""
    return _WORDS.get(workload, ("tasks", ""))[0]


def does(workload: str) -> str:
    """What an executor does with `workload`: `download flags`, `run jobs:fetch`."""
    return _WORDS.get(workload, ("", f"run {workload}"))[1]


def figures(value: float) -> str:
    """Three significant digits, thousands apart: 0.0123, 1.23, 12.3, 123, 1,230."""
    # Rounded first, as 999.6 has a digit more than it seems; adding 0 makes a negative zero a plain one.
    value = float(f"{value:.3g}") + 0.0
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 2
    scale = abs(value)
    while scale >= 10:
        scale, digits = scale / 10, digits - 1
    while scale < 1:
        scale, digits = scale * 10, digits + 1
    return f"{value:.{max(digits, 0)}f}"


def times(ratio: float) -> str:
    """A ratio with one decimal and its sign: `11.8×`."""
    return f"{ratio:.1f}×"
