"""The timeline chart of a trial that was watched."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from poolbench.analysis.model import CellSummary, Summary
from poolbench.analysis.timeline import of_trial
from poolbench.measure.machine import this_machine

if TYPE_CHECKING:
    from pathlib import Path

    from poolbench.watching.board import Board

_SOURCE = "watched, not measured"


def save(board: Board, folder: Path) -> list[Path]:
    """PNG and SVG in `folder`; none where no task is known to have started."""
    scene = board.scene
    trial = of_trial(scene.executor, scene.workers, board.spans(), options=scene.options)
    if trial is None:
        return []
    from poolbench.charts import timeline

    tasks = len(scene.labels)
    summary = Summary(
        workload=scene.workload,
        params=scene.params,
        rate="makespan",
        blocks=1,
        baseline=CellSummary("sequential", "", 1, tasks, 0, 0),
        curves=(),
        best=None,
        rivals=(),
        machine=this_machine().as_dict(),
        started_at=datetime.fromtimestamp(scene.epoch_s, UTC).isoformat(),
        source=_SOURCE,
    )
    return timeline.save(summary, trial, folder, suffix="watch")
