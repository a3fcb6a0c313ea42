"""The plugin, seen from a pytest that runs inside this one.

Pytester takes every module that such a run has imported out of `sys.modules` again. numpy and scipy cannot be
imported twice, so all that the plugin needs is imported here first.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import scipy.special  # noqa: F401

import poolbench.executors.coroutines
import poolbench.executors.threads
import poolbench.measure.machine
import poolbench.pipeline
import poolbench.terminal.closing
import poolbench.terminal.table
import poolbench.workloads.loiter
import poolbench.workloads.own  # noqa: F401
from poolbench.results.load import read
from poolbench.results.spans import read_spans

LOITER = """
def test_loiter(poolbench):
    poolbench("loiter", unit="1ms", tasks=8, rounds=2)
"""
SMALL = ("--workers=1,4", "--executors=threads,asyncio", "--benchmark-disable-gc")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """`run(text, *arguments)`: a test file of this text, run by a pytest of its own kind."""
    monkeypatch.chdir(pytester.path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # inside one pytest-benchmark measures nothing

    def start(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(text)
        return pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:hypothesispytest", *arguments
        )

    return start


def rows_of(folder: Path):
    [path] = (folder / "results").glob("*.csv")
    return read(path).trials


def test_a_test_for_each_cell(run):
    result = run(LOITER, *SMALL, "--collect-only", "-q")
    names = [line.partition("::")[2] for line in result.outlines if "::" in line]
    cells = ("sequential-001", "threads-001", "threads-004", "asyncio-001", "asyncio-004")
    assert names == [f"test_loiter[{cell}]" for cell in cells]


def test_without_options_it_sweeps_three_executors(run):
    result = run(LOITER, "--collect-only", "-q")
    assert sum("::" in line for line in result.outlines) == 1 + 3 * 3


def test_the_marker_says_what_to_sweep_and_options_overrule_it(run):
    text = f"import pytest\n@pytest.mark.poolbench(executors='threads', workers='1..8'){LOITER}"
    result = run(text, "--collect-only", "-q", "--strict-markers")
    assert sum("::" in line for line in result.outlines) == 1 + 4
    result = run(text, "--collect-only", "-q", "--workers=3")
    assert [line.partition("[")[2] for line in result.outlines if "::" in line] == ["sequential-001]", "threads-003]"]


def test_tests_without_the_fixture_are_left_alone(run):
    result = run("def test_plain():\n    pass\n")
    result.assert_outcomes(passed=1)
    assert "poolbench" not in result.stdout.str().partition("plugins:")[2].partition("\n")[2]


def test_each_round_is_a_row_of_one_csv(run, pytester):
    run(LOITER, *SMALL).assert_outcomes(passed=5)
    found = rows_of(pytester.path)
    assert len(found) == 10
    assert {each.outcome for each in found} == {"ok"}
    assert [each.block for each in found] == [0, 1] * 5
    assert {(each.executor, each.workers) for each in found} == {
        ("sequential", 1),
        ("threads", 1),
        ("threads", 4),
        ("asyncio", 1),
        ("asyncio", 4),
    }
    assert {each.tasks for each in found} == {8}
    assert len({each.sweep for each in found}) == 1


def test_pytest_benchmark_keeps_the_cell_with_its_figures(run, pytester):
    run(LOITER, *SMALL, "--benchmark-json=out.json").assert_outcomes(passed=5)
    kept = json.loads((pytester.path / "out.json").read_text())
    assert {each["group"] for each in kept["benchmarks"]} == {"loiter"}
    assert {each["stats"]["rounds"] for each in kept["benchmarks"]} == {2}
    [one] = [each for each in kept["benchmarks"] if each["param"] == "threads-004"]
    assert one["params"] == {"executor": "threads", "workers": 4}
    info = one["extra_info"]
    assert (info["executor"], info["workers"], info["tasks"]) == ("threads", 4, 8)
    rates = [
        each.throughput_per_s for each in rows_of(pytester.path) if (each.executor, each.workers) == ("threads", 4)
    ]
    assert info["throughput_per_s"] == pytest.approx(rates, rel=1e-6)
    machine = kept["machine_info"]["poolbench"]
    assert machine == {"machine": machine["machine"], "cores": machine["cores"], "gil": machine["gil"]}
    assert machine["cores"] >= 1


def test_our_table_comes_after_theirs(run):
    result = run(LOITER, *SMALL)
    result.stdout.fnmatch_lines(
        [
            "*benchmark 'loiter': 5 tests*",
            "*= poolbench =*",
            "loiter  8 tasks a run · sleeps 0..4, unit 1ms · *",
            "strategy *workers *tasks/s *95 % CI *speed-up *p95 ms *1 → 4 workers*",
            "sequential *",
            "wrote  *results*pytest-*.csv  10 runs",
        ]
    )
    assert "\x1b" not in result.stdout.str()


def test_rows_go_to_the_csv_that_is_named_and_are_appended(run, pytester):
    for _ in range(2):
        run(LOITER, "--workers=2", "--executors=threads", "--sweep-csv=mine.csv").assert_outcomes(passed=2)
    found = read(pytester.path / "mine.csv").trials
    assert [each.block for each in found] == [0, 1, 0, 1, 2, 3, 2, 3]
    spans = read_spans(pytester.path / "mine.csv")
    assert sum(map(len, spans.values())) == 8 * 8
    assert len(spans) == len(found)
    assert not (pytester.path / "results").exists()


def test_two_batches_of_one_function_are_told_apart(run, pytester):
    pytester.makepyfile(jobs="def double(item):\n    return 2 * item\n")
    text = """
    import pytest
    @pytest.mark.parametrize("n", [4, 40])
    def test_double(poolbench, n):
        poolbench("jobs:double", items=f"range({n})", rounds=2)
    """
    result = run(text, "--workers=2", "--executors=threads")
    result.assert_outcomes(passed=4)
    found = rows_of(pytester.path)
    assert {(each.params, each.tasks) for each in found} == {("items=range(4)", 4), ("items=range(40)", 40)}
    assert result.stdout.str().count("jobs:double  ") == 2


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("poolbench(len, items='range(4)')", "cannot use the workload <built-in function len>; write *"),
        ("poolbench('jobs:double', items=[1, 2])", "cannot use the items [[]1, 2[]]; write *"),
        ("poolbench('loiter', tasks=0)", "cannot use tasks 0; *"),
        ("poolbench('loiter', rounds='2')", "cannot use rounds '2'; *"),
        (
            "[poolbench('loiter', unit='1ms', tasks=2, rounds=1) for _ in range(2)]",
            "this test has timed loiter already;*",
        ),
    ],
)
def test_what_a_test_cannot_ask_for(run, call, line):
    result = run(f"def test_typo(poolbench):\n    {call}\n", "--workers=1", "--executors=threads", "-Wdefault")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([line])
    assert "Traceback" not in result.stdout.str()


def test_a_csv_with_other_columns_is_a_failure_in_one_line_and_stays_as_it_is(run, pytester):
    (pytester.path / "mine.csv").write_text("a,b\n1,2\n")
    result = run(LOITER, "--workers=2", "--executors=threads", "--sweep-csv=mine.csv")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["mine.csv has other columns than a sweep; name a new file"])
    assert "During handling" not in result.stdout.str()
    assert (pytester.path / "mine.csv").read_text() == "a,b\n1,2\n"


def test_what_asyncio_cannot_run_is_skipped_with_the_reason(run, pytester):
    pytester.makepyfile(jobs="def double(item):\n    return 2 * item\n")
    text = "def test_own(poolbench):\n    poolbench('jobs:double', items='range(4)', rounds=1)\n"
    result = run(text, *SMALL, "-rs")
    result.assert_outcomes(passed=3, skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED*asyncio runs coroutines; jobs:double is a plain function*"])
    assert {each.workload for each in rows_of(pytester.path)} == {"jobs:double"}


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("poolbench('flagz')", "no workload named flagz; did you mean flags?*"),
        ("poolbench('loiter', unti='1ms')", "no parameter of loiter named unti; did you mean unit?*"),
    ],
)
def test_a_typing_error_fails_and_is_not_skipped(run, call, line):
    # pytest-benchmark warns of its fixture in every test that fails before using it.
    result = run(f"def test_typo(poolbench):\n    {call}\n", "--workers=1", "--executors=threads", "-Wdefault")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([line])
    assert "During handling" not in result.stdout.str()


def test_a_task_that_fails_fails_the_test_and_keeps_its_row(run, pytester):
    pytester.makepyfile(jobs="def half(item):\n    if item == 2:\n        raise ValueError('two')\n")
    text = "def test_own(poolbench):\n    poolbench('jobs:half', items='range(4)', rounds=2)\n"
    result = run(text, "--workers=2", "--executors=threads")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["2 of 2 rounds failed: 1 of 4 tasks: ValueError: two"])
    found = rows_of(pytester.path)
    assert [each.outcome for each in found] == ["failed"] * 4
    assert [each.throughput_per_s for each in found] == [None] * 4


def test_rows_come_back_to_the_test(run):
    text = """
    def test_loiter(poolbench, executor, workers):
        trials = poolbench("loiter", unit="1ms", tasks=4, rounds=3)
        assert [trial.block for trial in trials] == [0, 1, 2]
        assert {(trial.executor, trial.workers) for trial in trials} == {(executor, workers)}
    """
    run(text, "--workers=2", "--executors=threads").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ("--workers=1-64", "cannot read --workers 1-64; write 1,2,4,8 or 1..64*"),
        ("--workers=0", "cannot use --workers 0; counts go from 1*"),
        ("--executors=thread", "no executor named thread; did you mean threads?*"),
        ("--executors=,", "no executor is named; *"),
    ],
)
def test_a_bad_option_is_a_usage_error(run, option, line):
    result = run(LOITER, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {line}"])
    assert "Traceback" not in result.stderr.str()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("workers='1-4'", "cannot read --workers 1-4; write 1,2,4,8 or *"),
        ("workers=None", "cannot use workers None; *"),
        ("executor='threads'", "the marker poolbench does not take executor; write it as *"),
        ("'threads'", "the marker poolbench does not take 'threads'; write it as *"),
    ],
)
def test_a_bad_marker_is_an_error_without_a_traceback(run, arguments, line):
    result = run(f"import pytest\n@pytest.mark.poolbench({arguments}){LOITER}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([line])
    assert "pluggy" not in result.stdout.str().partition("ERRORS")[2]


def test_the_marker_takes_lists_too(run):
    result = run(
        f"import pytest\n@pytest.mark.poolbench(workers=[1, 2], executors=['threads']){LOITER}", "--collect-only", "-q"
    )
    assert [line.partition("[")[2] for line in result.outlines if "::" in line] == [
        "sequential-001]",
        "threads-001]",
        "threads-002]",
    ]


def test_where_nothing_is_timed_nothing_is_written_but_failures_count(run, pytester):
    pytester.makepyfile(jobs="def half(item):\n    if item == 2:\n        raise ValueError('two')\n")
    text = "def test_own(poolbench):\n    poolbench('jobs:half', items='range(4)', rounds=2)\n"
    run(text, "--workers=2", "--executors=threads", "--benchmark-disable").assert_outcomes(failed=2)
    assert not (pytester.path / "results").exists()


@pytest.mark.parametrize("option", ["--benchmark-skip", "--benchmark-disable"])
def test_pytest_benchmarks_own_switches_work(run, option):
    result = run(LOITER, "--workers=2", "--executors=threads", option)
    result.assert_outcomes(**({"skipped": 2} if option == "--benchmark-skip" else {"passed": 2}))


def test_help_names_the_options(run):
    result = run("", "--help")
    result.stdout.fnmatch_lines(["concurrency sweeps:", "*--workers=*", "*--executors=*", "*--sweep-csv=*"])


def test_two_levels_bring_their_own_counts(run):
    result = run(LOITER, "--workers=1", "--executors=threads,processes:2/threads:1,3", "--collect-only", "-q")
    names = [line.partition("::")[2] for line in result.outlines if "::" in line]
    cells = ("sequential-001", "threads-001", "processes:2/threads:1,3-002", "processes:2/threads:1,3-006")
    assert names == [f"test_loiter[{cell}]" for cell in cells]
