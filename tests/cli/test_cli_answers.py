"""`predict`, `machine` and `list`: what they answer, as text and as JSON."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from poolbench import aa, about, executors, workloads
from poolbench.analysis.limits import repairman
from poolbench.analysis.model import Interval
from poolbench.analysis.quiet import Quiet
from poolbench.cli import main
from poolbench.measure.machine import this_machine
from poolbench.results.store import Store
from poolbench.tuning import profile
from poolbench.workloads import clients
from sweep_rows import trial

SCHEMA = json.loads(files("poolbench.results").joinpath("prediction.schema.json").read_text(encoding="utf-8"))
COUNTS = (1, 4, 16, 64)
PARAMS = "client=httpx;latency=20ms"
COSTS = {"startup_s": 0.001, "latency_p50_s": 0.02, "latency_p99_s": 0.02, "cpu_per_task_s": 0.0006, "params": PARAMS}


def write(path: Path, *, off: float = 1.0, baseline: bool = True) -> str:
    """A sweep of threads at 20 ms and 0.6 ms of CPU as the model has it, the last count `off` it."""
    with Store(path, {"machine": {"cores": 2, "gil": True}}) as store:
        for block in range(3):
            if baseline:
                store.add(trial("sequential", 1, block, 1 / 0.0206, 20, **COSTS), [])
            for n in COUNTS:
                rate = repairman(n, 0.02, 0.0006, 1) * (off if n == COUNTS[-1] else 1)
                store.add(trial("threads", n, block, rate, 20 * n, **COSTS), [])
        store.describe(finished=True, rows=15)
    return str(path)


@pytest.fixture
def csv(tmp_path: Path) -> str:
    return write(tmp_path / "sweep.csv")


def test_predict_is_one_json_document(csv, capsys):
    assert main(["predict", csv, "--latency", "80ms", "--workers", "1,16,64,256", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(out))
    [found] = json.loads(out)
    assert (found["workload"], found["params"]) == ("flags", PARAMS)
    [curve] = found["curves"]
    assert (curve["executor"], curve["options"], curve["knee"]) == ("threads", "", 256)
    assert (curve["model_error"], curve["model_error_max"]) == pytest.approx((0, 0), abs=1e-6)
    assert [point["workers"] for point in curve["points"]] == [1, 16, 64, 256]
    for point in curve["points"]:
        n = point["workers"]
        assert point["per_s"] == pytest.approx(repairman(n, 0.08, 0.0006, 1), rel=1e-6)
        assert point["limit_per_s"] == pytest.approx(min(n / 0.0806, 1 / 0.0006), rel=1e-6)
        assert point["bound_by"] == ("interpreter" if n == 256 else "waiting")
        assert point["measured_here"] == (n in COUNTS)


def test_predict_as_text(csv, capsys):
    assert main(["predict", csv, "--latency", "80ms", "--workers", "1,256"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.rstrip() for line in out.splitlines()] == [
        "",
        "flags  flags/s expected at 80ms latency",
        "",
        "workers  threads",
        "      1     12.4",
        "    256    1,670",
        "",
        "256 threads: 1,670/s, bound by interpreter.",
        "  in the sweep itself the model was off by 0% (at most 0%); no run had more than",
        "  64 workers",
    ]


@pytest.mark.parametrize(
    ("asked", "heading"),
    [
        ([], "flags/s expected"),
        (["--latency", "1s"], "flags/s expected at 1s latency"),
        (["--cpu", "2ms"], "flags/s expected with 2ms of CPU"),
        (["--latency", "1s", "--cpu", "2ms"], "flags/s expected at 1s latency and with 2ms of CPU"),
    ],
)
def test_the_heading_says_what_is_different(asked, heading, csv, capsys):
    assert main(["predict", csv, *asked]) == 0
    assert f"flags  {heading}" in capsys.readouterr().out.split("\n")


def test_cpu_moves_the_limit(csv, capsys):
    main(["predict", csv, "--cpu", "2ms", "--workers", "64", "--json"])
    [point] = json.loads(capsys.readouterr().out)[0]["curves"][0]["points"]
    assert point["per_s"] == pytest.approx(repairman(64, 0.02, 0.002, 1), rel=1e-6)


@pytest.mark.parametrize(
    ("off", "trust"),
    [
        (1.0, "in the sweep itself the model was off by 0% (at most 0%)"),
        (1 / 1.14, "in the sweep itself the model was off by 0% (at most 14%)"),
        (1 / 1.3, "in the sweep itself the model was off by 0% (at most 30%): take it as a direction"),
    ],
)
def test_how_far_to_trust_it(off, trust, tmp_path, capsys):
    main(["predict", write(tmp_path / "s.csv", off=off), "--workers", "4,16"])
    assert " ".join(capsys.readouterr().out.split()).endswith(f"bound by waiting. {trust}")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("predict gone.csv", "cannot read gone.csv (No such file or directory)"),
        ("predict {csv} --latency 80", "cannot read --latency 80"),
        ("predict {csv} --cpu fast", "cannot read --cpu fast"),
        ("predict {csv} --workers 0", "cannot use --workers 0"),
        ("predict {csv} --color blue", "no colour mode named blue"),
        ("predict {bare}", "{bare} has no baseline and curve to predict from"),
        ("machine --color blue", "no colour mode named blue"),
        ("list --color blue", "no colour mode named blue"),
    ],
)
def test_two_lines_for_what_cannot_be_done(line, what, csv, tmp_path, capsys):
    names = {"csv": csv, "bare": write(tmp_path / "bare.csv", baseline=False)}
    assert main(line.format(**names).split()) == 2
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert (out, first) == ("", f"error: {what.format(**names)}")
    assert second.startswith("  tip: ")


def test_machine_quick_tests_nothing(monkeypatch, capsys):
    monkeypatch.setattr(aa, "aa_test", lambda: pytest.fail("it was told to skip the test"))
    monkeypatch.setattr(about, "machine_notes", lambda: iter(["something odd"]))
    assert main(["machine", "--quick"]) == 0
    here = this_machine()
    assert capsys.readouterr().out.splitlines() == [
        f"{here.text}  {here.id}",
        f"processor        {here.processor}",
        f"library default  {here.default_threads} threads, min(32, cores + 4)",
        "warning: something odd",
        f"profile          {profile.path()} (nothing tuned yet)",
    ]


@pytest.mark.parametrize(
    ("noise", "outliers", "last"),
    [
        (0.012, "1 outlier", "quiet enough to measure on"),
        (0.2, "2 outliers", "not quiet: runs differ by 20.0% from one to the next"),
    ],
)
def test_machine_says_whether_to_measure_now(noise, outliers, last, monkeypatch, capsys):
    found = Quiet(noise, Interval(0.99, 1.01), 7, 0.1, 0.02, int(outliers[0]))
    monkeypatch.setattr(aa, "aa_test", lambda: found)
    monkeypatch.setattr(about, "machine_notes", lambda: iter([]))
    assert main(["machine"]) == 0
    assert capsys.readouterr().out.splitlines()[3:] == [
        f"noise            {noise:.1%} from run to run, {outliers}, steal 2%",
        "to find 5 %      7 repeats",
        last,
        f"profile          {profile.path()} (nothing tuned yet)",
    ]


def test_list_names_everything(capsys):
    assert main(["list"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    names = [*workloads.names(), *executors.names(), *clients.NAMES]
    assert [line for line in lines if not line.startswith(" ")] == ["workloads", "executors", "clients"]
    assert [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "] == names


@pytest.mark.parametrize("command", ["list", "machine --quick"])
@pytest.mark.parametrize(("mode", "coloured"), [("always", True), ("never", False), ("auto", False)])
def test_colour(command, mode, coloured, capsys):
    assert main([*command.split(), "--color", mode]) == 0
    assert ("\x1b[" in capsys.readouterr().out) is coloured


def test_predict_from_a_real_sweep(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    line = (
        "run loiter --set unit=2ms --set sleeps=1 --tasks 8 --workers 1,4 --executor threads --repeats 1 --no-plots -q"
    )
    assert main(line.split()) == 0
    [csv] = Path("results").glob("*.csv")
    capsys.readouterr()
    assert main(["predict", str(csv), "--latency", "100ms", "--workers", "1,8", "--json"]) == 0
    one, eight = json.loads(capsys.readouterr().out)[0]["curves"][0]["points"]
    # Sleeping costs nearly nothing: at most ten a second, and eight times that.
    assert one["per_s"] <= 10.001
    assert 7 * one["per_s"] < eight["per_s"] <= 80.001
    assert eight["bound_by"] == "waiting"
