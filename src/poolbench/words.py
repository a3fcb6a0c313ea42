"""How poolbench names things to people: the nouns and verbs of its workloads, numbers with their units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench.levels import levels
from poolbench.units import split

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS = {
    "flags": ("flags", "download flags"),
    "loiter": ("tasks", "loiter"),
    "primes": ("numbers", "test primes"),
}


WORKERS = {
    "threads": ("thread", "threads"),
    "processes": ("process", "processes"),
    "interpreters": ("interpreter", "interpreters"),
}
"""One and many, by executor."""
INNER = {"threads": ("thread", "threads"), "asyncio": ("coroutine", "coroutines")}
"""The same for workers inside of others."""


def workers(executor: str, count: int, options: str = "") -> str:
    """`24 threads`, `1 process`, `32 asyncio workers`; with options that say so, `2 processes × 16 threads`."""
    found = levels(executor, options)
    each = found.each(count) if found else None
    if found and each:
        return f"{_counted(found.count, WORKERS, found.outer)} × {_counted(each, INNER, found.inner)}"
    return _counted(count, WORKERS, executor)


def _counted(count: int, nouns: Mapping[str, tuple[str, str]], name: str) -> str:
    one, many = nouns.get(name, (f"{name} worker", f"{name} workers"))
    return f"{count} {one if count == 1 else many}"


def cross(executor: str, count: int, options: str, telling: str = "") -> str:
    """`threads × 24`, where a line is short; `2 processes × 16 threads`."""
    if levels(executor, options):
        return f"{workers(executor, count, options)} {telling}".rstrip()
    return f"{f'{executor} {telling}'.rstrip()} × {count}"


def lane(executor: str, options: str) -> str:
    """An executor without its count of workers: `threads`, `2 processes × threads`."""
    found = levels(executor, options)
    if found is None:
        return executor
    return f"{_counted(found.count, WORKERS, found.outer)} × {INNER.get(found.inner, ('', found.inner))[1]}"


def count_of(executor: str, count: int, options: str) -> str:
    """So many workers where their kind is said beside it: `32`, or `2 × 16`."""
    found = levels(executor, options)
    each = found.each(count) if found else None
    return f"{found.count} × {each}" if found and each else str(count)


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


_SMALL = 0.1
"""Below this one decimal would say nothing."""


def share(part: float) -> str:
    """`5 %`, `2.5 %`."""
    return f"{part * 100:.3g} %"


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
    """A ratio with one decimal and its sign: `11.8×`; with more of them where it is small: `0.031×`."""
    return f"{ratio:,.1f}×" if ratio >= _SMALL else f"{ratio:.2g}×"
