from __future__ import annotations

from dataclasses import replace
from multiprocessing import get_all_start_methods

import pytest

from poolbench.executors import strategy
from poolbench.measure.machine import this_machine
from poolbench.measure.pilot import Pilot
from poolbench.tuning.answer import in_code
from poolbench.tuning.chunks import chunked, size_of

MACHINE = replace(this_machine(), cores=2)
USUAL = strategy("processes").options["start"]
UNUSUAL = next(each for each in get_all_start_methods() if each != USUAL)


@pytest.mark.parametrize(
    ("name", "task_s", "tasks", "size"),
    [
        ("processes", 1e-3, None, 1),
        ("processes", 9e-4, None, 5),
        ("processes", 2.4e-4, None, 20),
        ("processes", 2.4e-4, 300, 20),
        ("processes", 2.4e-4, 100, 10),
        ("processes", 2.4e-4, 9, 1),
        ("processes", 1e-7, None, 1000),
        ("processes:chunksize=3", 2.4e-4, None, 3),
    ],
)
def test_small_tasks_go_to_processes_many_at_a_time(name, task_s, tasks, size):
    found = chunked(strategy(name), Pilot(task_s, 0.0, task_s), tasks, MACHINE)
    assert found.options["chunksize"] == str(size)
    assert found.kind.name == "processes"


@pytest.mark.parametrize("name", ["threads", "asyncio", "sequential"])
def test_others_have_no_such_option(name):
    assert chunked(strategy(name), Pilot(1e-6, 0.0, 1e-6), None, MACHINE) == strategy(name)


@pytest.mark.parametrize(
    ("options", "size"),
    [("", 1), ("submission=map", 1), ("chunksize=20;start=fork", 20), ("chunksize=", 1), ("chunksize=-3", 1)],
)
def test_how_many_at_a_time_by_what_a_row_says(options, size):
    assert size_of(options) == size


@pytest.mark.parametrize(
    ("executor", "options", "line"),
    [
        ("threads", "submission=map", "ThreadPoolExecutor(max_workers=4)"),
        ("processes", f"chunksize=1;start={USUAL}", "ProcessPoolExecutor(max_workers=4)"),
        ("processes", "chunksize=1", "ProcessPoolExecutor(max_workers=4)"),
        (
            "processes",
            f"chunksize=1;max_tasks=1;start={UNUSUAL}",
            f'ProcessPoolExecutor(max_workers=4, mp_context=get_context("{UNUSUAL}"), max_tasks_per_child=1)',
        ),
        (
            "processes",
            f"chunksize=20;start={USUAL}",
            "ProcessPoolExecutor(max_workers=4).map(work, items, chunksize=20)",
        ),
        ("sequential", "", "[work(item) for item in items]"),
        ("own_pools:make", "chunksize=9", ""),
    ],
)
def test_the_line_of_code_hands_over_as_many(executor, options, line):
    assert in_code(executor, 4, options) == line
