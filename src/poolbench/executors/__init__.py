"""HOW tasks run. One file a kind; this one finds them by name."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import NamedTuple

from poolbench.errors import UsageError, unknown
from poolbench.executors.base import Kind, Strategy, settle
from poolbench.executors.own import own_kind
from poolbench.units import MOST_WORKERS, worker_counts
from poolbench.workloads.target import resolve

_GROUP = "poolbench.executors"


class _Home(NamedTuple):
    module: str
    package: str = ""
    """To be installed, by the extra that is called as the kind."""
    python: tuple[int, int] = (3, 11)


_BUILT_IN = {
    "sequential": _Home("poolbench.executors.sequential"),
    "threads": _Home("poolbench.executors.threads"),
    "processes": _Home("poolbench.executors.processes"),
    "asyncio": _Home("poolbench.executors.coroutines"),
    "processes/threads": _Home("poolbench.executors.processes_threads"),
    "processes/asyncio": _Home("poolbench.executors.processes_asyncio"),
    "interpreters": _Home("poolbench.executors.interpreters", python=(3, 14)),
    "loky": _Home("poolbench.executors.loky", "loky"),
    "dask": _Home("poolbench.executors.dask", "distributed"),
}
BASELINE = "sequential"
_SIZED = re.compile(r"(\w+):(\d{1,9})(|:[a-z_]+=.*)")
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
        home = _BUILT_IN[name]
        _verify(name, home)
        found: Kind = import_module(home.module).KIND
        return found
    for point in entry_points(group=_GROUP, name=name):
        try:
            loaded = point.load()
        except ImportError as problem:
            raise UsageError(f"executor {name} cannot be loaded ({problem})", f"install {point.value}") from None
        return loaded if isinstance(loaded, Kind) else own_kind(name, loaded)
    if ":" in name:
        return own_kind(name, resolve(name))
    raise unknown("executor", name, names(), ", or module:function of your own")


def needs(name: str) -> str:
    """What a kind of ours needs beside poolbench itself, `Python 3.14` or a package; empty for nothing."""
    home = _BUILT_IN.get(name, _Home(""))
    return home.package or ("Python {}.{}".format(*home.python) if home.python > _Home("").python else "")


def _verify(name: str, home: _Home) -> None:
    """UsageError where this interpreter lacks what a kind needs."""
    if sys.version_info < home.python:
        this = "{}.{}".format(*sys.version_info)
        raise UsageError(f"executor {name} needs {needs(name)}; this is {this}", "run poolbench with a newer Python")
    if home.package and find_spec(home.package) is None:
        raise UsageError(f"executor {name} is not installed", f"pip install 'poolbench[{name}]'")


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
    if ":" in name and name.partition(":")[0] in names():
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
        most = max(found[-1].counts, default=settled.step)
        if most > MOST_WORKERS:
            raise UsageError(f"{text} has {most} workers", f"at most {MOST_WORKERS} can be had")
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


def sized(text: str) -> tuple[Strategy, int | None]:
    """`threads:3`, options after it, as a strategy and its number of workers; None where no number stands there."""
    match = _SIZED.fullmatch(text.strip())
    if match is None:
        found = strategy(text)
        if len(found.counts) > 1:
            raise UsageError(f"{text} are {len(found.counts)} numbers of workers", "name one")
        return found, (found.counts[0] if found.counts else None)
    name, count, options = match.groups()
    return strategy(name + options), int(count)
