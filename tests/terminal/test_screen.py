from __future__ import annotations

import sys
from io import StringIO

import pytest

from poolbench.errors import Caution, UsageError
from poolbench.palette import DARK, LIGHT
from poolbench.terminal.screen import screen, style_of

RED = "\x1b[1;31m"


class Tty(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORFGBG", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def error_text(monkeypatch: pytest.MonkeyPatch, stream: StringIO, colour: str = "auto", **more: object) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    screen(colour, **more).error(UsageError("no [bold] workload :smile: 42", "pip install 'tool[dask]'"))
    return stream.getvalue()


PLAIN = "error: no [bold] workload :smile: 42\n  tip: pip install 'tool[dask]'\n"


def test_an_error_is_two_lines_as_they_were_written(monkeypatch):
    assert error_text(monkeypatch, StringIO()) == PLAIN


def test_long_errors_are_not_broken(monkeypatch):
    stream = StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    screen(width=80).error(UsageError("what " * 60, "tip " * 60))
    assert stream.getvalue() == f"error: {'what ' * 60}\n  tip: {'tip ' * 60}\n"


def test_a_terminal_has_colours(monkeypatch):
    assert error_text(monkeypatch, Tty()).startswith(f"{RED}error:")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_none_has_none(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert error_text(monkeypatch, Tty()) == PLAIN


def test_an_empty_no_color_means_nothing(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    assert error_text(monkeypatch, Tty()).startswith(RED)


def test_never_means_never(monkeypatch):
    assert error_text(monkeypatch, Tty(), "never") == PLAIN


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_always_means_always(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert error_text(monkeypatch, StringIO(), "always").startswith(RED)


@pytest.mark.parametrize(
    ("background", "colours"), [("15;0", DARK), ("0;15", LIGHT), ("", DARK), ("0;default;7", LIGHT)]
)
def test_colours_suit_the_background(monkeypatch, background, colours):
    monkeypatch.setenv("COLORFGBG", background)
    found = screen("always").out.get_style("strategy.threads").color
    assert found.name.upper() == colours["threads"]


@pytest.mark.parametrize(("executor", "style"), [("threads", "strategy.threads"), ("loky", "strategy.other")])
def test_an_executor_that_nobody_knows_has_the_last_colour(executor, style):
    assert style_of(executor) == style


def test_results_go_to_stdout_and_messages_to_stderr(capsys):
    shown = screen()
    shown.out.print("a result")
    shown.warn(Caution("budget", "too little", "give more"))
    shown.note("by the way")
    out, err = capsys.readouterr()
    assert out == "a result\n"
    assert err == "warning: too little; give more\nby the way\n"


def test_quiet_silences_all_but_errors(capsys):
    shown = screen(quiet=True)
    shown.warn(Caution("budget", "too little", "give more"))
    shown.note("by the way")
    shown.error(UsageError("what", "fix"))
    assert capsys.readouterr().err == "error: what\n  tip: fix\n"


@pytest.mark.parametrize(
    ("stream", "quiet", "term", "live"),
    [
        (Tty(), False, "xterm", True),
        (Tty(), True, "xterm", False),
        (Tty(), False, "dumb", False),
        (StringIO(), False, "xterm", False),
    ],
)
def test_something_moves_only_where_somebody_looks(monkeypatch, stream, quiet, term, live):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys, "stderr", stream)
    assert screen(quiet=quiet).live is live


def test_the_width_is_that_of_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "93")
    assert screen().width == 93
    assert screen(width=61).width == 61
