"""A trial as a screen that is drawn anew ten times a second, and what is kept of it as a picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live

from poolbench.terminal.screen import recorder
from poolbench.watching.frame import frame

if TYPE_CHECKING:
    from pathlib import Path

    from poolbench.terminal.screen import Screen
    from poolbench.watching.board import Board
    from poolbench.watching.events import Event, View

_EVERY_S = 0.1
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_TALL = 60
"""Lines of a picture, which has no lower edge."""


class LiveView:
    """Stays on the screen at the end."""

    def __init__(self, screen: Screen, board: Board) -> None:
        self._console = screen.out
        self._board = board
        self._drawn = float("-inf")
        # Nothing of it runs on a thread: it is drawn when it is told of the time.
        self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._draw(self._board.at)
        self._live.stop()

    def tell(self, event: Event) -> None:
        """Stands on the board, and is drawn at the next tick."""

    def tick(self, now: float) -> None:
        """Draws, if it is time to."""
        if now - self._drawn >= _EVERY_S:
            self._draw(now)

    def _draw(self, now: float) -> None:
        self._drawn = now
        size = self._console.size
        colour = self._console.color_system is not None
        self._live.update(Group(*frame(self._board, now, size.width, size.height - 1, colour=colour)), refresh=True)


def save(board: Board, path: Path, title: str, width: int) -> None:
    """The last screen as an SVG, `width` columns wide."""
    console = recorder(width)
    for line in frame(board, board.at, width, _TALL):
        console.print(line)
    console.print()  # the export cuts the last line at its foot
    # Without rich's links to a font on the net: a picture in a README may not load it anyway.
    path.write_text(_FONT_FACE.sub("", console.export_svg(title=title)), encoding="utf-8")


def view_for(screen: Screen, board: Board, *, plain: bool) -> View:
    """The view of `board` for this screen."""
    from poolbench.watching.plain import Lines

    return Lines(screen, board.scene) if plain else LiveView(screen, board)
