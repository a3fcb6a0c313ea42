"""README and docs: every command line can be read, every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from poolbench.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(poolbench \w+\s[^`]+)`")  # a command alone is a name
LINK = re.compile(r"\]\(([^)\s]+)\)")


def commands(page: Path) -> list[str]:
    """What a reader would type, of poolbench."""
    text = page.read_text()
    lines = [line for language, block in BLOCK.findall(text) if not language for line in block.splitlines()]
    parts = [part.strip() for line in lines for part in line.split("&&")]
    inline = [" ".join(each.split()) for each in INLINE.findall(BLOCK.sub("", text))]
    return list(dict.fromkeys(part for part in [*parts, *inline] if part.startswith("poolbench ")))


def links(page: Path) -> list[str]:
    text = BLOCK.sub("", page.read_text())
    return [each for each in LINK.findall(text) if "://" not in each]


@pytest.mark.parametrize(
    ("page", "line"),
    [(page, line) for page in PAGES for line in commands(page)],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_a_command_line_can_be_read(page: Path, line: str) -> None:
    command, _, unknown, _ = app.parse_known_args(shlex.split(line)[1:])
    assert not unknown
    assert command.__module__.startswith("poolbench."), "help and version are not what is shown"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for each in links(page):
        path, _, heading = each.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {each}"
        if heading:
            titles = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles]


def test_there_are_commands_and_links() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 10
    assert sum(len(links(page)) for page in PAGES) > 10
