"""The words of a comparison: what changed most, and between which two sweeps."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from poolbench.analysis.compare import changed_parameters
from poolbench.charts.findings import LONGEST_TITLE, who
from poolbench.charts.text import plain, shorten, shorten_path

if TYPE_CHECKING:
    from poolbench.analysis.compare import Change, Comparison
    from poolbench.charts.style import Theme

_LONGEST_FACT = 60
_SHORT = 20


def title(found: Comparison) -> str:
    """What changed, the most first; or that nothing did, or that it cannot be told."""
    pythons = [side.origin.python for side in (found.old, found.new)]
    lead = f"Python {pythons[1]} against {pythons[0]}: " if pythons[0] != pythons[1] else ""
    bodies = _changes(found) or [_nothing(found)]
    texts = [each[0].upper() + each[1:] for each in (*(lead + body for body in bodies), *bodies)]
    return next((text for text in texts if len(text) <= LONGEST_TITLE), shorten(texts[-1], LONGEST_TITLE))


def _changes(found: Comparison) -> list[str]:
    """With the names of what gained and lost most; then with fewer words."""
    lost = sorted((row for row in found.rows if row.verdict == "slower"), key=lambda row: row.ratio or 0.0)
    won = sorted((row for row in found.rows if row.verdict == "faster"), key=lambda row: -(row.ratio or 0.0))
    failed = found.counted("failed")
    parts = [f"{failed} of {len(found.rows)} cells fail now"] if failed else []
    most = [f"{_who(rows[0])} {verb} {_share(rows[0])}" for rows, verb in ((won, "gain"), (lost, "lose")) if rows]
    both = [f"{len(won)} faster" if won else "", f"{len(lost)} slower" if lost else ""]
    counted = f"{' and '.join(filter(None, both))} of {len(found.rows)} cells"
    if not (won or lost):
        return [", ".join(parts)] if parts else []
    return [", ".join([*parts, *most]), ", ".join([*parts, counted])]


def _who(row: Change) -> str:
    return f"{shorten(plain(row.workload), _SHORT)} on {who(row.executor, row.workers, row.options, _SHORT)}"


def _share(row: Change) -> str:
    """`8 %`; more than twice as `2.4×`."""
    ratio = row.ratio or 1.0
    return f"{ratio:.1f}×" if ratio >= 2 else f"{abs(ratio - 1) * 100:.0f} %"


def _nothing(found: Comparison) -> str:
    unclear = found.counted("unclear")
    if not unclear:
        return f"no change in {'the one cell' if len(found.rows) == 1 else f'any of {len(found.rows)} cells'}"
    if not any(row.ratio_ci for row in found.rows):
        return "one run each cannot tell what changed"
    return f"nothing surely changed; {unclear} of {len(found.rows)} cells are unclear"


def said(row: Change) -> str:
    """The verdict at the end of a row."""
    if row.verdict == "faster":
        return f"▲ {_share(row)} faster"
    if row.verdict == "slower":
        return f"▼ {_share(row)} slower"
    return {"failed": "× every run failed", "unclear": "unclear: run more"}.get(row.verdict, row.verdict)


def colour(look: Theme, row: Change) -> str:
    """Of bar and mark."""
    return {"faster": look.good, "slower": look.bad, "failed": look.bad}.get(row.verdict, look.text3)


def reading(found: Comparison, drawn: int) -> list[str]:
    """What bars, zone and verdicts mean."""
    says = ["Ratio of throughputs with its 95 % CI", f"zone: ±{found.margin * 100:g} % counts as no change"]
    blocks = (found.old.blocks, found.new.blocks)
    runs = "1 run" if max(blocks) == 1 else f"{blocks[1]} runs"
    says.append(f"{runs} each" if blocks[0] == blocks[1] else f"{blocks[0]} and {blocks[1]} runs")
    says.append("a change must hold among all cells")
    more = len(found.rows) - drawn
    return says + ([f"{drawn} of {len(found.rows)} cells, those furthest from 1"] if more else [])


def provenance(found: Comparison) -> list[str]:
    """Both files with interpreter and date; the machine; parameters that differ."""
    same = found.old.origin.machine == found.new.origin.machine
    differ = dict.fromkeys(filter(None, (changed_parameters(row) for row in found.rows)))
    facts = []
    for name, side in (("old", found.old), ("new", found.new)):
        file = shorten_path(plain(PurePath(side.source).name), _LONGEST_FACT)
        facts.append(f"{name}: {file}, {side.origin.interpreter}, {side.started_at[:10]}")
    facts.append("same machine" if same else "another machine")
    return [*facts, *(shorten(plain(each), _LONGEST_FACT) for each in differ)]
