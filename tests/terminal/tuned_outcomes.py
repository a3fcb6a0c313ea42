"""Invented ends of a search, for the screens of `tune`."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from poolbench.analysis.model import Interval
from poolbench.tuning.answer import Recommendation, Usage
from poolbench.tuning.evidence import Choice, Evidence, Row
from poolbench.tuning.outcome import Outcome
from poolbench.tuning.profile import Tuned
from poolbench.workloads.subject import Subject
from sweep_rows import summary, trial

MB = 2**20


def row(lane: str, workers: int, per_s: float | None, chance: float = 0.0) -> Row:
    ci = Interval(per_s * 0.98, per_s * 1.02) if per_s else None
    return Row(Choice(lane, workers), 5 if per_s else 0, 0 if per_s else 2, 0, per_s, ci, chance, chance)


ROWS = (
    row("sequential", 1, 12.3),
    row("threads", 8, 81.3),
    row("threads", 24, 144.7, 0.78),
    row("threads", 32, 150.9, 0.08),
    row("threads", 64, 125.8),
)
RACE = (*ROWS, row("asyncio", 32, 149.2, 0.14), row("processes:start=spawn", 16, None))


def found(**changes: object) -> Recommendation:
    known: dict[str, object] = {
        "subject": Subject("flags", "client=httpx;latency=50ms", "0.1.0"),
        "executor": "threads",
        "options": "submission=map",
        "chosen": {},
        "workers": 24,
        "workers_range": (20, 27),
        "per_s": 144.7,
        "ci": Interval(142.6, 146.9),
        "speedup": 11.8,
        "interval": Interval(11.5, 12.0),
        "chance": 0.93,
        "conclusive": True,
        "reason": "decided",
        "why": "threads: tasks wait for most of their 50 ms, so throughput follows workers; more help",
        "usage": Usage(24, 144.7, 0.001, 50 * MB),
        "fastest": Usage(32, 150.9, 0.0012, 60 * MB),
        "fastest_choice": Choice("threads", 32),
        "default": Usage(6, 68.2, 0.001, 40 * MB),
        "default_executor": "threads",
        "lanes": (Tuned("threads", "submission=map", 24, 144.7),),
    }
    return Recommendation(**{**known, **changes})  # type: ignore[arg-type]


def outcome(
    recommendation: Recommendation | None, rows: tuple[Row, ...] = ROWS, *, tolerance: float = 0.05, **changes: object
) -> Outcome:
    conclusive = bool(recommendation and recommendation.conclusive)
    best = SimpleNamespace(choice=Choice("threads", 24), chance_within=0.93) if recommendation else None
    possible = (Choice("threads", 16), Choice("threads", 48), Choice("asyncio", 32))
    reason = recommendation.reason if recommendation else "failed"
    more = 0 if conclusive else 12
    evidence = Evidence(rows, best, conclusive, reason, possible, 67, more, 0.05, tolerance)  # type: ignore[arg-type]
    known: dict[str, object] = {
        "recommendation": recommendation,
        "evidence": evidence,
        "summary": summary(machine={"text": "2 cores, CPython 3.11.7 (GIL)"}, best=None),
        "trials": (trial(),) * 67,
        "files": (Path("results/tune-flags.csv"), Path("results/tune-flags.json")),
        "cautions": (),
        "measured_s": 161.0,
        "arithmetic": False,
    }
    return Outcome(**{**known, **changes})  # type: ignore[arg-type]
