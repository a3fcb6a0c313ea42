"""The page: put together from the sweeps' sentences, charts and numbers. The same sweeps give the same bytes."""

from __future__ import annotations

import base64
import gzip
import hashlib
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from poolbench.charts import lanes
from poolbench.palette import LIGHT
from poolbench.report import sections, typeface
from poolbench.report.drawing import Styles, variables
from poolbench.report.points import owner_class

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from poolbench.gallery import Sheet

_PLAIN_CSV = 80_000
_LARGEST_CSV = 3_000_000
"""Bytes: up to the first a CSV is attached as it is, up to the second compressed."""


def build(sheets: Sequence[Sheet]) -> str:
    """The whole page as text."""
    styles = Styles()
    body = _body(sheets, styles)
    script = files(__package__).joinpath("page.js").read_text(encoding="utf-8")
    look = _style(styles, body)
    policy = (
        f"default-src 'none'; style-src '{_digest(look)}'; script-src '{_digest(script)}'; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(sections.headline(sheets))}</title>\n<style>{look}</style>\n</head>\n"
        f"<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _digest(text: str) -> str:
    """What the browser must find in the element for it to be obeyed."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _style(styles: Styles, body: str) -> str:
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in variables(theme).items()) for theme in ("light", "dark")
    )
    face, family = typeface.embedded(body)
    own = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            face,
            f":root{{--font:{family};{light}}}",
            f"@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}",
            f":root[data-theme=light]{{color-scheme:light}}:root[data-theme=dark]{{color-scheme:dark;{dark}}}",
            "".join(f".ink-{name}{{color:var(--{name})}}" for name in LIGHT if name != "sequential"),
            own,
            styles.rules(),
        ]
    )


def _body(sheets: Sequence[Sheet], styles: Styles) -> str:
    parts = [
        "<main>",
        sections.opening(sheets),
        _bar(sheets),
        sections.together(sheets, styles),
        *(sections.workload(sheet, summary, sheets, styles) for sheet in sheets for summary in sheet.summaries),
        sections.method(sheets),
        _attached(sheets),
        '</main>\n<div id="tip" role="tooltip" hidden></div>',
    ]
    return "\n".join(filter(None, parts))


def _bar(sheets: Sequence[Sheet]) -> str:
    """A switch for each curve, and one for the colours."""
    curves = {owner_class(curve): curve for curve in lanes.known(each for sheet in sheets for each in sheet.summaries)}
    switches = [
        f'<button type="button" aria-pressed="true" data-curve="{escape(name)}" class="{_ink(curve.executor)}">'
        f"{escape(curve.name)}</button>"
        for name, curve in curves.items()
    ]
    theme = '<button type="button" class="theme" id="theme" hidden>light or dark</button>'
    return f'<div class="bar" role="group" aria-label="Show or hide">{"".join(switches)}{theme}</div>'


def _ink(executor: str) -> str:
    return f"ink-{sections.colour_name(executor)}"


def _attached(sheets: Sequence[Sheet]) -> str:
    """The raw rows, in the page itself."""
    links = [_link(path) for path in dict.fromkeys(sheet.path for sheet in sheets)]
    return f'<h2 id="raw">Raw rows</h2>\n<ul>{"".join(f"<li>{link}</li>" for link in links)}</ul>'


def _link(path: Path) -> str:
    data, name, kind = path.read_bytes(), path.name, "text/csv;charset=utf-8"
    size = len(data)
    if size > _PLAIN_CSV:
        data, name, kind = gzip.compress(data, mtime=0), f"{name}.gz", "application/gzip"
    if len(data) > _LARGEST_CSV:
        return f"{escape(path.name)}: {size / 1e6:,.0f} MB, too large to attach"
    coded = base64.b64encode(data).decode()
    return f'<a download="{escape(name)}" href="data:{kind};base64,{coded}">{escape(name)}</a>, {size / 1e3:,.0f} KB'
