"""Where commands write."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from poolbench.errors import unknown

if TYPE_CHECKING:
    from poolbench.terminal.screen import Screen


def print_json(whole: object) -> None:
    """One document on stdout."""
    import json

    sys.stdout.write(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def screen_for(color: str, *, quiet: bool = False) -> Screen:
    """For the result and for messages; UsageError for a colour mode that is none."""
    from poolbench.terminal.screen import COLOURS, screen

    if color not in COLOURS:
        raise unknown("colour mode", color, COLOURS)
    return screen(color, quiet=quiet)
