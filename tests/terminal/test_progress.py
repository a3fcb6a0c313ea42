from __future__ import annotations

import re
import sys
import threading
from io import StringIO

import pytest

from poolbench.measure.cells import Cell
from poolbench.measure.plan import Plan, Rule
from poolbench.measure.sweep import sweep
from poolbench.terminal.progress import Progress, clock
from poolbench.terminal.screen import screen
from poolbench.testing import FakeClock, Script, scripted, scripted_workload


class Tty(StringIO):
    def isatty(self) -> bool:
        return True


class Rows:
    """A sink that looks, after each trial, at what is on the screen."""

    def __init__(self, stream: StringIO) -> None:
        self.stream, self.seen = stream, []

    def add(self, trial: object, spans: object) -> None:
        self.seen.append(len(self.stream.getvalue()))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def plan(failures: dict[int, str] | None = None, blocks: int = 2) -> tuple[Plan, FakeClock]:
    """One at a time and four threads over 8 tasks of a second each."""
    now = FakeClock()
    script = Script(now, failures=failures or {})
    workload = scripted_workload()
    cells = [Cell(workload, scripted(script, name), n, 8) for name, n in (("sequential", 1), ("threads", 4))]
    return Plan(tuple(cells), Rule(repeats=blocks, budget_s=None, most_blocks=blocks), seed=3), now


def run(monkeypatch: pytest.MonkeyPatch, stream: StringIO, *, quiet: bool = False, **more: object) -> Rows:
    monkeypatch.setattr(sys, "stderr", stream)
    planned, now = plan(**more)
    sink = Rows(stream)
    with Progress(screen(quiet=quiet), planned) as progress:
        sweep(planned, sink, "made", watch=progress, clock=now)
    return sink


def test_without_a_terminal_there_is_a_line_a_block(monkeypatch):
    stream = StringIO()
    run(monkeypatch, stream)
    assert stream.getvalue().splitlines() == [
        "2 settings, shuffled, 2 blocks",
        "block 1: 2/4 runs, 0:10 left, best so far  scripted  threads × 4  4.0×",
        "block 2: 4/4 runs, 0:00 left, best so far  scripted  threads × 4  4.0×",
    ]
    assert "\r" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_where_nothing_succeeds_nothing_is_best(monkeypatch):
    stream = StringIO()
    run(monkeypatch, stream, failures={0: "ValueError: no"}, blocks=1)
    assert stream.getvalue().splitlines()[1] == "block 1: 2/2 runs, 0:00 left, no run of scripted has succeeded so far"


@pytest.mark.parametrize("stream", [StringIO(), Tty()])
def test_quiet_says_nothing(monkeypatch, stream):
    run(monkeypatch, stream, quiet=True)
    assert stream.getvalue() == ""


def test_a_terminal_is_drawn_on_after_each_trial_and_at_no_other_time(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    stream = Tty()
    sink = run(monkeypatch, stream)
    # Each row is stored before it is drawn, so the text has grown by one drawing at each row.
    assert sink.seen == sorted({*sink.seen})
    drawings = re.findall(r"(\d)/4  (\S+) left  scripted (\w+) × (\d), run \d: (\d\.\d\d/s)", stream.getvalue())
    # The last one again when the drawing ends.
    assert [done for done, *_ in drawings] == ["1", "2", "3", "4", "4"]
    assert {each[2:] for each in drawings} == {
        ("sequential", "1", "1.00/s"),
        ("threads", "4", "4.00/s"),
    }
    assert [left for _, left, *_ in drawings][-1] == "0:00"


def test_drawing_needs_no_thread(monkeypatch):
    before = set(threading.enumerate())
    during: set[threading.Thread] = set()
    monkeypatch.setattr(sys, "stderr", Tty())
    planned, now = plan()
    with Progress(screen(), planned) as progress:

        def watch(event: object) -> None:
            progress(event)
            during.update(threading.enumerate())

        sweep(planned, Rows(sys.stderr), "made", watch=watch, clock=now)
    assert during == before


def test_the_bar_is_gone_at_the_end_and_the_cursor_back(monkeypatch):
    stream = Tty()
    run(monkeypatch, stream)
    assert stream.getvalue().count("\x1b[?25l") == stream.getvalue().count("\x1b[?25h") == 1
    assert stream.getvalue().rstrip().endswith("\x1b[2K")


def test_a_failed_trial_is_drawn_as_that(monkeypatch):
    stream = Tty()
    run(monkeypatch, stream, failures={0: "ValueError: no"}, blocks=1)
    assert re.search(r"scripted threads × 4, run 1: failed", stream.getvalue())


def test_the_time_left_is_seen_in_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    stream = Tty()
    run(monkeypatch, stream)
    assert {"1", "2", "3", "4"} == {*re.findall(r"(\d)/4  \d:\d\d left", stream.getvalue())}


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_drawings_do_not_wrap(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Tty()
    run(monkeypatch, stream)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert max(len(line) for line in re.split(r"[\r\n]+", plain)) <= columns


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (-3, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (182, "3:02"), (3600, "60:00")]
)
def test_clock(seconds, text):
    assert clock(seconds) == text
