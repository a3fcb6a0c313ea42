"""`poolbench tune` as a user types it: real pools, short trials."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from poolbench import workloads
from poolbench.cli import main
from poolbench.errors import CutShortError, UsageError
from poolbench.measure import pilot
from poolbench.results.columns import COLUMNS
from poolbench.tuning import tune
from poolbench.tuning.chunks import size_of
from poolbench.tuning.profile import entries, remember
from poolbench.workloads.subject import subject_of
from tuned import SUBJECT, entry

QUICK = "tune loiter --set unit=1ms --set sleeps=1 --max-workers 4 --seed 5"
SCHEMA = json.loads(files("poolbench.results").joinpath("tune.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path / "profile.json"))
    monkeypatch.setattr(pilot, "TRIAL_S", 0.02)


def tuned(*more: str) -> int:
    return main([*QUICK.split(), *more])


def test_an_answer_is_stored_and_its_trials_are_a_sweep(capsys):
    status = tuned("--executor", "threads")
    out, err = capsys.readouterr()
    assert status in (0, 4)
    assert "run 1: " in err
    [path] = Path("results").glob("*.csv")
    assert path.name.startswith("tune-loiter-")
    frame = pd.read_csv(path)
    assert tuple(frame.columns) == COLUMNS
    assert set(frame["executor"]) == {"sequential", "threads"}
    assert frame["workers"].max() <= 4
    assert frame["outcome"].eq("ok").all()
    assert json.loads(path.with_suffix(".json").read_text())["plan"]["tune"] is True
    assert len(entries()) == (status == 0)
    assert ("in code  " in out) is (status == 0)
    assert f"wrote    {path}" in out


def test_as_json(capsys):
    status = tuned("--executor", "threads,asyncio", "--json", "-q")
    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    answer = found["recommendation"]
    assert answer["conclusive"] is (status == 0)
    assert answer["workers_ci"][0] <= answer["workers"] <= answer["workers_ci"][1]
    assert found["trials"] >= sum(row["runs"] for row in found["evidence"])
    assert {row["executor"] for row in found["evidence"]} == {"sequential", "threads", "asyncio"}


def test_as_json_where_nothing_ran(capsys):
    assert tuned("--executor", "threads", "--budget", "1us", "--json", "-q") == 4
    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert found["recommendation"] is None


def test_a_budget_that_is_too_small_is_inconclusive_and_keeps_what_is_known(capsys):
    assert tuned("--executor", "threads", "--budget", "1us") == 4
    out, err = capsys.readouterr()
    assert "inconclusive: the budget ended before the first run" in out
    assert err.endswith("  tip: raise --budget\n")
    assert entries() == ()
    assert len(list(Path("results").glob("*.csv"))) == 1


def test_a_function_of_ones_own(monkeypatch):
    monkeypatch.setattr("poolbench.tuning.answer._ALIKE", 1e9)  # on a busy machine naps are of any length
    Path("their_naps.py").write_text("import time\ndef nap(item):\n    time.sleep(0.001)\n    return item\n")
    line = "tune their_naps.py:nap --items range(12) --executor threads --max-workers 6 --seed 1 -q"
    status = main(line.split())
    assert status in (0, 4)
    [frame] = [pd.read_csv(path) for path in Path("results").glob("*.csv")]
    assert frame["tasks"].eq(12).all()
    if status == 0:
        [known] = entries()
        assert (known.workload, 12 // known.workers) == ("their_naps:nap", -(-12 // known.workers)), (
            "snapped to whole rounds"
        )


def test_processes_get_small_tasks_many_at_a_time(capsys):
    Path("their_small_jobs.py").write_text("def double(item):\n    return 2 * item\n")
    line = "tune their_small_jobs.py:double --items range(800) --max-workers 2 --budget 2s --seed 1 -q"
    main(line.split())
    [frame] = [pd.read_csv(path) for path in Path("results").glob("*.csv")]
    sizes = {row.executor: size_of(str(row.options)) for row in frame.itertuples()}
    assert (sizes["sequential"], sizes["threads"]) == (1, 1)
    assert sizes["processes"] > 1, "as many as the first look at the tasks says"


def test_where_not_one_task_succeeds_it_ends_soon(capsys):
    Path("their_wrong_jobs.py").write_text("def opened(path):\n    return path.open()\n")
    Path("paths.txt").write_text("a\nb\n")
    assert main(["tune", "their_wrong_jobs.py:opened", "--items", "paths.txt", "--executor", "threads"]) == 3
    out, err = capsys.readouterr()
    assert "'str' object has no attribute 'open'" in out + err
    [frame] = [pd.read_csv(path) for path in Path("results").glob("*.csv")]
    assert len(frame) == 3


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_task_that_hangs_costs_its_runs_only(capsys):
    Path("their_hangs.py").write_text("import time\ndef hang(item):\n    time.sleep(600 * (item == 1))\n")
    line = "tune their_hangs.py:hang --items range(2) --executor processes --max-workers 2 --task-timeout 100ms -q"
    assert main(line.split()) == 3
    [frame] = [pd.read_csv(path) for path in Path("results").glob("*.csv")]
    assert set(frame["executor"]) == {"sequential", "processes"}
    assert set(frame["outcome"]) == {"timeout"}


def test_no_time_is_no_task_timeout(capsys):
    assert tuned("--task-timeout", "0") == 2
    assert capsys.readouterr().err.startswith("error: no task ends in no time\n  tip: give --task-timeout")


def test_an_interrupted_tune_is_not_finished_and_draws_nothing(monkeypatch, capsys):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("poolbench.tuning.bench.run_trial", interrupted)
    monkeypatch.setattr("poolbench.tuning.picture._draw", lambda *_: pytest.fail("who interrupts waits for no chart"))
    assert tuned("--executor", "threads") == 130
    [path] = Path("results").glob("*.json")
    assert json.loads(path.read_text())["finished"] is False


def test_what_ends_a_tune_early_leaves_the_rows_and_what_is_known(monkeypatch, capsys):
    cells = []

    def hung(cell):
        cells.append(cell)
        if len(cells) == 5:
            raise CutShortError("a task goes on", "give it to processes")

    monkeypatch.setattr("poolbench.tuning.bench.verify_undisturbed", hung)
    assert tuned("--executor", "threads") == 3
    out, err = capsys.readouterr()
    assert "inconclusive: " in out
    assert err.endswith("error: a task goes on\n  tip: give it to processes\n")
    [path] = Path("results").glob("*.csv")
    assert len(pd.read_csv(path)) == 5
    assert json.loads(path.with_suffix(".json").read_text())["finished"] is False


@pytest.mark.parametrize(
    ("problem", "statuses"), [(OSError(28, "No space left on device"), (0, 4)), (KeyboardInterrupt(), (130,))]
)
def test_an_answer_is_worth_more_than_its_chart(problem, statuses, monkeypatch, capsys):
    def broken(*_):
        raise problem

    monkeypatch.setattr("poolbench.tuning.picture._draw", broken)
    assert tuned("--executor", "threads") in statuses
    out, err = capsys.readouterr()
    assert len(entries()) == ("in code  " in out)
    assert "wrote    results" in out
    assert ("its chart cannot be written (no space left on device)" in err) is isinstance(problem, OSError)


def test_a_function_that_fails_ends_with_3(capsys):
    Path("their_failures.py").write_text("def fail(item):\n    raise ValueError('not today')\n")
    line = "tune their_failures.py:fail --items range(4) --executor threads --max-workers 2"
    assert main(line.split()) == 3
    assert "failed: no run succeeded; the first: 4 of 4 tasks: ValueError: not today" in capsys.readouterr().err


def test_machine_lists_what_was_tuned(tmp_path, capsys):
    assert main(["machine", "--quick"]) == 0
    assert capsys.readouterr().out.endswith(f"profile          {tmp_path / 'profile.json'} (nothing tuned yet)\n")
    remember(entry())
    remember(
        entry(
            replace(SUBJECT, name="flags", params="client=httpx"),
            executor="asyncio",
            workers=32,
            gil=False,
            speedup=None,
            tuned_at="2026-11-23",
        )
    )
    assert main(["machine", "--quick"]) == 0
    *_, head, first, second, path = capsys.readouterr().out.splitlines()
    assert head.split() == ["tuned", "answer", "speed-up", "Python", "on"]
    assert first.split()[:4] == ["tuned:work", "24", "threads", "11.8×"]
    assert second.split()[:6] == ["flags", "client=httpx", "32", "asyncio", "workers", "–"]
    assert "no GIL" in second
    assert path == f"profile          {tmp_path / 'profile.json'}"


def test_forgetting(capsys):
    remember(entry())
    assert main(["tune", "loiter", "--forget"]) == 0
    assert main(["tune", "--forget"]) == 0
    assert capsys.readouterr().out == "forgot 0 answers\nforgot 1 answer\n"
    assert entries() == ()


def test_forgetting_a_function(monkeypatch, capsys):
    remember(entry())
    monkeypatch.syspath_prepend(Path(__file__).parent.parent)
    assert SUBJECT.name == "tuned:work"
    assert main(["tune", "tuned:work", "--forget"]) == 0
    assert capsys.readouterr().out == "forgot 1 answer\n"


def test_forgetting_only_what_set_says(capsys):
    for unit in ("5ms", "10ms"):
        [(_, made)] = workloads.variants([workloads.recipe("loiter")], [f"unit={unit}"], 0)
        remember(entry(subject_of(made)))
    assert main(["tune", "loiter", "--forget", "--set", "unit=77ms"]) == 0
    assert main(["tune", "loiter", "--forget", "--set", "unit=0.005s"]) == 0
    assert capsys.readouterr().out == "forgot 0 answers\nforgot 1 answer\n"
    assert [each.params for each in entries()] == ["sleeps=0..4;unit=10ms"]


@pytest.mark.parametrize("name", ["gone:f", "gone.py:f", "gone:<lambda> 1a2b3c", "gone:f(3)"])
def test_forgetting_a_function_that_is_no_longer_there(name, capsys):
    remember(entry(replace(SUBJECT, name=name.replace(".py", ""))))
    assert main(["tune", name, "--forget"]) == 0
    assert capsys.readouterr().out == "forgot 1 answer\n"
    assert entries() == ()


def test_a_profile_that_cannot_be_read_is_put_aside(tmp_path, capsys):
    (tmp_path / "profile.json").write_text('{"schema": 99}')
    assert tuned("--executor", "threads") == 2
    err = capsys.readouterr().err
    assert "(schema 99, not 1)" in err
    assert "poolbench tune --forget puts it aside" in err
    assert not Path("results").exists()
    assert main(["tune", "--forget"]) == 0
    aside = tmp_path / "profile.json.unreadable"
    assert capsys.readouterr().out == f"the profile could not be read, and is now {aside}\n"
    assert aside.read_text() == '{"schema": 99}'


def test_an_answer_that_cannot_be_kept_is_shown_first(monkeypatch, capsys):
    def full(outcome):
        raise UsageError("cannot write the profile (no space left)", "name another")

    monkeypatch.setattr(tune, "remember", full)
    assert tuned("--executor", "threads") == 3
    out, err = capsys.readouterr()
    assert "wrote    results" in out
    assert err.endswith("error: cannot write the profile (no space left)\n  tip: name another\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tune", "a tune needs a workload"),
        ("tune --forget --executor threads", "--forget takes a workload and its --set, no other option"),
        ("tune --forget --set unit=1ms", "no workload is named, so --set says nothing"),
        ("tune m:f --forget --set unit=1ms", "m:f has no parameters, so --set says nothing"),
        ("tune loiter --forget --set uni=1ms", "no parameter of loiter named uni"),
        ("tune gone_jobs:f --forget", "no module gone_jobs"),
        ("tune flags --seed -1", "cannot use the seed -1"),
        ("tune flagz", "no workload named flagz"),
        ("tune flagz --forget", "no workload named flagz"),
        ("tune flags --executor thread", "no executor named thread"),
        ("tune flags --executor sequential", "sequential has no workers to tune"),
        ("tune flags --max-workers 0", "cannot use --max-workers 0"),
        ("tune flags --tasks -1", "cannot use --tasks -1"),
        ("tune flags --tolerance 2", "cannot read --tolerance 2"),
        ("tune flags --confidence 0", "cannot read --confidence 0"),
        ("tune flags --budget soon", "cannot read --budget soon"),
        ("tune flags --set latency=1ms,2ms", "a tune has one answer, not one for each value"),
        ("tune flags --set client=requests --executor asyncio", "requests has no asyncio client"),
        ("tune flags --out /dev/null/x", "cannot write to /dev/null/x"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_no_file(line, message, capsys, tmp_path):
    assert main(line.split()) == 2
    what, tip = capsys.readouterr().err.splitlines()
    assert what.startswith(f"error: {message}")
    assert tip.startswith("  tip: ")
    assert list(tmp_path.iterdir()) == []


def test_what_tasks_print_is_not_in_the_document(capfd):
    Path("loud.py").write_text("def shout(item):\n    print('{', item, flush=True)\n")
    line = "tune loud.py:shout --items range(20) --max-workers 2 --executor threads --seed 1 --budget 5s --json -q"
    main(line.split())
    out, err = capfd.readouterr()
    assert json.loads(out)["workload"] == "loud:shout"
    assert "{ 19\n" in err


def test_a_function_runs_all_of_its_items(capsys):
    Path("quiet.py").write_text("def work(item):\n    return item\n")
    assert main(["tune", "quiet.py:work", "--items", "range(20)", "--tasks", "5"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "error: quiet:work runs all of its items"


def test_nobody_looks_beyond_what_a_sweep_takes(capsys):
    assert main(["tune", "loiter", "--max-workers", "100000"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "error: cannot look as far as 100000 workers"
    assert not list(Path("results").glob("*"))
