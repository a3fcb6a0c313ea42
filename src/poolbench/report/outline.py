"""SVG path data made small: a tenth of a point is finer than any screen shows, and most steps are level or upright."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PART = re.compile(r"[A-Za-z]|-?\d+(?:\.\d+)?(?:e-?\d+)?")
_PAIRS = {"M": 1, "L": 1, "Q": 2, "C": 3}
_SCALE = 10


def compact(data: str) -> str:
    """The same path, as matplotlib writes it (M, L, Q, C and z, all absolute), in tenths and relative steps."""
    return "".join(_commands(_PART.findall(data)))


def _commands(parts: list[str]) -> Iterator[str]:
    x = y = 0
    at = 0
    while at < len(parts):
        letter = parts[at]
        if letter not in _PAIRS:
            yield letter
            at += 1
            continue
        end = at + 1 + 2 * _PAIRS[letter]
        pairs = [round(float(each) * _SCALE) for each in parts[at + 1 : end]]
        at = end
        if letter == "M":
            yield f"M{_number(pairs[0])}{_next(pairs[1])}"
        elif letter == "L":
            yield _line(pairs[0] - x, pairs[1] - y)
        else:
            steps = [value - (y if number % 2 else x) for number, value in enumerate(pairs)]
            yield letter.lower() + _number(steps[0]) + "".join(_next(step) for step in steps[1:])
        x, y = pairs[-2:]


def _line(right: int, down: int) -> str:
    """A step; nothing for one too short to be seen."""
    if right == 0 and down == 0:
        return ""
    if down == 0:
        return f"h{_number(right)}"
    return f"v{_number(down)}" if right == 0 else f"l{_number(right)}{_next(down)}"


def _number(tenths: int) -> str:
    """`12.3`, `-.5`, `4`."""
    whole, rest = divmod(abs(tenths), _SCALE)
    text = f"{whole or ''}.{rest}" if rest else f"{whole}"
    return f"-{text}" if tenths < 0 else text


def _next(tenths: int) -> str:
    """With what separates it from the number before it."""
    return _number(tenths) if tenths < 0 else f" {_number(tenths)}"
