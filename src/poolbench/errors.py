"""What poolbench says when it is asked for something that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UsageError(Exception):
    """A request that cannot be met: `message` says what is wrong, `tip` what to type instead."""

    def __init__(self, message: str, tip: str) -> None:
        super().__init__(message)
        self.add_note(f"tip: {tip}")  # for tracebacks in the user's own program
        self.message = message
        self.tip = tip

    def __reduce__(self) -> tuple[type[UsageError], tuple[str, str]]:
        """It can come back from a worker process."""
        return type(self), (self.message, self.tip)


class CutShortError(UsageError):
    """A sweep that cannot go on, after the request was good: what was measured is kept."""


class CautionWarning(UserWarning):
    """Something that may mislead whoever reads a sweep's results, or a tune's, and what to do about it."""


def refusal(problem: Exception) -> str:
    """What the system says against something, in words: `no space left on device`."""
    return (getattr(problem, "strerror", None) or str(problem)).lower()


@dataclass(frozen=True)
class Caution:
    """Something that may mislead whoever reads a result: which check found it, what, and the remedy."""

    check: str
    text: str
    tip: str


def unknown(kind: str, name: str, known: Iterable[str], otherwise: str = "") -> UsageError:
    """The error for a `name` that is not among the `known` ones: the nearest first, then the others.

    `otherwise` ends the tip with what else would have been accepted.
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    others = [each for each in names if each not in near]
    listed = ", ".join(others) + otherwise
    if near:
        tip = f"did you mean {near[0]}?" + (f" Others: {listed}" if listed else "")
    else:
        tip = f"choose from {listed}"
    return UsageError(f"no {kind} named {name}", tip)
