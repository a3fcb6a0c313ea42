"""What a notebook shows of a sweep: for each workload its finding, the chart and the recommended counts."""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from poolbench.analysis.verdict import verdict
from poolbench.charts import style, throughput
from poolbench.charts.findings import title
from poolbench.report import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from poolbench.analysis.model import Summary

_WIDTH = 760


def shown(summaries: Iterable[Summary]) -> str:
    """HTML without scripts and styles of its own: notebooks differ in what they let through."""
    return "\n".join(_workload(summary) for summary in summaries)


def _workload(summary: Summary) -> str:
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in verdict(summary))
    chart = _chart(summary) if summary.curves else ""
    return f"<h4>{escape(summary.workload)}</h4>{sentences}{chart}{numbers.recommended(summary)}"


def _chart(summary: Summary) -> str:
    """As a picture: an SVG would bring its style sheet into the notebook."""
    data = BytesIO()
    with style.applied():
        throughput.draw(summary).savefig(data, format="png", metadata={"Software": None})
    coded = base64.b64encode(data.getvalue()).decode()
    return f'<img width="{_WIDTH}" alt="{escape(title(summary))}" src="data:image/png;base64,{coded}">'
