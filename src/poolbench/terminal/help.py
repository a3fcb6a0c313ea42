"""What `--help` prints: names on the left, what they do on the right, wrapped to the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cyclopts.help.formatters.plain import PlainFormatter

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

_WIDEST_NAME = 24
"""Longer ones stand on a line of their own."""
_INDENT = "  "
_ENDLESS = 10_000


class Columns(PlainFormatter):
    """Plain text in two columns; cyclopts' own wraps each entry twice."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """One panel: its title and its entries."""
        endless = options.update(width=_ENDLESS)
        entries = [(_names(entry, panel), _says(entry, console, endless)) for entry in panel.entries]
        if not entries:
            return
        wide = min(max(len(names) for names, _ in entries), _WIDEST_NAME)
        text = "\n".join(_line(names, says, wide, console.width) for names, says in entries)
        console.print(f"{panel.title}:\n{text}\n", highlight=False, markup=False, soft_wrap=True)


def _names(entry: HelpEntry, panel: HelpPanel) -> str:
    if panel.format == "parameter":
        return ", ".join(entry.display_labels_with_metavar)
    return ", ".join([*entry.positive_names, *entry.positive_shorts])


def _says(entry: HelpEntry, console: Console, endless: ConsoleOptions) -> str:
    """On one line: the docstring's own line ends mean nothing here."""
    parts = console.render(entry.description, endless) if entry.description else ()
    return " ".join("".join(part.text for part in parts).split())


def _line(names: str, says: str, wide: int, width: int) -> str:
    start = f"{_INDENT}{names:<{wide}}{_INDENT}"
    below = " " * (wide + 2 * len(_INDENT))
    if len(names) > wide:
        return f"{_INDENT}{names}\n{_wrapped(says, below, below, width)}"
    return _wrapped(says, start, below, width)


def _wrapped(text: str, first: str, below: str, width: int) -> str:
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=below, break_on_hyphens=False)
