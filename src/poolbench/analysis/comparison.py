"""Two measurements of one cell: faster, slower, no change or unclear."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.analysis.estimate import Estimate

MARGIN = 0.05
"""Changes inside this are no change."""
FALSE_ALARMS = 0.05
"""Expected share of false ones among the changes that are called."""


def verdict(ratio: Estimate, margin: float = MARGIN) -> str:
    """Of new over old: `no change` if its interval lies inside the margin, `faster` or `slower` if it leaves out 1.

    `unclear` otherwise: more runs would tell. So nobody wins where intervals overlap.
    """
    interval = ratio.interval
    if interval is None:
        return "unclear"
    if interval.low >= 1 - margin and interval.high <= 1 + margin:
        return "no change"
    if interval.low > 1:
        return "faster"
    return "slower" if interval.high < 1 else "unclear"


def verdicts(ratios: Sequence[Estimate], margin: float = MARGIN) -> list[str]:
    """Of many cells at once.

    Of 40 intervals of 95 % one or two leave out 1 though nothing changed. So a change is called only where it also
    holds among all cells (Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57); else it is unclear.
    """
    holding = _holding([ratio.p_value for ratio in ratios])
    alone = [verdict(ratio, margin) for ratio in ratios]
    return [
        "unclear" if said in ("faster", "slower") and not holds else said
        for said, holds in zip(alone, holding, strict=True)
    ]


def _holding(p_values: Sequence[float]) -> list[bool]:
    """Which hold among all: those up to the last that lies below its share of the level."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    passing = [rank for rank, index in enumerate(order, 1) if p_values[index] <= FALSE_ALARMS * rank / len(p_values)]
    held = set(order[: max(passing, default=0)])
    return [index in held for index in range(len(p_values))]
