"""Two levels of workers: `processes/threads` with the option `processes=2` is two processes, each with threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poolbench.units import split

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Levels:
    """How an executor's workers lie in one another."""

    outer: str
    inner: str
    count: int
    """Outer workers."""

    def each(self, workers: int) -> int | None:
        """Of so many workers in all, those in each outer one; None where they are not spread evenly."""
        return workers // self.count if workers % self.count == 0 else None


def levels(executor: str, options: str) -> Levels | None:
    """Those of an executor with its options as they stand in the CSV; None for one level."""
    outer, slash, inner = executor.partition("/")
    count = split(options).get(outer, "") if slash else ""
    return Levels(outer, inner, int(count)) if count.isdecimal() and int(count) else None


def beside(executor: str, options: str) -> dict[str, str]:
    """The options without the outer count, which the name of a lane says already."""
    found = levels(executor, options)
    return {key: value for key, value in split(options).items() if not found or key != found.outer}


def telling(executor: str, options: str, siblings: Iterable[str]) -> str:
    """Those options that not all lanes of the executor have, as in `start=spawn`; `siblings` are the lanes' options."""
    others = [split(each) for each in siblings]
    own = beside(executor, options).items()
    return " ".join(f"{key}={value}" for key, value in own if any(each.get(key) != value for each in others))
