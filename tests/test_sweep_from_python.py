"""`poolbench.sweep`, and what `poolbench.tune` shares with it."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import poolbench
from brought import Noted, Point, double, double_async, five, opened, pair, pair_async, refuse, six, width
from poolbench.calls import off_loop
from poolbench.errors import CutShortError, UsageError
from poolbench.measure import pilot
from poolbench.results.store import Store

SMALL = {"workers": "1,2", "repeats": 1}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path / "profile.json"))
    monkeypatch.setattr(pilot, "TRIAL_S", 0.005)


def cells(results: poolbench.Results) -> set[tuple[str, int]]:
    return {(each.executor, each.workers) for each in results.trials}


def test_a_function_and_its_items():
    results = poolbench.sweep(double, [1, 2, 3], **SMALL)
    others = itertools.product(("threads", "processes"), (1, 2))
    assert cells(results) == {("sequential", 1), *others}
    assert {(each.workload, each.tasks, each.outcome) for each in results.trials} == {("brought:double", 3, "ok")}
    assert results.frame["throughput_per_s"].gt(0).all()
    assert [each.workload for each in results.summary()] == ["brought:double"]


def test_without_a_folder_nothing_is_left_where_we_are(tmp_path):
    results = poolbench.sweep(double, [1, 2, 3], executors="threads", **SMALL)
    assert list(tmp_path.iterdir()) == []
    assert results.path.exists()
    kept = poolbench.sweep(double, [1, 2], executors="threads", out=tmp_path / "mine", name="twice", **SMALL)
    assert kept.path.parent == tmp_path / "mine"
    assert kept.path.name.startswith("twice-")
    assert {each.workload for each in kept.trials} == {"twice"}


def test_the_temporary_folder_goes_with_the_interpreter(tmp_path):
    code = "import poolbench\nprint(poolbench.sweep(abs, [1, 2], executors='threads', workers=2, repeats=1).path)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    path = Path(done.stdout.strip())
    assert path.suffix == ".csv"
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("function", "items"),
    [
        (len, [(1, 2), "abc"]),
        (len, {"a": 1, "b": 2}),
        (len, ({"key": number} for number in range(5))),
        (width, (Point(x) for x in range(3))),
        (Path.exists, [Path(), Path("gone")]),
        (double, range(4)),
        (double, iter([1])),
    ],
)
def test_items_of_any_type_in_any_iterable(function, items):
    results = poolbench.sweep(function, items, executors=["threads", "processes"], workers=[1], repeats=1)
    assert {each.outcome for each in results.trials} == {"ok"}
    assert {each.executor for each in results.trials} == {"sequential", "threads", "processes"}


def test_a_file_of_items_is_read_as_on_the_command_line(tmp_path):
    (tmp_path / "urls.txt").write_text("a\n\nbc\n")
    for given in ("urls.txt", tmp_path / "urls.txt"):
        results = poolbench.sweep(len, given, executors="threads", workers=1, repeats=1)
        assert {(each.outcome, each.tasks) for each in results.trials} == {("ok", 2)}


def test_workloads_by_name_and_with_parameters():
    results = poolbench.sweep("loiter", unit="1ms", sleeps="1,2", tasks=4, executors="threads", workers=2, repeats=1)
    assert {each.params for each in results.trials} == {"sleeps=1;unit=1ms", "sleeps=2;unit=1ms"}
    assert {each.tasks for each in results.trials} == {4}


@pytest.mark.parametrize("call", [poolbench.sweep, poolbench.tune])
@pytest.mark.parametrize(
    ("arguments", "more", "message"),
    [
        ((double, []), {}, "no items in the batch of brought:double"),
        ((double, 5), {}, r"the items of brought:double are not iterable \(int\)"),
        ((double, "gone.txt"), {}, "cannot read items from gone.txt"),
        ((double, [1]), {"latency": "5ms"}, "brought:double has no parameters"),
        ((double, [1]), {"executors": "treads"}, "no executor named treads"),
        ((double, [1]), {"executors": ["asyncio"]}, "asyncio runs coroutines; brought:double is a plain function"),
        ((double, [1]), {"worker_setup": five}, "brought:double cannot be called with an item and what worker_setup"),
        ((pair, [1]), {}, "brought:pair cannot be called with an item "),
        ((pair, [1]), {"worker_setup": six}, "the worker_setup of brought:pair is async def, but brought:pair is a"),
        ((pair, [1]), {"worker_setup": double}, "the worker_setup of brought:pair cannot be called without arguments"),
        ((double, [1]), {"check": five}, "the check of brought:double cannot be called with an item and its value"),
        ((double, [1]), {"check": pair_async}, "the check of brought:double is async def"),
        (("flags", [1]), {}, "items is for functions of your own, not for flags"),
        (("flags",), {"check": pair}, "check is for functions of your own, not for flags"),
        (("flags",), {"worker_setup": five}, "worker_setup is for functions of your own, not for flags"),
        (("flagz",), {}, "no workload named flagz"),
        (("jobs.py:fetch",), {}, "jobs.py:fetch is the name of a function"),
        ((double, [1]), {"executors": None}, "cannot use executors None"),
        ((double, [1]), {"executors": ThreadPoolExecutor}, "cannot use executors <class"),
        ((double, [1]), {"out": 5}, "cannot use out 5"),
        ((double, [1]), {"check": "x"}, r"the check of brought:double is no function \('x'\)"),
        ((double, np.array(3)), {}, "the items of brought:double are not iterable"),
    ],
)
def test_what_cannot_be_asked_for(call, arguments, more, message):
    with pytest.raises(UsageError, match=message):
        call(*arguments, **more)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"workers": None}, "cannot use workers None"),
        ({"workers": 1.5}, "cannot use workers 1.5"),
        ({"workers": b"12"}, "cannot use workers b'12'"),
        ({"tasks": "4"}, "cannot use tasks '4'"),
        ({"repeats": "2"}, "cannot repeat '2' times"),
        ({"precision": "3%"}, "cannot use the precision '3%'"),
        ({"budget_s": "1s"}, "cannot use budget_s '1s'"),
        ({"name": 5}, "cannot use name 5"),
    ],
)
def test_numbers_of_a_sweep_that_are_none(more, message):
    with pytest.raises(UsageError, match=message):
        poolbench.sweep(double, [1], executors="threads", **more)


@pytest.mark.parametrize("workers", [2, np.int64(2), [2], np.array([2]), "2", (2,)])
def test_worker_counts_of_any_kind(workers):
    assert cells(poolbench.sweep(double, [1, 2], executors=["threads"], workers=workers, repeats=1)) == {
        ("sequential", 1),
        ("threads", 2),
    }


def test_a_name_in_other_letters_names_the_file(tmp_path):
    found = poolbench.sweep(double, [1], executors="threads", workers=1, repeats=1, name="日本", out=tmp_path)
    assert found.path.name.startswith("日本-")


def test_items_that_never_end_are_too_many(monkeypatch):
    monkeypatch.setattr("poolbench.workloads.items.MOST_ITEMS", 1000)
    with pytest.raises(UsageError, match="too many items in the batch of brought:double"):
        poolbench.sweep(double, itertools.count())


def test_what_the_items_raise_is_the_callers():
    def items():
        yield 1
        raise LookupError("no more pages")

    with pytest.raises(LookupError, match="no more pages"):
        poolbench.sweep(double, items())


def test_a_tip_stands_in_the_traceback():
    with pytest.raises(UsageError) as caught:
        poolbench.sweep(double, [])
    assert caught.value.__notes__ == ["tip: a batch needs at least one"]


# What cannot be pickled.


@pytest.mark.parametrize(
    ("function", "items", "message"),
    [
        (lambda item: item, [1, 2], r"worker processes cannot receive .*<lambda> \(it is a lambda, line"),
        (width, [Point(1), threading.Lock()], r"cannot receive item 2 of brought:width, a lock \(TypeError: cannot pi"),
        (opened, [1, 2], r"worker processes cannot return what brought:opened gives, a lock \(TypeError: cannot pi"),
    ],
)
def test_what_cannot_be_pickled_is_an_error_or_costs_processes(tmp_path, function, items, message):
    with pytest.raises(UsageError, match=message):
        poolbench.sweep(function, items, executors="threads,processes", out=tmp_path / "out", **SMALL)
    assert not (tmp_path / "out").exists(), "nothing was begun"
    with pytest.warns(poolbench.CautionWarning) as told:
        results = poolbench.sweep(function, items if function is not width else [Point(1), Bad()], **SMALL)
    assert {each.executor for each in results.trials} == {"sequential", "threads"}
    assert [str(each.message)[:14] for each in told] == ["no processes: "]
    assert [each.filename for each in told] == [__file__]


@pytest.mark.filterwarnings("ignore::poolbench.errors.CautionWarning")  # of a busy machine
def test_spans_that_a_file_does_not_hold_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("poolbench.results.store.MOST_SPANS", 7)
    ways = {"executors": "threads", "out": str(tmp_path)}
    with pytest.warns(poolbench.CautionWarning, match=r"spans of 1 run were left out: a file holds those of 7 tasks"):
        results = poolbench.sweep(double, [1, 2, 3], workers=[1, 2], repeats=1, **ways)
    assert len(results.trials) == 3, "the baseline too"
    with pytest.warns(poolbench.CautionWarning, match=r"spans of \d+ runs were left out"):
        poolbench.tune(double, range(40), max_workers=2, budget_s=2, seed=3, **ways)


class Bad:
    x = 1

    def __reduce__(self):
        raise TypeError("not me")


@pytest.mark.filterwarnings("ignore::poolbench.errors.CautionWarning")
def test_tune_leaves_processes_out_too(tmp_path):
    with pytest.warns(poolbench.CautionWarning, match="no processes: worker processes cannot return"):
        poolbench.tune(opened, range(20), max_workers=2, budget_s=5, seed=1, out=str(tmp_path))
    [path] = tmp_path.glob("tune-*.csv")
    assert "processes" not in {each.executor for each in poolbench.load(path).trials}
    with pytest.raises(UsageError, match="worker processes cannot return"):
        poolbench.tune(opened, range(20), executors="processes", out=str(tmp_path))


# Set-up and check.


@pytest.mark.parametrize(
    ("executor", "kind", "value", "noted"),
    [
        ("threads", "managed", "inside", {"left": 6, "open": 6}),
        ("threads", "both", "inside", {"closed": 6, "left": 6, "open": 6}),
        ("processes", "both", "inside", {"closed": 6, "left": 6, "open": 6}),
        ("processes:start=spawn", "closing", None, {"closed": 6, "open": 6}),
    ],
)
def test_a_set_up_once_for_each_worker_and_given_back(tmp_path, executor, kind, value, noted):
    made = Noted(tmp_path)

    def check(item, found):
        assert found[0] == item
        assert value in (None, found[1])

    # A value that holds an open resource would not come back from a process; these are plain.
    function = pair if value else _first
    results = poolbench.sweep(
        function, range(8), executors=executor, workers="1,3", worker_setup=getattr(made, kind), check=check, repeats=1
    )
    assert {each.outcome for each in results.trials} == {"ok"}, results.trials
    assert made.count() == noted, "pilot, baseline, one and three workers"


def _first(item, context):
    return item, None


@pytest.mark.parametrize("kind", ["of_a_loop", "managed", "closing"])
def test_set_ups_of_coroutines(tmp_path, kind):
    made = Noted(tmp_path)
    results = poolbench.sweep(pair_async, range(8), workers="1,3", worker_setup=getattr(made, kind), repeats=1)
    assert cells(results) == {("sequential", 1), ("asyncio", 1), ("asyncio", 3)}
    counts = made.count()
    assert {*counts.values()} == {6}
    assert {*counts} == {"open", *{"of_a_loop": ("closed", "left"), "managed": ("left",)}.get(kind, ("closed",))}


def test_a_set_up_that_fails_is_told_before_the_sweep(tmp_path):
    made = Noted(tmp_path)
    with pytest.raises(UsageError, match=r"a worker of .* cannot be set up \(OSError: the door is stuck\)"):
        poolbench.sweep(pair, range(8), worker_setup=made.stuck, executors="threads", **SMALL)
    assert made.count() == {"closed": 1, "open": 1}


async def nap(seconds):
    await asyncio.sleep(seconds)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_task_may_take_only_so_long():
    with pytest.raises(UsageError, match=r"no run of .* succeeded \(a task took longer than 200ms\)"):
        poolbench.sweep(nap, [0, 60], executors="asyncio", workers=2, task_timeout_s=0.2, repeats=1)


@pytest.mark.parametrize("call", [poolbench.sweep, poolbench.tune])
def test_no_task_ends_in_no_time(call):
    with pytest.raises(UsageError, match="give task_timeout_s some seconds"):
        call(abs, [1], task_timeout_s=0)


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (lambda item, value: value == 2 * item, ""),
        (lambda item, value: None, ""),
        (lambda item, value: "", ""),
        (lambda item, value: item < 2, "1 of 3 tasks: check: False for 2, which gave 4"),
        (lambda item, value: "too even" if item == 1 else None, "1 of 3 tasks: too even"),
        (lambda item, value: 1 / item, "1 of 3 tasks: check: ZeroDivisionError: division by zero"),
    ],
)
def test_a_check_decides_what_counts(check, reason):
    call = lambda: poolbench.sweep(double, range(3), executors="threads", check=check, **SMALL)  # noqa: E731
    if reason:
        with pytest.raises(UsageError, match="no run of brought:double succeeded") as caught:
            call()
        assert f"({reason})" in caught.value.message
    else:
        assert {each.reason for each in call().trials} == {""}


def test_whatever_a_check_says_can_be_read_again(tmp_path):
    def check(item, value):
        return "\x1b[2J\ud83d" + "x" * 9_000

    with pytest.raises(UsageError, match="no run of brought:double succeeded"):
        poolbench.sweep(double, range(3), executors="threads", check=check, out=tmp_path, **SMALL)
    [path] = tmp_path.glob("*.csv")
    reasons = {each.reason for each in poolbench.load(path).trials}
    assert all(each.isprintable() and len(each) < 400 for each in reasons)


def test_a_sweep_that_is_cut_short_is_no_whole_one(tmp_path, monkeypatch):
    add, rows = Store.add, []

    def full(self, trial, spans=()):
        rows.append(trial)
        if len(rows) == 3:
            raise CutShortError("cannot write (no space left)", "make room")
        add(self, trial, spans)

    monkeypatch.setattr(Store, "add", full)
    with pytest.raises(CutShortError, match="no space left"):
        poolbench.sweep(double, range(3), executors="threads", out=tmp_path, **SMALL)
    [path] = tmp_path.glob("*.csv")
    assert len(poolbench.load(path).trials) == 2


def test_some_failures_are_a_warning():
    def check(item, value):
        assert value != threading.main_thread().name, "not here"

    with pytest.warns(poolbench.CautionWarning, match=r"1 of 3 trials failed: 2 of 2 tasks: check: .*not here") as told:
        results = poolbench.sweep(thread_name, [1, 2], executors="threads", check=check, **SMALL)
    assert len(told) == 1
    assert sorted(each.outcome for each in results.trials) == ["failed", "ok", "ok"]


def thread_name(item):
    return threading.current_thread().name


def test_a_function_that_always_fails_has_no_results():
    with pytest.raises(UsageError, match=r"no run of brought:refuse succeeded \(3 of 3 tasks: ValueError: not 0\)"):
        poolbench.sweep(refuse, range(3), executors="threads", **SMALL)


@pytest.mark.filterwarnings("ignore::poolbench.errors.CautionWarning")
def test_tune_takes_both(tmp_path):
    made = Noted(tmp_path)
    (tmp_path / "out").mkdir()
    found = poolbench.tune(
        pair,
        range(20),
        worker_setup=made.managed,
        check=lambda item, value: value == (item, "inside"),
        executors="threads",
        max_workers=2,
        budget_s=5,
        out=str(tmp_path / "out"),
    )
    counts = made.count()
    assert found.subject.name == "brought:pair"
    assert counts["open"] == counts["left"] > 3


# Event loops.


@pytest.mark.filterwarnings("ignore::poolbench.errors.CautionWarning")
def test_on_a_running_loop_all_works_and_nothing_runs_beside_it():
    beats = []

    async def notebook():
        async def beat():
            while True:
                beats.append(1)
                await asyncio.sleep(0)

        other = asyncio.create_task(beat())
        await asyncio.sleep(0)
        before = len(beats)
        results = poolbench.sweep(double_async, range(5), **SMALL)
        answer = poolbench.tune(double_async, range(20), max_workers=2, budget_s=5)
        assert len(beats) == before
        other.cancel()
        return results, answer

    results, answer = asyncio.run(notebook())
    assert cells(results) == {("sequential", 1), ("asyncio", 1), ("asyncio", 2)}
    assert answer.executor in ("asyncio", "sequential")


def test_off_a_loop_the_caller_itself_runs_it():
    assert off_loop(lambda watch: (watch("a plan"), threading.current_thread())[1]) is threading.current_thread()


def test_an_interrupt_on_a_loop_ends_the_sweep_after_the_trial():
    went_on = threading.Event()
    ended = []

    def call(watch):
        while not went_on.wait(0.001):
            pass
        try:
            with watch("a plan") as tell:
                while True:
                    tell("a trial")
        except KeyboardInterrupt:
            ended.append(threading.current_thread())

    def later():
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        went_on.set()

    async def notebook():
        timer = threading.Timer(0.05, later)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            off_loop(call)
        timer.join()
        raise ZeroDivisionError  # asyncio.run would turn the interrupt that it saw into one of its own

    loop = asyncio.new_event_loop()
    try:
        with pytest.raises(ZeroDivisionError):
            loop.run_until_complete(notebook())
    finally:
        loop.close()
    [thread] = ended
    assert not thread.is_alive()


def test_a_script_without_a_guard_is_told_so(tmp_path):
    (tmp_path / "script.py").write_text(
        "import poolbench\n\n\ndef work(item):\n    return item\n\n\n"
        "poolbench.sweep(work, range(3), executors='processes:start=spawn', workers=1, repeats=1)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "UsageError: a worker process has imported this script" in done.stderr
    assert 'tip: put the call below if __name__ == "__main__":' in done.stderr


def test_an_interrupted_sweep_keeps_its_rows_and_says_where(tmp_path):
    calls = itertools.count()

    def stop(item):
        # In any other worker it is the task's own.
        if next(calls) >= 40 and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"\d+ trials are in .*\.csv"):
        poolbench.sweep(stop, range(4), executors="threads", workers=1, repeats=50, out=tmp_path)
    [path] = tmp_path.glob("*.csv")
    assert poolbench.load(path).trials


def test_no_warning_where_all_is_well():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        poolbench.sweep(double, range(4), **SMALL)
