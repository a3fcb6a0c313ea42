from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import warnings
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, process
from dataclasses import replace
from functools import partial

import pytest

import poolbench
from poolbench import workloads
from poolbench.errors import UsageError
from poolbench.measure import pilot
from poolbench.measure.machine import this_machine
from poolbench.pools import OneAtATime
from poolbench.tuning import tune
from poolbench.tuning.bench import Bench
from poolbench.tuning.profile import Tuned, entries, remember
from poolbench.workloads.own import OwnWorkload
from poolbench.workloads.subject import source_of, subject_of
from tuned import SUBJECT, entry, work, work_async

pytestmark = pytest.mark.filterwarnings("ignore::poolbench.errors.CautionWarning")
"""Tasks here are far smaller than what hands them over, and other programs may use the cores."""


@pytest.fixture(autouse=True)
def profile_path(tmp_path, monkeypatch):
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path / "profile.json"))
    return tmp_path / "profile.json"


def test_a_pool_as_tuned():
    remember(entry(workers=3, lanes=(Tuned("threads", "submission=map", 3, 100.0),)))
    with poolbench.pool(work) as executor:
        assert isinstance(executor, ThreadPoolExecutor)
        assert executor._max_workers == 3
        assert list(executor.map(work, range(5))) == [0, 1, 2, 3, 4]
    assert poolbench.workers_for(work) == 3


def test_a_pool_of_processes_as_tuned():
    lanes = (Tuned("processes", "chunksize=1;start=spawn;submission=map", 2, 100.0),)
    remember(entry(executor="processes", options=lanes[0].options, workers=2, lanes=lanes))
    with poolbench.pool(work) as executor:
        assert isinstance(executor, ProcessPoolExecutor)
        assert executor._max_workers == 2
        assert list(executor.map(work, range(3))) == [0, 1, 2]


def test_of_an_answer_that_is_asyncio_the_best_executor():
    lanes = (
        Tuned("sequential", "", 1, 10.0),
        Tuned("threads", "submission=map", 9, 140.0),
        Tuned("processes", "chunksize=1;start=fork;submission=map", 2, 90.0),
        Tuned("asyncio", "submission=map", 32, 150.0),
        Tuned("gone", "", 64, 500.0),
    )
    remember(entry(executor="asyncio", workers=32, lanes=lanes))
    with poolbench.pool(work) as executor:
        assert executor._max_workers == 9
    assert poolbench.workers_for(work) == 32


def test_of_executors_that_are_nearly_as_fast_the_cheapest():
    lanes = (
        Tuned("threads", "submission=map", 9, 140.0),
        Tuned("processes", "chunksize=1;start=fork;submission=map", 8, 145.0),
        Tuned("asyncio", "submission=map", 9, 150.0),
    )
    remember(entry(executor="asyncio", workers=9, lanes=lanes))
    with poolbench.pool(work) as executor:
        assert isinstance(executor, ThreadPoolExecutor)


def test_where_nothing_beats_one_at_a_time_the_caller_does_it():
    remember(entry(executor="sequential", options="", workers=1))
    with poolbench.pool(work) as executor:
        future = executor.submit(threading.get_ident)
        assert (future.done(), future.result()) == (True, threading.get_ident())
        assert list(executor.map(work, range(3))) == [0, 1, 2]
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result()


@pytest.mark.parametrize(("given", "sizes"), [({}, [3, 2]), ({"chunksize": 4}, [4, 1])])
def test_small_tasks_are_handed_over_as_many_at_a_time_as_were_tuned(given, sizes, monkeypatch):
    lanes = (Tuned("processes", "chunksize=3;start=fork;submission=map", 2, 100.0),)
    remember(entry(executor="processes", options=lanes[0].options, workers=2, lanes=lanes))
    found = []
    monkeypatch.setattr(process, "_process_chunk", lambda function, chunk: found.append(len(chunk)))
    with poolbench.pool(work) as executor:
        monkeypatch.setattr(executor, "submit", lambda call, chunk: OneAtATime().submit(call, chunk))
        executor.map(work, range(5), **given)
    assert found == sizes


def test_a_workload_by_its_name_and_its_parameters():
    [(_, made)] = workloads.variants([workloads.recipe("flags")], ["latency=20ms"], 0)
    remember(entry(subject_of(made), workers=7, lanes=(Tuned("threads", "submission=map", 7, 100.0),)))
    with poolbench.pool("flags", latency="20ms") as executor:
        assert executor._max_workers == 7
    with pytest.warns(poolbench.NotTuned, match="flags is not tuned for this machine: "):
        assert poolbench.workers_for("flags", latency="30ms", default=5) == 5


def test_untuned_is_the_librarys_default_and_one_warning():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with poolbench.pool(work) as executor:
            assert isinstance(executor, Executor)
            assert executor._max_workers == ThreadPoolExecutor()._max_workers
    [only] = told
    assert only.category is poolbench.NotTuned
    assert only.filename == __file__, "the line that asked"
    assert str(only.message).startswith("tuned:work is not tuned for this machine: the library's default is used;")
    with pytest.warns(poolbench.NotTuned):
        assert poolbench.workers_for(work) == this_machine().default_threads


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"source": "old"}, "its source has changed since it was tuned"),
        ({"python": "3.99"}, "it was tuned on Python 3.99"),
        ({"machine": "m0"}, "it was tuned on another machine"),
    ],
)
def test_a_stale_answer_is_not_used_silently(change, why):
    remember(replace(entry(), **change))
    with pytest.warns(poolbench.NotTuned, match=rf"\({why}\)"):
        assert poolbench.workers_for(work, default=4) == 4


def test_a_broken_profile_does_not_end_somebodys_program(profile_path):
    profile_path.write_text("{")
    with pytest.warns(poolbench.NotTuned, match="cannot read the profile.*--forget"), poolbench.pool(work) as executor:
        assert executor.submit(work, 1).result() == 1


def test_a_profile_that_cannot_be_read_is_told_before_the_first_run(profile_path, tmp_path):
    profile_path.write_text("{")
    with pytest.raises(UsageError, match="cannot read the profile"):
        poolbench.tune(work, range(4), out=str(tmp_path / "results"))
    assert not (tmp_path / "results").exists()


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(monkeypatch, tmp_path):
    def full(outcome):
        raise UsageError("cannot write the profile (no space left)", "name another")

    monkeypatch.setattr(tune, "remember", full)
    monkeypatch.setattr(pilot, "TRIAL_S", 0.005)
    with pytest.warns(UserWarning, match="no space left.*so the answer is not kept: name another") as told:
        found = poolbench.tune(work, range(40), executors="threads", max_workers=2, seed=3, out=str(tmp_path))
    assert (found.subject.name, told[0].filename) == ("tuned:work", __file__)


def test_what_may_mislead_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(pilot, "TRIAL_S", 0.005)
    with pytest.warns(poolbench.CautionWarning, match="no processes: worker processes cannot receive") as told:
        poolbench.tune(lambda item: item, range(40), max_workers=2, budget_s=2, seed=3, out=str(tmp_path))
    assert told[0].filename == __file__


def test_an_interrupt_is_the_callers_too(monkeypatch, tmp_path):
    def interrupted(self, choice):
        raise KeyboardInterrupt

    monkeypatch.setattr(Bench, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt, match="0 trials are in"):
        poolbench.tune(work, range(40), executors="threads", max_workers=2, out=str(tmp_path))


class Site:
    def __init__(self, name, session):
        self.name, self.session = name, session

    def get(self, path):
        return self.name, path

    def __call__(self, path):
        return self.name, path


def made(pause):
    def nap(item):
        return item, pause

    return nap


def test_what_a_function_counts_while_it_is_tuned_is_not_part_of_it(monkeypatch, tmp_path):
    class Counted:
        calls = 0

        def __call__(self, item):
            self.calls += 1

    monkeypatch.setattr(pilot, "TRIAL_S", 0.005)
    found = poolbench.tune(Counted(), range(40), executors="threads", max_workers=2, seed=3, out=str(tmp_path))
    assert found.subject == subject_of(OwnWorkload("any", Counted(), [1]))


def test_a_scope_that_is_not_filled_yet_is_no_obstacle():
    def early(item):
        return later(item)

    assert subject_of(OwnWorkload("any", early, [1])).name.endswith("early")

    def later(item):
        return item


@pytest.mark.parametrize(
    ("one", "same", "another"),
    [
        (Site("a", object()).get, Site("a", object()).get, Site("b", object()).get),
        (Site("a", object()), Site("a", object()), Site("b", object())),
        (made(1), made(1), made(2)),
    ],
)
def test_what_a_function_holds_tells_it_from_its_like(one, same, another):
    remember(entry(subject_of(OwnWorkload("any", one, [1])), workers=5))
    assert poolbench.workers_for(same) == 5
    with pytest.warns(poolbench.NotTuned):
        assert poolbench.workers_for(another, default=3) == 3


def test_what_is_bound_is_no_answer_for_something_else():
    remember(entry(subject_of(OwnWorkload("any", partial(pow, 2), [1])), workers=5))
    assert poolbench.workers_for(partial(pow, 2)) == 5
    with pytest.warns(poolbench.NotTuned, match=r"builtins:pow\(\w+…\) is not tuned"):
        assert poolbench.workers_for(partial(pow, 3), default=4) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: poolbench.pool(work_async), "is async def, which executors do not run"),
        (lambda: poolbench.pool("flagz"), "no workload named flagz"),
        (lambda: poolbench.pool("flags", latncy="1s"), "no parameter of flags named latncy"),
        (lambda: poolbench.pool("flags", latency="1s,2s"), "several values of flags"),
        (lambda: poolbench.pool("jobs:fetch"), "jobs:fetch is the name of a function"),
        (lambda: poolbench.pool(work, latency="1s"), "tuned:work has no parameters"),
        (lambda: poolbench.pool(3), "3 is no function"),
        (lambda: poolbench.workers_for(None), "None is no function"),
        (lambda: poolbench.tune(work), "no items in the batch of tuned:work"),
        (lambda: poolbench.tune(3, [1]), "3 is no function"),
        (lambda: poolbench.tune(work, [1], seed=-1), "cannot use the seed -1"),
        (lambda: poolbench.tune(work, [1], seed="a"), "cannot use the seed 'a'"),
        (lambda: poolbench.tune(work, [1], budget_s="15s"), "cannot use budget_s '15s'"),
        (lambda: poolbench.tune(work, [1], budget_s=-1), "cannot use budget_s -1"),
        (lambda: poolbench.tune(work, [1], task_timeout_s="1s"), "cannot use task_timeout_s '1s'"),
        (lambda: poolbench.tune(work, [1], max_workers=2.5), "cannot use max_workers 2.5"),
        (lambda: poolbench.tune(work, [1], max_workers=0), "cannot use max_workers 0"),
    ],
)
def test_what_cannot_be_asked_for(call, message):
    with pytest.raises(UsageError, match=message):
        call()


def test_a_coroutine_gets_its_number():
    subject = replace(SUBJECT, name="tuned:work_async", source=source_of(work_async))
    remember(entry(subject, executor="asyncio", workers=32))
    gate = asyncio.Semaphore(poolbench.workers_for(work_async))
    assert gate._value == 32


def test_tuning_in_code_and_the_pool_that_it_gives(tmp_path, monkeypatch):
    monkeypatch.setattr(pilot, "TRIAL_S", 0.005)
    found = poolbench.tune(
        work, range(40), executors="threads", max_workers=2, budget_s=20, seed=3, out=str(tmp_path / "results")
    )
    assert (found.subject.name, found.executor in ("threads", "sequential")) == ("tuned:work", True)
    assert 1 <= found.workers <= 2
    assert found.per_s > 0
    assert bool(entries()) is found.conclusive
    assert len(list((tmp_path / "results").glob("tune-tuned-work-*.csv"))) == 1


def test_a_function_that_always_fails_has_no_answer(tmp_path):
    def broken(item):
        raise ValueError("not today")

    with pytest.raises(UsageError, match=r"no run of .*broken succeeded \(.*not today"):
        poolbench.tune(broken, range(4), executors="threads", max_workers=2, budget_s=20, out=str(tmp_path))
    assert entries() == ()


def test_a_fresh_process_gets_what_another_tuned(tmp_path):
    (tmp_path / "jobs.py").write_text("def fetch(item):\n    return item + 1\n")
    tune = f"""
import jobs, sys
from pathlib import Path
from poolbench.workloads.subject import Subject, source_of
from poolbench.tuning.profile import remember
sys.path.insert(0, {str((tmp_path / "..").resolve())!r})
sys.path.insert(0, {str(__import__("pathlib").Path(__file__).parent)!r})
from tuned import entry
remember(entry(Subject("jobs:fetch", "", source_of(jobs.fetch)), workers=5))
"""
    use = """
import jobs, poolbench
with poolbench.pool(jobs.fetch) as executor:
    print(executor._max_workers, list(executor.map(jobs.fetch, range(3))))
"""
    for code in (tune, use):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout == "24 [1, 2, 3]\n"


def test_a_budget_for_no_run_at_all_is_told_of(tmp_path):
    with pytest.raises(UsageError, match="budget was used up"):
        poolbench.tune(len, ["a"], executors="threads", max_workers=1, budget_s=1e-9, out=str(tmp_path))
