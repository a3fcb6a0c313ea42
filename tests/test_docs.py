"""README and docs: commands can be read, links lead somewhere, code in docs/ runs, the reference is complete."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import poolbench
import reference_page
from poolbench import pytest_plugin
from poolbench.cli import app
from poolbench.results.columns import COLUMNS
from poolbench.results.store import SPAN_COLUMNS

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


NAMED = re.compile(r"# (\w+\.py)\n")  # such a block is a module of the blocks after it


def scripts() -> list[tuple[Path, int]]:
    pages = sorted(ROOT.glob("docs/**/*.md"))
    return [(page, number) for page in pages for number in range(len(python_blocks(page)))]


def python_blocks(page: Path) -> list[str]:
    return [code for language, code in BLOCK.findall(page.read_text(encoding="utf-8")) if language == "python"]


@pytest.mark.parametrize(("page", "number"), scripts(), ids=lambda value: str(getattr(value, "stem", value)))
def test_code_runs(page: Path, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path / "profile.json"))
    *earlier, code = python_blocks(page)[: number + 1]
    for each in earlier:
        if named := NAMED.match(each):
            (tmp_path / named[1]).write_text(each, encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert bool(done.stdout) is ("print(" in code)


def test_the_chinese_pages_have_the_same_commands_and_code() -> None:
    for page in sorted(ROOT.glob("docs/zh/*.md")):
        english = page.parents[1] / page.name
        assert commands(page) == commands(english)
        both = [[re.sub("#.*", "", code) for code in python_blocks(each)] for each in (page, english)]
        assert both[0] == both[1]


def test_the_reference_has_the_commands_as_they_are() -> None:
    page = reference_page.PAGE.read_text(encoding="utf-8")
    assert page == reference_page.with_tables(page), "run python tests/reference_page.py"


@pytest.mark.parametrize("name", reference_page.names())
def test_the_reference_has_what_help_shows(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    app([name, "--help"], result_action="return_value")
    shown = {*re.findall(r"(?<![\w-])--[a-z][a-z-]*", capsys.readouterr().out)}
    [section] = [part for part in reference_page.tables().split("### poolbench ") if part.startswith(f"{name}\n")]
    arguments = {f"--{each.lower()}" for each in re.findall(r"`([A-Z]+)`", section)}
    assert shown <= arguments | {*re.findall(r"--[a-z][a-z-]*", section)}


def test_the_reference_has_every_column_name_and_pytest_option() -> None:
    page = reference_page.PAGE.read_text(encoding="utf-8")
    words = {*re.findall(r"`([^`]+)`", BLOCK.sub("", page))}
    parser = pytest.Parser(_ispytest=True)
    pytest_plugin.pytest_addoption(parser)
    options = [name for option in parser.getgroup("poolbench").options for name in option.names()]
    assert {*COLUMNS, *SPAN_COLUMNS, *options} <= words
    for name in poolbench.__all__:
        assert f"`poolbench.{name}" in page
    for function in (poolbench.sweep, poolbench.tune):
        assert {*inspect.signature(function).parameters} <= words


def test_the_modules_that_are_named_are_there() -> None:
    named = re.findall(r"`([a-z_/]+(?:\.py|/))`", (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8"))
    places = [ROOT, ROOT / "src" / "poolbench"]
    assert len(named) > 40
    assert not [each for each in named if not any((place / each).exists() for place in places)]
