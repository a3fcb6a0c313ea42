"""The parts of the page: the sentence first, then charts and numbers of each workload, then how it was measured."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from poolbench.analysis.interpreters import side_by_side
from poolbench.analysis.latency import latencies
from poolbench.analysis.planes import planes
from poolbench.analysis.timeline import timeline
from poolbench.analysis.verdict import verdict
from poolbench.charts import (
    heat,
    heat_words,
    interpreters,
    interpreters_words,
    latency,
    speedup,
    speedup_words,
    throughput,
)
from poolbench.charts import timeline as timeline_chart
from poolbench.charts.findings import title
from poolbench.charts.timeline_words import title as timeline_title
from poolbench.levels import levels
from poolbench.palette import LIGHT
from poolbench.report import numbers
from poolbench.report.drawing import inline
from poolbench.report.points import heat_points, speedup_points, throughput_points
from poolbench.tuning.answer import in_code
from poolbench.words import parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolbench.analysis.model import Summary
    from poolbench.gallery import Sheet
    from poolbench.report.drawing import Styles

_METHOD = (
    "Every block holds every cell once, the runs one at a time among them, in random order, so that the machine's "
    "drift hits all cells alike and speed-ups are paired inside blocks. A pool is started and warm before the clock "
    "runs. A run in which any task failed has no throughput."
)
_READING = (
    "The recommended count is the fewest workers within 5 % of the peak, not the peak itself. Intervals are 95 %; "
    "where those of two strategies overlap, neither wins. The dotted line is the lowest of three limits: waiting, the "
    "interpreter, the cores. Point at a mark for its numbers, or reach it with Tab and walk with the arrow keys."
)


def colour_name(executor: str) -> str:
    """The variable of an executor's colour."""
    return executor if executor in LIGHT and executor != "sequential" else "other"


def headline(sheets: Sequence[Sheet]) -> str:
    """The finding of the first workload that has a winner; else of the first."""
    summaries = [summary for sheet in sheets for summary in sheet.summaries]
    won = [summary for summary in summaries if summary.best and summary.certain and not summary.rivals]
    return title((won or summaries)[0])


def opening(sheets: Sequence[Sheet]) -> str:
    """The sentence, what to write in code, and where it was measured."""
    summaries = [summary for sheet in sheets for summary in sheet.summaries]
    chosen = next((each for each in summaries if title(each) == headline(sheets)), summaries[0])
    more = [title(summary) for summary in summaries if summary is not chosen]
    listed = "".join(f"<li>{escape(each)}</li>" for each in dict.fromkeys(more))
    places = "".join(f'<p class="about">{escape(_place(sheet))}</p>' for sheet in sheets)
    rest = f"<ul>{listed}</ul>" if listed else ""
    return f"<h1>{escape(headline(sheets))}</h1>\n{_use(chosen)}{rest}\n{places}"


def _place(sheet: Sheet) -> str:
    """Machine, interpreter, date, file."""
    machine = str(
        sheet.summaries[0].machine.get("text") or f"machine {sheet.origin.machine}, {sheet.origin.interpreter}"
    )
    return " · ".join([machine, sheet.rows.words["started_at"].least()[:10], sheet.path.name])


def _use(summary: Summary) -> str:
    """The line of code that follows from a verdict; nothing where there is none."""
    best = summary.best
    if best is None or best.knee is None or summary.rivals or not summary.certain:
        return ""
    found = levels(best.executor, best.options)
    count = best.knee.workers
    hosts = f"HostsExecutor({found.count}, {count}, {found.inner!r})" if found else ""
    code = hosts or in_code(best.executor, count, best.options) or f"{best.executor}: {count} workers"
    return f'<p class="use"><code>{escape(code)}</code></p>\n'


def workload(sheet: Sheet, summary: Summary, sheets: Sequence[Sheet], styles: Styles) -> str:
    """One workload: verdict, throughput, numbers, why, timeline, latency."""
    name = summary.workload + (f", {sheet.origin.interpreter}" if len(sheets) > 1 else "")
    name += f", machine {sheet.origin.machine}" if len({each.origin.machine for each in sheets}) > 1 else ""
    why = [f"<p>{escape(found.text)}</p>" for found in summary.diagnoses]
    why += [f'<p class="warn">{escape(each.text)}; {escape(each.tip)}</p>' for each in summary.cautions]
    first, rest = _charts(sheet, summary, styles) if summary.curves else ([], [])
    parts = [
        f"<h2>{escape(name)}</h2>",
        f'<p class="about">{escape(" · ".join(parameters(summary.params)))}</p>',
        *(f"<p>{escape(sentence)}</p>" for sentence in verdict(summary)),
        _use(summary),
        *first,
        *why,
        *rest,
    ]
    return "\n".join(filter(None, parts))


def _charts(sheet: Sheet, summary: Summary, styles: Styles) -> tuple[list[str], list[str]]:
    """Throughput with its numbers; and what looks closer."""
    composed = throughput.compose(summary)
    points = list(throughput_points(composed))
    first = [
        _figure(inline(composed.figure, styles, title(summary), points), styles.label(title(summary))),
        numbers.recommended(summary, styles.label),
        numbers.everything(summary, styles.label),
    ]
    rest = []
    for plane in planes(summary):
        drawing = heat.compose(summary, plane)
        words = heat_words.title(drawing)
        rest.append(_figure(inline(drawing.figure, styles, words, list(heat_points(drawing))), styles.label(words)))
    trial, times = timeline(summary, sheet.spans), latencies(summary, sheet.spans)
    if trial:
        drawn, words = timeline_chart.draw(summary, trial), timeline_title(trial)
        rest.append(_figure(inline(drawn, styles, words), styles.label(words)))
    if times:
        drawn, words = latency.draw(summary, times), latency.title(summary, times)
        rest.append(_figure(inline(drawn, styles, words), styles.label(words)))
    return first, rest


def _figure(svg: str, label: str) -> str:
    """A chart that scrolls by itself where the page is narrow; reachable, so that keys can scroll it."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{svg}</div>'


def together(sheets: Sequence[Sheet], styles: Styles) -> str:
    """Workloads beside one another, where there are several."""
    summaries = [summary for sheet in sheets for summary in sheet.drawable]
    if len(summaries) < 2:
        return ""
    panels = speedup.compose(summaries)
    words = speedup_words.title(summaries)
    svg = inline(panels[0].figure, styles, words, list(speedup_points(panels)))
    return f"<h2>All together</h2>\n{_interpreters(sheets, styles)}{_figure(svg, styles.label(words))}"


def _interpreters(sheets: Sequence[Sheet], styles: Styles) -> str:
    """Side by side, where there are several."""
    pairs = ((sheet.origin, summary) for sheet in sheets for summary in sheet.drawable)
    several = [each for each in side_by_side(pairs) if each.lanes]
    if not several:
        return ""
    words = interpreters_words.title(several)
    return _figure(inline(interpreters.draw(several), styles, words), styles.label(words)) + "\n"


def method(sheets: Sequence[Sheet]) -> str:
    """How it was measured, and how to read it."""
    measured = "".join(f"<p>{escape(_measured(sheet))}</p>" for sheet in sheets)
    reading = f"<h2>How to read it</h2>\n<p>{_READING}</p>"
    return f'<h2 id="how">How it was measured</h2>\n{measured}\n<p>{_METHOD}</p>\n{reading}'


def _measured(sheet: Sheet) -> str:
    blocks = sheet.rows.blocks
    plan = sheet.about.get("plan")
    seed = f", seed {plan['seed']}" if isinstance(plan, dict) and "seed" in plan else ""
    packages = sheet.about.get("packages")
    known = packages if isinstance(packages, dict) else {}
    versions = ", ".join(f"{name} {version}" for name, version in sorted(known.items()))
    runs = f"{len(sheet.rows):,} runs in {blocks} block{'s' if blocks > 1 else ''}{seed}"
    return " · ".join(filter(None, [_place(sheet), runs, versions]))
