"""What the timeline draws and says."""

from __future__ import annotations

import random

import pytest
from chart_sweeps import LONG, TRICKY, money, summary
from layout_faults import faults, shown

from poolbench.analysis.timeline import Timeline, of_trial
from poolbench.charts import timeline as chart
from poolbench.charts import timeline_words
from poolbench.results.columns import Span


def trial(workers: int, tasks: int, fail: float = 0.0, executor: str = "threads", scale: float = 0.3) -> Timeline:
    """A greedy schedule of `tasks` random ones."""
    dice, free, spans = random.Random(workers * tasks), [0.003 * each for each in range(workers)], []
    for task in range(tasks):
        worker = free.index(min(free))
        start = free[worker]
        free[worker] += dice.lognormvariate(-1.2, 0.5) * scale
        spans.append(Span(task, worker, 0.0, start, free[worker], 0.0, dice.random() >= fail))
    made = of_trial(executor, workers, spans, 0, 7)
    assert made is not None
    return made


TRIALS = {
    "one worker": trial(1, 5),
    "one task": trial(1, 1),
    "few": trial(6, 36, 0.1),
    "many workers": trial(256, 3000, 0.01, "asyncio"),
    "very short": trial(4, 4000, 0.0, "processes", 1e-5),
    "long name": trial(16, 200, 0.05, LONG),
    "tricky": trial(3, 10, 1.0, TRICKY),
    "more workers than tasks": trial(24, 9),
}


@pytest.mark.parametrize("name", TRIALS)
def test_every_text_has_its_place(name: str, font: str) -> None:
    assert faults(chart.draw(money(), TRIALS[name]), on_blocks=True) == []


def lane(*times: tuple[float, float], ok: bool = True) -> list[Span]:
    return [Span(number, 0, 0.0, start, end, 0.0, ok) for number, (start, end) in enumerate(times)]


@pytest.mark.parametrize(
    ("spans", "workers", "title"),
    [
        (lane((0, 1), (1, 2)), 1, "One thread stays 100 % busy"),
        (lane((0, 1), (1, 2), ok=False), 2, "Two threads stay 50 % busy; 2 of 2 tasks fail"),
        (lane((0, 1), (1, 2), (2, 6)), 2, "Two threads stay 50 % busy; task 3 takes 4.0× the median"),
        (lane((0, 1), (1, 2), (2, 3)), 2, "Two threads stay 50 % busy; the last tasks take 33 % of the time"),
        (lane((0, 1), (1, 2)), 40, "40 threads stay 2 % busy; the last tasks take 50 % of the time"),
    ],
)
def test_the_title_is_the_finding(spans: list[Span], workers: int, title: str) -> None:
    made = of_trial("threads", workers, spans)
    assert made is not None
    assert timeline_words.title(made) == title


def test_blocks_carry_the_number_of_their_task_and_failures_a_cross() -> None:
    said = shown(chart.draw(summary(*money().curves), TRIALS["few"]))
    assert {"2", "thread 1", "thread 6", "finished", "running", "pending"} <= set(said)
    assert any("slowest" in each for each in said)
    assert sum(each.startswith("× ") or each == "×" for each in said) == TRIALS["few"].failed > 0


def test_hundreds_of_workers_stay_legible_and_it_says_how_many_are_drawn() -> None:
    made = TRIALS["many workers"]
    assert len(chart.chosen(made.lanes)) == 64
    figure = chart.draw(money(), made)
    assert any("64 of 256 workers are drawn" in each for each in shown(figure))
    assert len(figure.axes[1].patches) == 3  # bands, tasks, failures: one outline each, however many


def test_tasks_too_short_to_be_seen_become_one_block() -> None:
    figure = chart.draw(money(), TRIALS["very short"])
    assert len(figure.axes[1].patches[1].get_path().vertices) < 4000
