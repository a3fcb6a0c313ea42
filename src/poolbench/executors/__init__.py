"""HOW tasks run. One file a kind; this one finds them by name."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module
from importlib.metadata import entry_points

from poolbench.errors import UsageError, unknown
from poolbench.executors.base import Kind, Strategy, settle
from poolbench.units import MOST_WORKERS, worker_counts

_GROUP = "poolbench.executors"
_BUILT_IN = {
    "sequential": "poolbench.executors.sequential",
    "threads": "poolbench.executors.threads",
    "processes": "poolbench.executors.processes",
    "asyncio": "poolbench.executors.coroutines",
    "processes/threads": "poolbench.executors.processes_threads",
    "processes/asyncio": "poolbench.executors.processes_asyncio",
}
BASELINE = "sequential"
_OPTION = re.compile(r":(?=[a-z_]+=)")
_LEVELS = re.compile(r"(processes|threads|asyncio)\b([^/]*)/(\w+)(.*)")
_COMMA = re.compile(r",(?!\s*\d)")
"""Between executors; one before a digit stands in a list of counts."""


def names() -> tuple[str, ...]:
    """All kinds by name, our own first."""
    others = (point.name for point in entry_points(group=_GROUP))
    return (*_BUILT_IN, *(name for name in others if name not in _BUILT_IN))


def kind(name: str) -> Kind:
    """The kind called `name`; UsageError if there is none, or its package cannot be imported."""
    if name in _BUILT_IN:
        found: Kind = import_module(_BUILT_IN[name]).KIND
        return found
    for point in entry_points(group=_GROUP, name=name):
        try:
            found = point.load()
        except ImportError as problem:
            raise UsageError(f"executor {name} cannot be loaded ({problem})", f"install {point.value}") from None
        return found
    raise unknown("executor", name, names())


def strategy(text: str) -> Strategy:
    """`threads` or `processes:start=spawn:chunksize=4`, all other options at their defaults."""
    found = _read(text.strip())
    if len(found) > 1:
        raise UsageError(f"{text} are {len(found)} executors", "name one number of processes")
    return found[0]


def _read(text: str) -> list[Strategy]:
    if levels := _LEVELS.fullmatch(text):
        return _two_levels(text, *levels.groups())
    name, given = _options(text)
    if ":" in name:
        raise UsageError(f"cannot read --executor {text}", "write options as name:key=value")
    return [settle(kind(name), given)]


def _options(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the options, and these."""
    name, *pairs = _OPTION.split(text)
    return name, dict(pair.split("=", 1) for pair in pairs)


def _two_levels(text: str, outer: str, more: str, inner: str, rest: str) -> list[Strategy]:
    """`processes:2/threads:16`, both counts lists if need be: a strategy for each outer count, with its products.

    Without an inner count the worker counts are those that everything is asked for; options stand on either side.
    """
    name = f"{outer}/{inner}"
    if name not in _BUILT_IN:
        both = " and ".join(each for each in _BUILT_IN if "/" in each)
        raise UsageError(f"no two levels {name}", f"there are {both}: write processes:2/threads:16")
    (outer_counts, options), (inner_counts, others) = _options(more), _options(rest)
    given = options | others
    many = _counts(outer_counts, text) or [None]
    each_has = _counts(inner_counts, text)
    found = []
    for count in many:
        settled = settle(kind(name), given if count is None else given | {outer: str(count)})
        found.append(replace(settled, counts=tuple(settled.step * each for each in each_has)))
        if found[-1].counts and found[-1].counts[-1] > MOST_WORKERS:
            raise UsageError(f"{text} has {found[-1].counts[-1]} workers", f"at most {MOST_WORKERS} can be had")
    return found


def _counts(text: str, whole: str) -> tuple[int, ...]:
    """Of `:1,2,4` or `:1..64`; none of nothing."""
    if not text:
        return ()
    if not text.startswith(":"):
        raise UsageError(f"cannot read --executor {whole}", "write processes:2/threads:16")
    return worker_counts(text[1:], f"--executor {whole}")


def parts(text: str) -> list[str]:
    """The executors of a comma list, as they were typed."""
    return [part.strip() for part in _COMMA.split(text) if part.strip()]


def strategies(text: str) -> tuple[Strategy, ...]:
    """A comma list of them; the baseline is always measured and need not be named."""
    found = [each for part in parts(text) for each in _read(part)]
    if not found:
        raise UsageError("no executor is named", "write --executor threads,processes,asyncio")
    return tuple(each for each in found if each.kind.name != BASELINE)
