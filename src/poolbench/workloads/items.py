"""The user's own items: from a file, a range, a name in a module, or whatever can be iterated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from poolbench.errors import UsageError
from poolbench.units import shown
from poolbench.workloads.target import resolve, users_own

_RANGE = re.compile(r"range\(\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?(?:,\s*(-?\d+)\s*)?\)")
MOST_ITEMS = 10_000_000


def read_items(text: str) -> Sequence[Any]:
    """Items from a file (one a line), `range(...)`, or `module:iterable`. UsageError if there are none."""
    if not text:
        raise UsageError("a function of your own needs items", "add --items FILE, range(100) or module:iterable")
    match = _RANGE.fullmatch(text.strip())
    if match is not None:
        found: Sequence[Any] = _range([int(each) for each in match.groups() if each is not None], text)
    elif ":" in text and not Path(text).exists():
        found = _iterate(resolve(text), text)
    else:
        found = _lines(Path(text))
    return _counted(found, text)


def gather_items(items: Iterable[Any] | Path, name: str) -> Sequence[Any]:
    """All of `items`, of whatever type, for the function `name`; text or a path is read as `--items` is.

    A generator is run to its end here, once. UsageError if it has none, or more than MOST_ITEMS. What the iterable
    itself raises passes through.
    """
    if isinstance(items, str | Path):
        return read_items(str(items))
    try:
        each = iter(items)
    except TypeError:  # also of what only seems so, such as an array of no dimension
        what = f"the items of {name} are not iterable ({type(items).__name__})"
        raise UsageError(what, "give a list of them") from None
    found = items if isinstance(items, list | tuple | range) else list(islice(each, MOST_ITEMS + 1))
    return _counted(found, f"the batch of {name}")


def _counted(found: Sequence[Any], where: str) -> Sequence[Any]:
    if not found:
        raise UsageError(f"no items in {where}", "a batch needs at least one")
    if len(found[: MOST_ITEMS + 1]) > MOST_ITEMS:
        raise UsageError(f"too many items in {where}", f"a trial runs them all: give at most {MOST_ITEMS:,}")
    return found


def _range(bounds: list[int], text: str) -> range:
    try:
        return range(*bounds)
    except ValueError:
        raise UsageError(f"cannot read --items {text}", "its step must not be 0") from None


def _iterate(found: Any, text: str) -> list[Any]:
    try:
        given = found() if callable(found) else found
        if isinstance(given, Iterable):
            return list(islice(given, MOST_ITEMS + 1))
    except Exception as problem:  # noqa: BLE001  the user's own code runs here
        raise users_own(problem, f"{text} gave no items") from None
    what = "returned" if callable(found) else "is"
    raise UsageError(
        f"{text} {what} {shown(given)}, which is not iterable", "name a list, or a function that returns one"
    )


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise UsageError(
            f"cannot read items from {path} ({why})",
            "name a text file, one item a line, range(100), or module:iterable",
        ) from None
    return [line for line in text.splitlines() if line.strip()]
