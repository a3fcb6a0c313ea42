from __future__ import annotations
from poolbench.tuning.evidence import Choice

class Watch:
    next: Choice | None = None
