"""What the views make of events that are made up."""

from __future__ import annotations

import re
from io import StringIO

import pytest

from poolbench.terminal.screen import screen
from poolbench.watching.board import Board
from poolbench.watching.events import (
    Collecting,
    Counted,
    Ended,
    Finished,
    Over,
    Result,
    Scene,
    Scheduled,
    Started,
    States,
)
from poolbench.watching.frame import frame
from poolbench.watching.live import LiveView, save, view_for
from poolbench.watching.plain import Lines


def scene(submission="map", workers=2, labels=("0", "1", "2")):
    doings = [f"doing nothing for {label}s" for label in labels]
    return Scene("jobs.py:nap", "unit=1s", "threads", workers, submission, list(labels), doings, 10.0, 0.0)


def story(submission="map", failure=""):
    futures = [f"<Future at 0x{k} state=finished returned int>" for k in range(3)]
    return [
        Started(10.0, 0, "a", 0),
        Scheduled(10.0, 0, "<Future at 0x0 state=running>"),
        Started(10.0, 1, "b", 1),
        Scheduled(10.0, 1, "<Future at 0x1 state=running>"),
        Scheduled(10.0, 2, "<Future at 0x2 state=pending>"),
        Counted(10.0, States(1, 2, 0), scheduled=True),
        Collecting(10.0, "<generator object in_order at 0x9>"),
        Ended(11.0, 0),
        Finished(11.0, 0, ""),
        Result(11.0, 0, futures[0], "0", ""),
        Started(11.0, 2, "a", 0),
        Ended(12.0, 1, bool(failure)),
        Finished(12.0, 1, failure),
        Result(12.0, 1, futures[1], "" if failure else "10", failure),
        Counted(12.0, States(0, 1, 2)),
        Ended(13.0, 2),
        Finished(13.0, 2, ""),
        Result(13.0, 2, futures[2], "20", ""),
        Counted(13.0, States(0, 0, 3)),
        Over(13.0),
    ]


def said(submission, failure="", **more):
    out = StringIO()
    with Lines(screen(file=out, width=60), scene(submission, **more)) as lines:
        for event in story(submission, failure):
            lines.tell(event)
            lines.tick(event.at)
    found = out.getvalue().splitlines()
    assert all(re.match(r"\[\d\d:\d\d:\d\d\] ", line) for line in found)
    return [line[11:] for line in found]


def test_lines_of_map_are_those_of_the_tutorial():
    assert said("map") == [
        "jobs.py:nap: 3 tasks on 2 threads, map",
        "nap(0): doing nothing for 0s ...",
        "    nap(1): doing nothing for 1s ...",
        "3 futures scheduled: 2 running, 1 pending",
        "results: <generator object in_order at 0x9>",
        "Waiting for individual results:",
        "nap(0): done.",
        "result 0: 0",
        "nap(2): doing nothing for 2s ...",
        "    nap(1): done.",
        "result 1: 10",
        "nap(2): done.",
        "result 2: 20",
        "3 tasks in 3.00 s on 2 threads",
    ]


def test_lines_of_as_completed_show_the_futures():
    found = said("as_completed", "ValueError: no")
    assert found[1:3] == ["nap(0): doing nothing for 0s ...", "Scheduled for 0: <Future at 0x0 state=running>"]
    assert "<Future at 0x0 state=finished returned int> result: 0" in found
    assert "<Future at 0x1 state=finished returned int> ValueError: no" in found
    assert "    nap(1): failed." in found
    assert found[-1] == "3 tasks in 3.00 s on 2 threads, 1 failed"


def test_lines_of_many_workers_are_not_indented_out_of_sight():
    assert "nap(1): doing nothing for 1s ..." in said("map", workers=64)


def board(until, submission="map", failure="", **more):
    made = Board(scene(submission, **more))
    for event in story(submission, failure):
        if event.at <= until:
            made.tell(event)
    return made


def text(made, now, width=80, height=24):
    return "\n".join(line.plain for line in frame(made, now, width, height, colour=False))


def test_a_screen_says_what_runs_now_and_what_is_waited_for():
    found = text(board(11.5), 12.0)
    assert "nap(2) 1.0 s" in found
    assert "nap(1) 2.0 s" in found
    assert "waiting for nap(1)" in found
    assert re.search(r"pending .* 1$", found, re.MULTILINE)
    assert re.search(r"running .* 2$", found, re.MULTILINE)


def test_a_screen_shows_failures_in_red():
    lines = frame(board(13.0, failure="ValueError: no"), 13.0, 80, 24)
    [line] = [each for each in lines if each.plain.startswith("failed")]
    assert line.plain.endswith("1: ValueError: no")
    assert str(line.style) == "bad"


def test_results_that_are_done_before_their_turn_are_named():
    made = Board(scene(labels=("0", "1", "2")))
    for event in (Collecting(10.0, ""), Finished(11.0, 1, ""), Finished(11.0, 2, "")):
        made.tell(event)
    assert "waiting for nap(0); done, but not their turn: 1, 2" in text(made, 12.0)


def test_more_workers_than_lines_are_counted():
    found = text(board(13.0, workers=64), 13.0)
    assert len(found.splitlines()) <= 24
    assert re.search(r"and \d+ more workers", found)


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_tasks_too_short_to_be_seen_do_not_widen_a_lane(width):
    labels = [str(k) for k in range(500)]
    made = Board(scene(labels=labels))
    for k in range(500):
        made.tell(Started(10 + k / 100, k, "a", 0))
        made.tell(Ended(10 + k / 100 + 0.001, k))
    assert max(len(line) for line in text(made, 15.0, width).splitlines()) <= width


def test_a_recorded_screen_is_an_svg_that_needs_no_net(tmp_path):
    path = tmp_path / "screen.svg"
    save(board(13.0), path, "a title", 80)
    found = path.read_text()
    assert found.startswith("<svg")
    assert "a&#160;title" in found or "a title" in found
    assert "url(" not in found.replace("url(#", "")
    assert "thread" in found


class Tty(StringIO):
    def isatty(self):
        return True


def test_a_live_screen_is_drawn_at_most_ten_times_a_second_and_stays(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = Tty()
    made = Board(scene())
    view = view_for(screen(file=out, width=80), made, plain=False)
    assert isinstance(view, LiveView)
    drawn = []
    with view:
        for event in story():
            made.tell(event)
            view.tell(event)
            for step in (0.0, 0.01, 0.02):
                before = len(out.getvalue())
                view.tick(event.at + step)
                drawn.append(len(out.getvalue()) > before)
    assert sum(drawn) == len({event.at for event in story()})
    assert "results" in out.getvalue().rpartition("thread 1")[2]
