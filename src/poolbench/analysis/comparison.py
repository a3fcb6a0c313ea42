"""Two measurements of one cell: faster, slower, no change or unclear."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolbench.analysis.statistics import Estimate

MARGIN = 0.05
"""Changes inside this are no change."""


def verdict(ratio: Estimate) -> str:
    """Of new over old: `no change` if its interval lies inside the margin, `faster` or `slower` if it leaves out 1.

    `unclear` otherwise: more runs would tell. So nobody wins where intervals overlap.
    """
    interval = ratio.interval
    if interval is None:
        return "unclear"
    if interval.low >= 1 - MARGIN and interval.high <= 1 + MARGIN:
        return "no change"
    if interval.low > 1:
        return "faster"
    return "slower" if interval.high < 1 else "unclear"
