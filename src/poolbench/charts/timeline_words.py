"""The words of the timeline: its finding, the names of lanes and states, numbers in blocks that have room for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D

from poolbench.charts import findings, labels, style
from poolbench.charts.text import fit, width
from poolbench.levels import levels
from poolbench.words import figures, noun, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from poolbench.analysis.model import Summary
    from poolbench.analysis.timeline import Lane, Timeline
    from poolbench.charts.style import Theme
    from poolbench.results.columns import Span

_STRAGGLER = 3.0
"""Times the median: a task that takes so long is worth a sentence."""
_DRAIN = 0.2
_LEAST_NAME = 12.5
"""Points from name to name."""
_LEAST_LANE = 15.0
"""Points from lane to lane that numbers in blocks need."""
_NUMBER = 8.8
_INSET = 4.0
_SHORT = 14
_NAMES = {"threads": "thread", "processes": "process"}
"""Of one worker; longer names stand in the title only."""


_UNITS = {1.0: ("s", "seconds"), 1e3: ("ms", "milliseconds"), 1e6: ("µs", "microseconds")}
"""By their factor from seconds."""


@dataclass(frozen=True)
class Frame:
    """A timeline under construction."""

    summary: Summary
    shown: Timeline
    lanes: Sequence[Lane]
    """Those that are drawn."""
    look: Theme
    figure: Figure
    upper: Axes
    lower: Axes

    @property
    def factor(self) -> float:
        """From seconds to the unit of the axis."""
        return next(factor for factor in _UNITS if self.shown.wall_s * factor >= 0.5 or factor == 1e6)

    @property
    def unit(self) -> tuple[str, str]:
        """Its short and its long name."""
        return _UNITS[self.factor]

    @property
    def pitch(self) -> float:
        """Points from lane to lane."""
        return labels.frame(self.lower).height / len(self.lanes)

    @property
    def roomy(self) -> bool:
        """Whether words fit into a lane."""
        return self.pitch >= _LEAST_LANE


def write(frame: Frame) -> None:
    """Every word of the chart."""
    style.heading(frame.figure, frame.look, title(frame.shown), reading(frame))
    _state_key(frame)
    _lane_names(frame)
    if frame.roomy:
        _numbers(frame)
    run = f"run {frame.shown.block + 1} of {frame.shown.of_blocks}"
    *facts, source = findings.provenance(frame.summary)
    style.caption(frame.figure, frame.look, [*facts, run, source])


def title(shown: Timeline) -> str:
    """How busy the workers are, and what keeps them from more."""
    who = findings.who(shown.executor, shown.workers, shown.options, _SHORT)
    if shown.workers < 10 and who.startswith(f"{shown.workers} ") and not levels(shown.executor, shown.options):
        who = who.replace(str(shown.workers), findings.number(shown.workers).capitalize(), 1)
    start = f"{who} {'stays' if shown.workers == 1 else 'stay'} {shown.busy:.0%} busy".replace("%", " %")
    endings = [ending for ending in (_failed(shown), _straggler(shown), _drain(shown)) if ending]
    return next((f"{start}; {each}" for each in endings if len(start + each) + 2 <= findings.LONGEST_TITLE), start)


def _failed(shown: Timeline) -> str:
    if not shown.failed:
        return ""
    return f"{shown.failed:,} of {shown.tasks:,} tasks {'fails' if shown.failed == 1 else 'fail'}"


def _straggler(shown: Timeline) -> str:
    ratio = _ratio(shown)
    return f"task {shown.slowest.task + 1:,} takes {times(ratio)} the median" if ratio >= _STRAGGLER else ""


def _ratio(shown: Timeline) -> float:
    return (shown.slowest.finished_s - shown.slowest.started_s) / shown.median_s if shown.median_s > 0 else 0.0


def _drain(shown: Timeline) -> str:
    share = shown.drain_s / shown.wall_s
    if share < _DRAIN or shown.workers == 1:
        return ""
    return f"the last tasks take {share:.0%} of the time".replace("%", " %")


def reading(frame: Frame) -> list[str]:
    """What was run, and what blocks and bands mean."""
    shown = frame.shown
    who = findings.who(shown.executor, shown.workers, shown.options, 2 * _SHORT)
    says = [f"{shown.tasks:,} {noun(frame.summary.workload)}, {who}"]
    says.append(f"{figures(shown.wall_s * frame.factor)} {frame.unit[0]}")
    says.append("each block is one task" + (" (number = order of submission)" if frame.roomy else ""))
    says.append("pale: no task")
    says += ["red ×: failed"] if shown.failed else []
    hidden = len(shown.lanes) - len(frame.lanes)
    return says + ([f"{len(frame.lanes)} of {len(shown.lanes):,} workers are drawn"] if hidden else [])


def _state_key(frame: Frame) -> None:
    """`tasks by state`, and a patch with its name for each."""
    top = (float(frame.figure.get_figheight()) - 1.36) * style.INCH
    name = style.write(frame.figure, style.LEFT, top, "tasks by state", style.SUBTITLE, frame.look.text2)
    x = style.LEFT + width(name)
    colour = frame.look.of(frame.shown.executor)
    patches = (("finished", colour, 0.42), ("running", colour, 1.0), ("pending", frame.look.axis, 0.36))
    place = Affine2D().scale(1 / style.INCH) + frame.figure.dpi_scale_trans
    for state, fill, alpha in patches:
        x += 16
        frame.figure.add_artist(Rectangle((x, top - 0.5), 9, 9, color=fill, alpha=alpha, linewidth=0, transform=place))
        x += 13 + width(style.write(frame.figure, x + 13, top, state, style.SUBTITLE, frame.look.ink))


def _lane_names(frame: Frame) -> None:
    """Names left and busy shares right of lanes, as many as there is room for."""
    area, look = labels.frame(frame.lower), frame.look
    y = area.y1 + 14
    style.write(frame.figure, style.LEFT, y, "what each worker ran", style.SUBTITLE, look.text2)
    style.write(frame.figure, area.x1 + 8, y, "busy", style.SUBTITLE, look.text2)
    frame.lower.set_yticks([])
    one = _NAMES.get(frame.shown.executor, "worker")
    step = max(1, round(_LEAST_NAME / frame.pitch + 0.499))
    for row in range(0, len(frame.lanes), step):
        lane = frame.lanes[row]
        middle = area.y1 - (row + 0.5) * frame.pitch
        name = f"{one} {lane.worker + 1}" if lane.worker >= 0 else "no worker"
        text = style.write(frame.figure, 0, 0, name, style.NOTE, look.text2, va="center_baseline", ha="right")
        text.set_position((area.x0 - 7, middle))
        fit(text, area.x0 - 7 - style.LEFT + 8)
        share = f"{lane.busy * 100:.0f} %"
        colour = look.ink if lane.busy >= frame.shown.busy else look.text2
        style.write(frame.figure, area.x1 + 8, middle, share, style.NOTE, colour, va="center_baseline")


def _numbers(frame: Frame) -> None:
    """The number of each task in its block, and of the slowest how slow it was, where they fit."""
    area = labels.frame(frame.lower)
    point = area.width / frame.shown.wall_s
    for row, lane in enumerate(frame.lanes):
        y = area.y1 - (row + 0.5) * frame.pitch
        for span in lane.spans:
            room = (span.finished_s - span.started_s) * point - 2 * _INSET
            for words in _candidates(frame, span):
                if _estimated(words) > room:
                    continue
                x = area.x0 + span.started_s * point + _INSET
                text = style.write(frame.figure, x, y, words, _NUMBER, frame.look.bg, va="center_baseline")
                if width(text) <= room:
                    break
                text.remove()


def _estimated(words: str) -> float:
    """Less than the width of any font: spares the measuring of what cannot fit."""
    return 0.3 * _NUMBER * len(words)


def _candidates(frame: Frame, span: Span) -> list[str]:
    """What may stand in a block, the longest first."""
    number = f"{span.task + 1}"
    if not span.ok:
        return [f"× {number}", "×"]
    if span is frame.shown.slowest and _ratio(frame.shown) >= _STRAGGLER / 2:
        spent = span.finished_s - span.started_s
        took = f"{figures(spent * frame.factor)} {frame.unit[0]}"
        return [f"{number}  slowest: {took}, {times(_ratio(frame.shown))} the median", f"{number}  slowest", number]
    return [number]
