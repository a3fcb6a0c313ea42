"""What a tune says of itself: before its first trial, after each, and at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from poolbench.analysis.model import Summary
    from poolbench.errors import Caution, UsageError
    from poolbench.measure.machine import Machine
    from poolbench.results.columns import Trial
    from poolbench.tuning.answer import Recommendation
    from poolbench.tuning.evidence import Evidence
    from poolbench.tuning.search import Lane
    from poolbench.workloads.base import Workload


@dataclass(frozen=True)
class Start:
    """What is known before the first trial."""

    workload: Workload
    lanes: tuple[Lane, ...]
    budget_s: float
    machine: Machine


@dataclass(frozen=True)
class Step:
    """A trial has ended."""

    trial: Trial
    evidence: Evidence
    passed_s: float


@dataclass(frozen=True)
class Outcome:
    """What a tune came to."""

    recommendation: Recommendation | None
    """None where no run succeeded."""
    evidence: Evidence
    summary: Summary | None
    """The trials as a sweep; None if there were none."""
    trials: tuple[Trial, ...]
    files: tuple[Path, ...]
    cautions: tuple[Caution, ...]
    measured_s: float
    arithmetic: bool
    """The tasks only wait: more workers are always faster, and the answer says nothing of work."""
    interrupted: bool = False
    stopped: UsageError | None = None
    """What ended it early: the rows so far are kept."""
