from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from poolbench.cli import main
from poolbench.measure import sweep as sweep_module

JOBS = """
def fails_on_three(item):
    if item == 3:
        raise ValueError("three is too many")
    return item
"""
CLIENTS = """
def client():
    return "client"


def fetch(item, client):
    return f"{item} by {client}"


def right(item, value):
    assert value == f"{item} by client"
"""
SMALL = ["--set", "unit=1ms", "--tasks", "10", "--workers", "4", "--executor", "threads,asyncio", "--no-plots"]
LOITER = ["run", "loiter", *SMALL]
SCHEMA = json.loads(files("poolbench.results").joinpath("document.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "their_failing_jobs.py").write_text(JOBS)
    yield tmp_path
    sys.modules.pop("their_failing_jobs", None)


def frame() -> pd.DataFrame:
    [path] = Path("results").glob("*.csv")
    return pd.read_csv(path)


def test_a_sweep_writes_its_files_and_says_so(capsys):
    assert main([*LOITER, "--repeats", "2"]) == 0
    out, err = capsys.readouterr()
    found = frame()
    assert len(found) == 6
    assert found.groupby("block")["position"].apply(sorted).tolist() == [[0, 1, 2], [0, 1, 2]]
    assert set(found["executor"]) == {"sequential", "threads", "asyncio"}
    assert set(found["outcome"]) == {"ok"}
    assert found["throughput_per_s"].gt(0).all()
    lines = out.splitlines()
    assert lines[1] == "loiter  10 tasks a run · sleeps 0..4, unit 1ms · whole batch, start to end"
    assert lines[4].startswith("strategy")
    names = sorted(path.name for path in Path("results").iterdir())
    assert [Path(line.split()[-3 if line.endswith(" runs") else -1]).name for line in lines[-3:]] == names
    assert len(names) == 3
    # This machine may be too busy for the checks.
    said = [line for line in err.splitlines() if not line.startswith(("warning: ", "  "))]
    assert said[0] == "3 settings, shuffled, 2 blocks"
    assert [line.partition(":")[0] for line in said[1:]] == ["block 1", "block 2"]


def test_the_json_beside_the_csv_says_how_to_do_it_again(capsys):
    assert main([*LOITER, "--repeats", "1", "--seed", "7"]) == 0
    [path] = Path("results").glob("*.json")
    about = json.loads(path.read_text())
    assert (about["plan"]["seed"], about["plan"]["rule"], about["finished"], about["rows"]) == (7, "1 block", True, 3)
    assert about["sweep"] == path.stem
    assert len(about["plan"]["cells"]) == 3


def test_one_seed_one_order(capsys):
    for _ in range(2):
        main([*LOITER, "--repeats", "3", "--seed", "7"])
    one, other = (pd.read_csv(path) for path in Path("results").glob("*.csv"))
    assert one["executor"].tolist() == other["executor"].tolist()


def test_json_is_one_document_as_the_schema_says_and_nothing_else(capsys):
    assert main([*LOITER, "--repeats", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert err == ""
    assert all(Path(path).exists() for path in found["files"])
    [sweep] = found["sweeps"]
    assert [row["trials"] for row in sweep["rows"]] == [2, 2, 2]


def test_quiet_prints_a_verdict_for_each_workload_and_nothing_else(capsys):
    assert main(["run", "loiter", "primes", *SMALL[2:], "-q", "--repeats", "1"]) == 0
    out, err = capsys.readouterr()
    assert [line.partition(": ")[0] for line in out.splitlines()] == ["loiter", "primes"]
    assert err == ""


def test_a_set_up_and_a_check_of_ones_own(here, capsys):
    (here / "their_clients.py").write_text(CLIENTS)
    target = "their_clients.py:fetch"
    line = ["run", target, "--items", "range(4)", "--workers", "2", "--repeats", "1", "--no-plots", "-q"]
    status = main([*line, "--worker-setup", "their_clients.py:client", "--check", "their_clients.py:right"])
    assert (status, set(frame()["outcome"]), len(frame())) == (0, {"ok"}, 3)
    assert set(frame()["workload"]) == {"their_clients:fetch"}, "as in the machine's profile"
    assert main([*line]) == 2
    assert "let it take one argument, or give worker_setup" in capsys.readouterr().err


def test_what_cannot_be_pickled_costs_processes_and_says_so(here, capsys):
    (here / "their_locks.py").write_text("import threading\n\n\ndef lock(item):\n    return threading.Lock()\n")
    line = ["run", "their_locks.py:lock", "--items", "range(4)", "--workers", "2", "--repeats", "1", "--no-plots"]
    assert main(line) == 0
    assert set(frame()["executor"]) == {"sequential", "threads"}
    said = " ".join(capsys.readouterr().err.split())
    assert "no processes: worker processes cannot return what their_locks:lock gives, a lock (TypeError: " in said
    assert main([*line, "--executor", "processes"]) == 2
    assert "tip: return plain data from it, or use --executor threads" in " ".join(capsys.readouterr().err.split())


def test_a_task_that_fails_leaves_its_cell_without_a_throughput(capsys):
    target = "their_failing_jobs.py:fails_on_three"
    status = main(["run", target, "--items", "range(6)", "--executor", "threads", "--workers", "2", "--repeats", "1"])
    assert status == 3
    found = frame()
    assert set(found["outcome"]) == {"failed"}
    assert found["throughput_per_s"].isna().all()
    assert found["steady_per_s"].isna().all()
    assert found["ok"].tolist() == [5, 5]
    assert set(found["reason"]) == {"1 of 6 tasks: ValueError: three is too many"}
    out, err = capsys.readouterr()
    assert "The baseline failed, so there is nothing to compare with." in out
    err = " ".join(err.split())
    assert "failed: 2 of 2 runs have no throughput; the first: their_failing_jobs:fails_on_three, " in err
    assert "ValueError: three is too many" in err


def test_a_failure_is_in_the_json_too(capsys):
    target = "their_failing_jobs.py:fails_on_three"
    status = main(
        ["run", target, "--items", "range(6)", "--executor", "threads", "--repeats", "1", "--json", "--no-plots"]
    )
    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert status == 3
    assert all(row["failed"] == 1 and row["per_s"] is None and row["reason"] for row in found["sweeps"][0]["rows"])


def test_ctrl_c_keeps_the_rows(capsys, monkeypatch):
    run_trial, calls = sweep_module.run_trial, []

    def interrupted(*arguments: object, **more: object) -> object:
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return run_trial(*arguments, **more)

    monkeypatch.setattr(sweep_module, "run_trial", interrupted)
    assert main([*LOITER, "--repeats", "3"]) == 130
    out, err = capsys.readouterr()
    assert len(frame()) == 4
    [path] = Path("results").glob("*.json")
    about = json.loads(path.read_text())
    assert (about["finished"], about["rows"]) == (False, 4)
    assert err.splitlines()[-1].startswith("interrupted; what was measured is kept, and goes on with: poolbench run")
    assert "loiter" in out


def test_ctrl_c_in_the_first_trial_is_no_traceback(capsys, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep_module, "run_trial", interrupted)
    assert main(LOITER) == 130
    assert len(frame()) == 0
    assert "Traceback" not in capsys.readouterr().err


def test_ctrl_c_while_things_are_set_up_is_no_traceback(capsys, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("poolbench.pipeline.make_plan", interrupted)
    assert main(LOITER) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert not Path("results").exists()


def test_each_value_of_a_swept_parameter_has_a_baseline(capsys):
    assert main(["run", "loiter", "--set", "unit=1ms,2ms", *SMALL[2:], "--repeats", "1"]) == 0
    found = frame()
    base = found[found["executor"] == "sequential"]
    assert sorted(base["params"]) == ["sleeps=0..4;unit=1ms", "sleeps=0..4;unit=2ms"]
    assert capsys.readouterr().out.count("strategy ") == 2


def test_a_parameter_may_be_meant_for_one_workload(capsys):
    assert main(["run", "loiter", "primes", "--set", "loiter.unit=2ms", *SMALL[2:], "--repeats", "1"]) == 0
    assert "unit=2ms" in {part for each in frame()["params"] for part in each.split(";")}


def test_save_to_keeps_the_flags(capsys):
    line = "run flags --set latency=1ms --tasks 20 --workers 4 --executor threads --repeats 1 --no-plots --save-to kept"
    assert main(line.split()) == 0
    kept = sorted(Path("kept").iterdir())
    assert len(kept) == 20
    assert all(path.suffix == ".gif" and path.read_bytes()[:3] == b"GIF" for path in kept)
    assert {path.stem for path in kept} >= {"cn", "in", "us", "fr"}


def test_charts_are_drawn_where_they_are_wanted(capsys):
    line = [*LOITER[:-1], "--repeats", "1", "--plots", "pictures", "--out", "rows"]
    assert main(line) == 0
    assert sorted(path.suffix for path in Path("rows").iterdir()) == [".csv", ".gz", ".json"]
    drawn = sorted(Path("pictures").iterdir())
    assert drawn
    out = capsys.readouterr().out
    assert all(str(path) in out for path in drawn)
    assert not Path("plots").exists()
    assert not Path("results").exists()


def test_charts_of_two_parameter_sets_have_two_names(capsys):
    line = ["run", "loiter", "--set", "unit=1ms,2ms", *SMALL[2:-1], "--repeats", "1"]
    assert main(line) == 0
    names = [path.name for path in Path("plots").iterdir()]
    assert any("unit=1ms" in name for name in names)
    assert any("unit=2ms" in name for name in names)


def test_no_plots_draws_nothing(capsys):
    main([*LOITER, "--repeats", "1"])
    assert not Path("plots").exists()


def test_more_workers_than_tasks_are_warned_of(capsys):
    main(
        [
            "run",
            "loiter",
            "--set",
            "unit=1ms",
            "--tasks",
            "3",
            "--workers",
            "8",
            "--executor",
            "threads",
            "--repeats",
            "1",
        ]
    )
    assert "warning: 8 workers have only 3 tasks; give more tasks, or fewer workers" in capsys.readouterr().err


def test_cold_has_no_start_up_of_its_own(capsys):
    assert main([*LOITER, "--repeats", "1", "--cold"]) == 0
    assert frame()["startup_s"].isna().all()


def test_color_always_colours_a_pipe(capsys):
    main([*LOITER, "--repeats", "1", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out


def test_a_pipe_has_no_colour(capsys):
    main([*LOITER, "--repeats", "1"])
    assert "\x1b" not in "".join(capsys.readouterr())


def test_two_sweeps_leave_two_files(capsys):
    for _ in range(2):
        main([*LOITER, "--repeats", "1", "-q"])
    assert len(list(Path("results").glob("*.csv"))) == 2


def test_processes_run_a_function_of_the_users_file(capsys):
    target = "their_failing_jobs.py:fails_on_three"
    line = ["run", target, "--items", "range(3)", "--executor", "processes", "--workers", "2", "--repeats", "1"]
    assert main([*line, "--no-plots"]) == 0
    assert set(frame()["outcome"]) == {"ok"}


def test_a_pipe_that_knows_ascii_alone_gets_question_marks():
    script = Path(sys.executable).with_name("poolbench")
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([script, *LOITER, "--repeats", "1"], capture_output=True, text=True, check=False, env=plain)
    assert done.returncode == 0
    assert "loiter  10 tasks a run ? sleeps 0..4" in done.stdout
    assert "Traceback" not in done.stderr
    done = subprocess.run([script, "list"], capture_output=True, text=True, check=False, env=plain)
    assert (done.returncode, done.stderr) == (0, "")
