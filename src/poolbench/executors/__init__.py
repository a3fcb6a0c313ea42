"""HOW tasks run. One file a kind; this one finds them by name."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import NamedTuple

from poolbench.errors import UsageError, unknown
from poolbench.executors.base import Kind, Strategy, settle
from poolbench.executors.own import own_kind
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
    "interpreters": _Home("poolbench.executors.interpreters", python=(3, 14)),
    "loky": _Home("poolbench.executors.loky", "loky"),
    "dask": _Home("poolbench.executors.dask", "distributed"),
}
BASELINE = "sequential"
_OPTION = re.compile(r":(?=[a-z_]+=)")


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
    name, *pairs = _OPTION.split(text.strip())
    given = dict(pair.split("=", 1) for pair in pairs)
    if ":" in name and name.partition(":")[0] in names():
        raise UsageError(f"cannot read --executor {text}", "write options as name:key=value")
    return settle(kind(name), given)


def strategies(text: str) -> tuple[Strategy, ...]:
    """A comma list of them; the baseline is always measured and need not be named."""
    found = [strategy(part) for part in text.split(",") if part.strip()]
    if not found:
        raise UsageError("no executor is named", "write --executor threads,processes,asyncio")
    return tuple(each for each in found if each.kind.name != BASELINE)
