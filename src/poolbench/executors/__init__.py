"""HOW tasks run. One file a kind; this one finds them by name."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import entry_points

from poolbench.errors import UsageError, unknown
from poolbench.executors.base import Kind, Strategy, settle

_GROUP = "poolbench.executors"
_BUILT_IN = {
    "sequential": "poolbench.executors.sequential",
    "threads": "poolbench.executors.threads",
    "processes": "poolbench.executors.processes",
    "asyncio": "poolbench.executors.coroutines",
}
BASELINE = "sequential"
_SIZED = re.compile(r"(\w+):(\d{1,9})(|:[a-z_]+=.*)")
_OPTION = re.compile(r":(?=[a-z_]+=)")


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
    name, *pairs = _OPTION.split(text.strip())
    given = dict(pair.split("=", 1) for pair in pairs)
    if ":" in name:
        raise UsageError(f"cannot read --executor {text}", "write options as name:key=value")
    return settle(kind(name), given)


def strategies(text: str) -> tuple[Strategy, ...]:
    """A comma list of them; the baseline is always measured and need not be named."""
    found = [strategy(part) for part in text.split(",") if part.strip()]
    if not found:
        raise UsageError("no executor is named", "write --executor threads,processes,asyncio")
    return tuple(each for each in found if each.kind.name != BASELINE)


def sized(text: str) -> tuple[Strategy, int | None]:
    """`threads:3`, options after it, as a strategy and its number of workers; None where no number stands there."""
    match = _SIZED.fullmatch(text.strip())
    if match is None:
        return strategy(text), None
    name, count, options = match.groups()
    return strategy(name + options), int(count)
