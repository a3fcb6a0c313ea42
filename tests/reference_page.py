"""The tables of docs/reference.md that the code knows best. `python tests/reference_page.py` writes them anew."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from cyclopts import App

from poolbench.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"
_GENERATED = re.compile(r"(?<=<!-- commands -->\n).*?(?=<!-- end -->)", re.DOTALL)
_DESCRIBED = re.compile(r"^(\w+)\n((?: {4}.*\n?)+)", re.MULTILINE)


def names() -> list[str]:
    """Of all commands, sorted."""
    return sorted(name for name in app if not name.startswith("-"))


def tables() -> str:
    """A heading, a sentence and a table for each command."""
    return "\n".join(_section(name) for name in names())


def with_tables(page: str) -> str:
    """The page as it would be if it were written now."""
    return _GENERATED.sub(lambda _: f"\n{tables()}\n", page)


def _section(name: str) -> str:
    command = app[name]
    text = inspect.getdoc(command.default_command) or ""
    about, _, parameters = text.partition("\nParameters\n")
    said = {each: " ".join(words.split()) for each, words in _DESCRIBED.findall(parameters)}
    rows = [f"| {each} | {said[field]} |" for each, field in _options(command)]
    return "\n".join([f"### poolbench {name}\n", about.strip(), "", "| option | |", "| --- | --- |", *rows, ""])


def _options(command: App) -> list[tuple[str, str]]:
    """As they are typed, with the name that the docstring describes them by."""
    found = []
    for each in command.assemble_argument_collection():
        field = each.field_info
        typed = [name for name in each.names if not name.startswith(("--no-no-", "--empty-"))]
        typed = [name for name in typed if name == "--no-plots" or not name.startswith("--no-")]
        shown = [field.name.upper()] if "POSITIONAL" in field.kind.name else typed
        found.append((", ".join(f"`{name}`" for name in shown), field.name))
    return found


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
