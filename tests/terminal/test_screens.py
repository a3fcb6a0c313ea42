"""Whole screens at four widths, against the files in `screens/`; nothing is wider than its terminal.

After a change that is meant, write them anew with POOLBENCH_WRITE_SCREENS=1 and read what git shows.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from tuned_outcomes import RACE, found, outcome

from costed_sweeps import true_sweep
from poolbench.analysis.compare import compare, side
from poolbench.analysis.model import Diagnosis, Interval
from poolbench.analysis.prediction import predict
from poolbench.analysis.quiet import Quiet
from poolbench.errors import Caution
from poolbench.measure.machine import Machine
from poolbench.pipeline import Outcome
from poolbench.terminal import answers, closing, comparison, evidence, table
from poolbench.terminal.screen import Screen, screen
from poolbench.watching.board import Board
from poolbench.watching.events import Collecting, Counted, Ended, Finished, Result, Scene, Started, States
from poolbench.watching.frame import frame
from sweep_rows import cell, curve, rows, summary

SCREENS = Path(__file__).with_name("screens")
WIDTHS = (60, 80, 100, 200)
PARAMS = "bandwidth=0;client=httpx;concurrency=0;error_rate=0;jitter=0;latency=50ms;reuse=worker;timeout=10s"
MACHINE = Machine(
    id="m00c0ffee",
    processor="A processor with a rather long name, such as they are sold @ 2.10GHz, 64-bit, and more words",
    cores=2,
    cores_online=2,
    memory_bytes=24 * 2**30,
    system="Linux 6.18",
    python="3.11.7",
    implementation="CPython",
    gil=True,
    free_threaded_build=False,
    default_threads=6,
)


def _run(on: Screen) -> None:
    threads = curve(
        cell("threads", 1, 10.0, 9.9, 10.1),
        cell("threads", 24, 144.7, 141.6, 147.9),
        cell("threads", 32, 151, 147, 155),
    )
    spawned = cell("processes", 12, 38.5, 32.6, 45.4, options="start=spawn", failed=1)
    why = (
        "threads: 1.25 ms of CPU per task let one interpreter do 797 per second, and 64 workers do 895; "
        "use processes, interpreters or a free-threaded Python"
    )
    made = summary(
        threads,
        curve(cell("asyncio", 32, 127.0, 125.1, 128.8)),
        curve(spawned, telling="start=spawn"),
        params=PARAMS,
        diagnoses=(Diagnosis("threads", "", "interpreter", why, {}),),
        cautions=(Caution("load", "the machine was busy before the first run (load 1.7 on 2 cores)", "end what runs"),),
        machine={"text": MACHINE.text},
    )
    trials = rows({("sequential", 1): [10.0, 10.0], ("processes", 12): [38.5, None]})
    budget = Caution("budget", "some worker counts were left out to fit the budget", "raise --budget for more")
    table.show(made, on, closing.about(made))
    closing.show(Outcome(trials, [made], [Path("results/a.csv"), Path("plots/a.png")], [budget], ()), on)


def _tune(on: Screen) -> None:
    caution = Caution("room", "processes: memory allows 4", "raise that limit for more")
    evidence.show(outcome(found(), RACE, cautions=(caution,)), Path("profile.json"), on)
    evidence.show(outcome(found(conclusive=False, reason="budget"), RACE), None, on)


def _compare(on: Screen) -> None:
    rates = {("sequential", 1): 10.0, ("threads", 4): 40.0, ("threads", 24): 144.7, ("processes", 12): 42.8}
    steps = (0.99, 1.0, 1.01, 0.995, 1.005)
    old = rows({key: [rate * step for step in steps] for key, rate in rates.items()}, params=PARAMS)
    factors = (1.0, 1.3, 0.8, 1.02)
    new = rows(
        {key: [rate * f * step for step in steps] for (key, rate), f in zip(rates.items(), factors, strict=True)},
        params=PARAMS.replace("50ms", "20ms"),
        python="3.14.0",
        gil=False,
        machine="another",
    )
    sides = side("results/flags-20261120-101500.csv", old), side("results/flags-20261122-154100.csv", new)
    comparison.show(compare(*sides, across=True), on, "slower")


def _predict(on: Screen) -> None:
    made = true_sweep(0.05, 0.001, (1, 4, 16, 64))
    answers.show_predictions(made, predict(made, [1, 16, 256], wait_s=0.2), "at 200ms latency and with 2ms of CPU", on)


def _machine(on: Screen) -> None:
    quiet = Quiet(0.2, Interval(0.9, 1.1), 60, 0.1, 0.12, 2)
    note = "niquests has replaced urllib3, which changes what requests does; measure where it is not installed"
    answers.show_machine(MACHINE, quiet, [note], on)


def _list(on: Screen) -> None:
    flags = PARAMS.replace(";", "  ").replace("0 ", "0.0 ")
    dask = "executor dask is not installed; pip install 'poolbench[dask]'"
    answers.show_list(
        {
            "workloads": [("flags", flags), ("loiter", "unit=10ms  sleeps=0..4")],
            "executors": [("processes", "chunksize=1  start=fork  submission=map"), ("dask", dask)],
            "clients": [("httpx", "plain functions and asyncio"), ("requests", "plain functions only")],
        },
        on,
    )


def _watch(on: Screen) -> None:
    """In the middle of a trial whose first task holds up the others, one of which has failed."""
    scene = Scene(
        "flags", PARAMS, "threads", 4, "map", ["BD", "BR", "CN", "ID", "IN", "US"], ["downloading"] * 6, 10.0, 0
    )
    told = [
        *(Started(10.0, task, task, task) for task in range(3)),
        Counted(10.01, States(2, 3, 0)),
        Collecting(10.02, "<generator object in_order>"),
        *(each for task in (1, 2) for each in (Ended(10 + task, task), Started(10 + task, 2 + task, 0, task))),
        Finished(11.0, 1, ""),
        Counted(11.0, States(1, 3, 1)),
        Finished(12.0, 2, "DownloadError: not the bytes that were expected"),
        Ended(12.4, 0),
        Finished(12.4, 0, ""),
        Result(12.4, 0, "<Future>", "'BD'", ""),
        Counted(12.5, States(0, 3, 3)),
        Ended(13.5, 3),
        Finished(13.5, 3, ""),
    ]
    board = Board(scene)
    for event in told:
        board.tell(event)
    for line in frame(board, 14.0, on.width, 24, colour=False):
        on.out.print(line)


KINDS: dict[str, Callable[[Screen], None]] = {
    "run": _run,
    "tune": _tune,
    "compare": _compare,
    "predict": _predict,
    "machine": _machine,
    "list": _list,
    "watch": _watch,
}


def shown(kind: str, width: int, capsys: pytest.CaptureFixture[str]) -> str:
    """Both streams, without the blanks that fill up rows."""
    out = StringIO()
    KINDS[kind](screen(file=out, width=width))
    err = capsys.readouterr().err
    lines = [line.rstrip() for line in f"{out.getvalue()}\n-- stderr --\n{err}".splitlines()]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_screen_is_as_it_was(kind: str, width: int, capsys: pytest.CaptureFixture[str]) -> None:
    text, file = shown(kind, width, capsys), SCREENS / f"{kind}-{width}.txt"
    if os.environ.get("POOLBENCH_WRITE_SCREENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_wider_than_the_terminal(kind: str, width: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert max(map(len, shown(kind, width, capsys).splitlines())) <= width


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_without_a_terminal_or_colour_there_are_no_escapes(
    kind: str, variable: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    assert "\x1b" not in shown(kind, 80, capsys)
