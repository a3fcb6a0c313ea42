from __future__ import annotations

from typing import Any

import pytest
from watched_views import Seen

from poolbench.watching.board import Board, Watched
from poolbench.watching.watch import Request, watch
from poolbench.workloads.base import Recipe, Workload
from poolbench.workloads.loiter import RECIPE


@pytest.fixture
def see() -> Any:
    """Watches loiter with short units, or another workload; gives what was seen and what it came to."""

    def run(executor: str, submission: str = "map", workload: Workload | None = None, **more: Any) -> Any:
        views: list[Seen] = []

        def view(board: Board) -> Seen:
            views.append(Seen(board))
            return views[0]

        recipe = RECIPE if workload is None else Recipe(workload.name, {}, lambda *_: workload)
        settings = ("unit=2ms",) if workload is None else ()
        found: Watched = watch(
            Request(recipe, executor, submission=submission, settings=settings, plots=None, **more), view
        )
        return views[0], found

    return run
