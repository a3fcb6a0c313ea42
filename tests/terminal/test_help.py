"""`--help`, of each command, at four widths."""

from __future__ import annotations

import pytest

from poolbench.cli import app, main


@pytest.fixture(autouse=True)
def as_wide_as_it_is_now(monkeypatch):
    """Whoever printed before has left a console of another width."""
    for each in (app, *(app[name] for name in COMMANDS if name)):
        monkeypatch.setattr(each, "_fallback_console", None)


COMMANDS = ("", "run", "tune", "plot", "report", "compare", "predict", "serve", "list", "machine")


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_wider_than_the_terminal(command, width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([*command.split(), "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert max(len(line.rstrip()) for line in out.splitlines()) <= width
    entries = [line for line in out.splitlines() if line.startswith("  ")]
    assert not any("object at" in line for line in entries)
    assert any(line.lstrip().startswith("-") for line in entries)


def test_two_columns(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    main(["predict", "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert "  --latency STR  The other latency, such as 200ms." in lines
    assert "  CSV, --csv     A sweep." in lines
