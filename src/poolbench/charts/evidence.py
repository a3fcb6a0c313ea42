"""Why this worker count: what was measured around it, and below, the chance that each count is the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FixedLocator, MaxNLocator

from poolbench.charts import evidence_words, rate_axis, style, worker_axis
from poolbench.charts.text import slug
from poolbench.words import noun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.evidence import Advice, Case, Weighed
    from poolbench.charts.rate_axis import Unit
    from poolbench.charts.style import Theme

_HEIGHT = 7.4
_LEFT, _WIDE, _NARROW = 0.66, 9.1, 7.74
"""Inches; narrow where several lanes are named to the right."""
_TOP, _UPPER, _BETWEEN, _LOWER = 1.72, 2.72, 0.66, 1.1
_BAND = 0.12
_FAILED_AT = 0.03
"""Of the height: where crosses for failures stand."""
_BAR = 6.0
_LEAST_TOP = 0.1
"""Of the axis of chances."""


@dataclass(frozen=True)
class Frame:
    """A chart of evidence under construction."""

    case: Case
    look: Theme
    figure: Figure
    upper: Axes
    lower: Axes
    unit: Unit

    @property
    def lanes(self) -> dict[str, list[Weighed]]:
        """Rows by lane, in their order."""
        found: dict[str, list[Weighed]] = {}
        for row in self.case.rows:
            found.setdefault(row.lane, []).append(row)
        return found

    @property
    def chosen(self) -> tuple[Advice, Weighed] | None:
        """The advice and the row that it is about, where that was measured."""
        advice = self.case.advice
        row = next((r for r in self.case.rows if advice and (r.lane, r.workers) == advice.row), None)
        return (advice, row) if advice and row and row.per_s else None


def save(case: Case, folder: Path, theme: str = "light", suffix: str = "") -> list[Path]:
    """Write `<workload>-tune.png` and `.svg` into `folder`; the dark ones end in `-dark`."""
    stem = f"{slug(f'{case.workload} {suffix}')}-tune"
    return style.save(draw(case, theme), folder, stem if theme == "light" else f"{stem}-{theme}")


def draw(case: Case, theme: str = "light") -> Figure:
    """Draw what `case` knows."""
    look = style.theme(theme)
    with style.applied():
        frame = _frame(case, look)
        _scale(frame)
        _range(frame)
        for rows in frame.lanes.values():
            _lane(frame, rows)
        _chances(frame)
        _choice(frame)
        evidence_words.write(frame)
    return frame.figure


def counts(case: Case) -> list[int]:
    """Every worker count that was measured, ascending."""
    return sorted({row.workers for row in case.rows})


def _frame(case: Case, look: Theme) -> Frame:
    figure = style.figure(look, (style.WIDTH, _HEIGHT))
    wide = _WIDE if len({row.lane for row in case.rows}) == 1 else _NARROW
    top = _HEIGHT - _TOP
    upper = style.axes(figure, look, (_LEFT, top - _UPPER, wide, _UPPER))
    lower = style.axes(figure, look, (_LEFT, top - _UPPER - _BETWEEN - _LOWER, wide, _LOWER))
    rates = [row.per_s for row in case.rows if row.per_s] + [case.baseline_per_s or 0.0]
    return Frame(case, look, figure, upper, lower, rate_axis.unit(max(rates) or 1.0, noun(case.workload)))


def _scale(frame: Frame) -> None:
    case, factor = frame.case, frame.unit.factor
    centres = [row.per_s * factor for row in case.rows if row.per_s]
    others = [each * factor for row in case.rows for each in (*row.runs, row.ci.high if row.ci else 0.0)]
    rate_axis.scale(frame.upper, [*centres, (case.baseline_per_s or 0.0) * factor], others)
    for axes in (frame.upper, frame.lower):
        worker_axis.scale(axes, frame.look, counts(case))
    frame.upper.set_xlabel("")
    frame.upper.tick_params(axis="x", labelbottom=False)
    most = max([_LEAST_TOP, *(row.chance for row in case.rows)]) * 100
    steps = MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(0, most)
    ticks = [float(tick) for tick in steps if tick <= 1.1 * most]
    frame.lower.set_ylim(0, 1.12 * most)
    frame.lower.yaxis.set_major_locator(FixedLocator(ticks))
    frame.lower.set_yticklabels([f"{tick:g} %" if tick == ticks[-1] else f"{tick:g}" for tick in ticks])


def _range(frame: Frame) -> None:
    """The counts between which the answer lies, through both panels."""
    advice = frame.case.advice
    if advice is None:
        return
    left, right = frame.upper.get_xlim()
    half = (right / left) ** 0.008
    low, high = advice.workers_range
    for axes in (frame.upper, frame.lower):
        ends = max(left, low / half), min(right, high * half)
        axes.axvspan(*ends, color=frame.look.of(advice.executor), alpha=_BAND, linewidth=0, zorder=1.2)


def _lane(frame: Frame, rows: Sequence[Weighed]) -> None:
    """Centres joined, their intervals as a band, single runs as dots, failures as crosses."""
    colour, factor = frame.look.of(rows[0].executor), frame.unit.factor
    known = [row for row in rows if row.per_s]
    banded = [(row.workers, row.ci) for row in known if row.ci]
    if len(banded) > 1:
        at, low, high = zip(*((n, ci.low * factor, ci.high * factor) for n, ci in banded), strict=True)
        frame.upper.fill_between(at, low, high, color=colour, alpha=0.17, linewidth=0, zorder=2)
    dots = [(row.workers, run * factor) for row in known for run in row.runs if len(row.runs) > 1]
    if dots:
        frame.upper.plot(*zip(*dots, strict=True), "o", color=colour, markersize=3, markeredgewidth=0, alpha=0.34)
    drawn: dict[str, Any] = style.marker(rows[0].executor, 6.4) | {"markeredgecolor": colour, "markeredgewidth": 1.8}
    x = [row.workers for row in known]
    y = [(row.per_s or 0.0) * factor for row in known]
    frame.upper.plot(x, y, color=colour, linewidth=2.2, markerfacecolor=frame.look.bg, zorder=3, **drawn)
    failed = [row.workers for row in rows if row.failed]
    cross: dict[str, Any] = {"marker": "x", "markersize": 6.5, "markeredgewidth": 1.9, "color": frame.look.bad}
    height = _FAILED_AT * frame.upper.get_ylim()[1]
    frame.upper.plot(failed, [height] * len(failed), linestyle="none", zorder=4.6, **cross)


def _chances(frame: Frame) -> None:
    """A bar for each count that may be the answer, lanes side by side; the recommended one in full colour."""
    axes, lanes = frame.lower, frame.lanes
    for number, (lane, rows) in enumerate(lanes.items()):
        aside = (number - (len(lanes) - 1) / 2) * (_BAR + 1)
        for row in rows:
            if row.chance <= 0:
                continue
            advice = frame.case.advice
            best = bool(advice and (lane, row.workers) == advice.row)
            colour = frame.look.of(row.executor)
            x = _beside(axes, row.workers, aside)
            bar: dict[str, Any] = {"linewidth": _BAR, "solid_capstyle": "butt", "alpha": 1.0 if best else 0.45}
            axes.plot((x, x), (0, row.chance * 100), zorder=3, color=colour, **bar)


def _beside(axes: Axes, workers: int, points: float) -> float:
    """What lies `points` to the right of a worker count on the axis."""
    x, y = axes.transData.transform((workers, 0))
    return float(axes.transData.inverted().transform((x + points * axes.figure.dpi / style.INCH, y))[0])


def _choice(frame: Frame) -> None:
    """The ring on what is recommended, its drop line, and how high a count must reach to be the answer."""
    case, axes, factor = frame.case, frame.upper, frame.unit.factor
    if case.baseline_per_s is not None:
        dashes = (6 / 1.6, 3 / 1.6)
        axes.axhline(case.baseline_per_s * factor, color=frame.look.ink, linewidth=1.6, dashes=dashes, zorder=2.5)
    if case.best_per_s:
        enough = (1 - case.tolerance) * case.best_per_s * factor
        axes.axhline(enough, color=frame.look.text3, linewidth=1.4, dashes=(1, 2.2), zorder=2.4)
    advice = case.advice
    colour = frame.look.of(advice.executor) if advice else frame.look.ink
    ringed = frame.chosen
    if ringed:
        x, y = ringed[1].workers, (ringed[1].per_s or 0.0) * factor
        axes.plot((x, x), (0, y), color=colour, linewidth=1.2, zorder=2.6)
        ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": colour, "markeredgewidth": 2}
        axes.plot([x], [y], "o", markersize=14, zorder=5, **ring)
    worker_axis.thin(frame.lower, counts(case), ringed[1].workers if ringed else None, colour)
