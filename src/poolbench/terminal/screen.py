"""The two streams, their colours, and how errors and warnings look on them."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text
from rich.theme import Theme

from poolbench.palette import DARK, LIGHT
from poolbench.units import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolbench.errors import Caution, UsageError

COLOURS = ("auto", "always", "never")
_LIGHT_BACKGROUNDS = ("7", "15")


def _light_terminal() -> bool:
    """What some terminals say of themselves: `foreground;background`."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_BACKGROUNDS


def _theme(*, light: bool) -> Theme:
    colours = LIGHT if light else DARK
    styles = {f"strategy.{name}": colour for name, colour in colours.items()}
    return Theme({**styles, "bad": "bold red", "good": "bold green", "warn": "yellow", "quiet": "dim"})


class _Console(Console):
    """Rich ends the process with a status of its own where the reader of a pipe has gone; ours is for that to say."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _console(colour: str, stream: TextIO, width: int | None) -> Console:
    plain = colour == "never" or (colour == "auto" and bool(os.environ.get("NO_COLOR")))
    # NO_COLOR leaves rich its bold and underline; nobody asked for these either.
    fancy = not plain and (colour == "always" or (stream.isatty() and os.environ.get("TERM") != "dumb"))
    return _Console(
        file=stream,
        width=width,
        theme=_theme(light=_light_terminal()),
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
        no_color=not fancy,
        color_system="truecolor" if fancy else None,
        force_terminal=True if fancy else None,
    )


def recorder(width: int) -> Console:
    """A console that shows nothing and keeps what is printed, in colour on a dark ground, to be exported."""
    return Console(
        file=StringIO(),
        width=width,
        theme=_theme(light=False),
        highlight=False,
        markup=False,
        emoji=False,
        record=True,
        color_system="truecolor",
        force_terminal=True,
        legacy_windows=False,
    )


def style_of(executor: str) -> str:
    """The name of an executor's colour in the theme."""
    return f"strategy.{executor if executor in DARK else 'other'}"


def say(console: Console, text: Text, indent: int = 2, *, first: int = 0) -> None:
    """Print `text` wrapped between words, `first` columns in and `indent` from the second line on.

    A word longer than a line, such as a path, stays whole: it must be good to copy.
    """
    for number, line in enumerate(text.divide(_breaks(text.plain, console.width - first, console.width - indent))):
        line.rstrip()
        console.print(Text.assemble(" " * (indent if number else first), line))


def _breaks(words: str, first: int, room: int) -> Iterator[int]:
    """Where new lines begin, if the first holds so many columns and the others `room`."""
    start, most = 0, first
    for word in re.finditer(r"\S+", words):
        if word.end() - start > most and word.start() > start:
            start, most = word.start(), room
            yield start


@dataclass(frozen=True)
class Screen:
    """Where a command writes."""

    out: Console
    err: Console
    quiet: bool = False
    """Only the verdict, and errors."""

    @property
    def live(self) -> bool:
        """Whether somebody watches stderr, so that a line may be drawn over."""
        return not self.quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def start_live(self) -> Live | None:
        """A display that is drawn over, only when it is told to: no thread of it runs. None where nobody watches."""
        if not self.live:
            return None
        found = Live(console=self.err, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False)
        found.start()
        return found

    @property
    def width(self) -> int:
        """Columns for tables."""
        return self.out.width

    def error(self, problem: UsageError) -> None:
        """`error:` what, `tip:` the fix."""
        self.err.print(Text.assemble(("error:", "bad"), " ", _harmless(problem.message)))
        self.err.print(Text.assemble(("  tip:", "good"), " ", _harmless(problem.tip)))

    def warn(self, caution: Caution) -> None:
        """One line with the remedy."""
        if not self.quiet:
            said = _harmless(f"{caution.text}; {caution.tip}")
            say(self.err, Text.assemble(("warning:", "warn"), " ", said))

    def note(self, text: str) -> None:
        """Something by the way."""
        if not self.quiet:
            self.err.print(Text(_harmless(text), style="quiet"))


def _harmless(text: str) -> str:
    """It may quote a file of somebody else's."""
    return "\n".join(map(printable, text.split("\n")))


@contextmanager
def prints_to_stderr() -> Iterator[None]:
    """What tasks print goes there, those of worker processes too: stdout is for the result."""
    sys.stdout.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of the two is closed
        yield
        return
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def screen(
    colour: str = "auto", *, quiet: bool = False, file: TextIO | None = None, width: int | None = None
) -> Screen:
    """The terminal, or `file` in the place of stdout, `width` columns wide."""
    out, err = _console(colour, file or sys.stdout, width), _console(colour, sys.stderr, width)
    return Screen(out, err, quiet)
