"""Invented entries of a profile, and functions to tune."""

from __future__ import annotations

from typing import Any

from poolbench.tuning.profile import Entry, Tuned, here
from poolbench.workloads.subject import Subject, source_of


def work(item: Any) -> Any:
    return item


async def work_async(item: Any) -> Any:
    return item


SUBJECT = Subject("tuned:work", "", source_of(work))


def entry(subject: Subject = SUBJECT, **changes: Any) -> Entry:
    """`work` on 24 threads, here and now."""
    known: dict[str, Any] = {
        "workload": subject.name,
        "params": subject.params,
        "source": subject.source,
        **here(),
        "executor": "threads",
        "options": "submission=map",
        "workers": 24,
        "workers_range": (20, 28),
        "per_s": 144.7,
        "speedup": 11.8,
        "speedup_ci": (11.5, 12.0),
        "tuned_at": "2026-11-22T15:41:00+00:00",
        "lanes": (Tuned("threads", "submission=map", 24, 144.7),),
    }
    return Entry(**{**known, **changes})
