from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from poolbench.analysis.document import document
from poolbench.analysis.model import Diagnosis
from poolbench.analysis.summary import summarise
from poolbench.errors import Caution
from sweep_rows import rows

SCHEMA = json.loads(files("poolbench.results").joinpath("document.schema.json").read_text(encoding="utf-8"))
MACHINE = {"id": "00c0ffee", "cores": 2, "python": "3.11.7", "gil": True}
BASE = {("sequential", 1): [10.0, 10.1, 9.9]}
SWEEPS = {
    "winner": {**BASE, ("threads", 4): [40.0, 41.0, 39.0], ("asyncio", 2): [20.0, 20.1, 20.2]},
    "rivals": {**BASE, ("threads", 4): [40.0, 41.0, 39.0], ("asyncio", 4): [40.0, 41.0, 39.0]},
    "failures": {**BASE, ("threads", 4): [None, None, None], ("asyncio", 4): [40.0, None, 39.0]},
    "one block": {("sequential", 1): [10.0], ("threads", 4): [40.0]},
    "no baseline": {("threads", 4): [40.0, 41.0]},
    "baseline only": BASE,
}


def made(name: str) -> dict:
    cautions = [Caution("budget", "too little", "give more")]
    found = document(summarise(rows(SWEEPS[name])), MACHINE, [Path("results/a.csv")], cautions)
    return json.loads(json.dumps(found, allow_nan=False))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", SWEEPS)
def test_every_kind_of_sweep_is_as_the_schema_says(name):
    jsonschema.Draft202012Validator(SCHEMA).validate(made(name))


def test_the_document_says_what_the_summary_says():
    found = made("winner")
    assert (found["schema"], found["machine"], found["files"]) == (1, MACHINE, ["results/a.csv"])
    [sweep] = found["sweeps"]
    assert (sweep["workload"], sweep["rate"], sweep["rivals"]) == ("flags", "makespan", [])
    assert sweep["baseline"]["per_s"] == pytest.approx(10)
    best = sweep["best"]
    assert (best["executor"], best["workers"], best["workers_ci"]) == ("threads", 4, [4, 4])
    assert (best["per_s"], best["speedup"]) == pytest.approx((40, 4), rel=0.02)
    assert best["ci"][0] < best["per_s"] < best["ci"][1]
    assert best["rule"] == "fewest workers within 5% of the peak"
    assert [(row["executor"], row["workers"], row["trials"]) for row in sweep["rows"]] == [
        ("sequential", 1, 3),
        ("threads", 4, 3),
        ("asyncio", 2, 3),
    ]
    assert sweep["warnings"] == [{"check": "budget", "text": "too little", "tip": "give more"}]


def test_what_bends_a_curve_is_in_the_document():
    cause = Diagnosis("threads", "", "interpreter", "threads: the interpreter is the limit", {"limit_per_s": 200.0})
    [found] = [replace(each, diagnoses=(cause,)) for each in summarise(rows(SWEEPS["winner"]))]
    whole = json.loads(json.dumps(document([found], MACHINE)))
    jsonschema.Draft202012Validator(SCHEMA).validate(whole)
    assert whole["sweeps"][0]["diagnosis"] == [
        {
            "executor": "threads",
            "options": "",
            "cause": "interpreter",
            "text": "threads: the interpreter is the limit",
            "figures": {"limit_per_s": 200.0},
        }
    ]


def test_those_that_are_too_close_are_named():
    [sweep] = made("rivals")["sweeps"]
    assert {sweep["best"]["executor"], *(each["executor"] for each in sweep["rivals"])} == {"threads", "asyncio"}


def test_failures_have_no_rate_and_a_reason():
    [sweep] = made("failures")["sweeps"]
    threads = sweep["rows"][1]
    assert (threads["trials"], threads["failed"], threads["per_s"], threads["ci"]) == (0, 3, None, None)
    assert threads["reason"] == "1 of 20 tasks: ValueError: no"


@pytest.mark.parametrize("name", ["no baseline", "baseline only"])
def test_nothing_is_best_where_nothing_is_compared(name):
    [sweep] = made(name)["sweeps"]
    assert sweep["best"] is None
