"""What a reader of a trial that was watched may wonder about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolbench.watching.plain import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poolbench.watching.board import Watched


def notes(found: Watched) -> Iterator[str]:
    """One line each."""
    if found.interrupted:
        yield "interrupted"
        return
    board, scene = found.board, found.board.scene
    tasks = len(scene.labels)
    if board.surplus:
        yield "more futures were running than workers: a process pool counts those that lie in the queue to them"
    if not board.spans():
        yield f"the workers of {scene.executor} do not report: what they ran when is not known"
    elif board.failed and scene.submission == "map":
        yield "Executor.map itself raises the first exception and ends; here the other results are still asked for"
    if found.given is not None and found.given > tasks:
        yield f"the first {tasks} of {counted(found.given, 'item')}; give --tasks for more"
