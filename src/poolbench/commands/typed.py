"""Types of options that the command line reads more strictly than it would by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, Token

if TYPE_CHECKING:
    from collections.abc import Sequence


def _whole(kind: Any, tokens: Sequence[Token]) -> int:
    """`1.9` is a mistake, not 2."""
    del kind
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value} is no whole number") from None


Whole = Annotated[int, Parameter(converter=_whole)]
