from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poolbench import __version__
from poolbench.errors import UsageError
from poolbench.tuning import profile
from poolbench.tuning.profile import Found, Tuned, check, entries, find, forget, put_aside, remember
from poolbench.workloads.subject import Subject
from tuned import SUBJECT, entry


def test_nothing_is_known_where_nothing_was_tuned(profile_path):
    assert entries() == ()
    assert find(SUBJECT) == Found(None)
    assert not profile_path.parent.exists()


def test_what_is_remembered_is_found_again(profile_path):
    made = entry(speedup=None, speedup_ci=None, lanes=(Tuned("asyncio", "submission=map", 32, 99.5),))
    assert remember(made) == profile_path
    assert entries() == (made,)
    assert find(SUBJECT) == Found(made)
    assert "\n" in profile_path.read_text(), "a person can read it"


def test_a_later_answer_takes_the_place_of_the_earlier():
    remember(entry())
    remember(entry(workers=8))
    assert [each.workers for each in entries()] == [8]


@pytest.mark.parametrize("change", [{"python": "3.99"}, {"gil": None}, {"machine": "m0"}, {"params": "a=b"}])
def test_answers_for_elsewhere_stand_beside_it(change):
    other = replace(entry(), **{key: (not entry().gil if value is None else value) for key, value in change.items()})
    remember(other)
    remember(entry())
    assert entries() == (other, entry())


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        ({"source": "changed"}, "its source has changed since it was tuned"),
        ({"machine": "m0"}, "it was tuned on another machine"),
        ({"python": "3.99"}, "it was tuned on Python 3.99"),
    ],
)
def test_a_stale_answer_is_not_used_and_says_why(change, stale):
    remember(replace(entry(), **change))
    assert find(SUBJECT) == Found(None, stale)


def test_another_gil_is_another_interpreter():
    remember(entry(gil=not entry().gil))
    assert find(SUBJECT).stale.startswith("it was tuned on Python ")
    assert find(SUBJECT).stale.endswith(" the GIL")


def test_a_new_version_makes_the_answers_for_its_own_workloads_stale():
    flags = Subject("flags", "client=httpx", __version__)
    remember(entry(replace(flags, source="0.0.1")))
    assert find(flags) == Found(None, "poolbench has changed since")


def test_forgetting_one_and_all(profile_path):
    remember(entry())
    remember(entry(replace(SUBJECT, name="other:f")))
    assert forget("other:f") == 1
    assert forget("nobody") == 0
    assert entries() == (entry(),)
    assert forget() == 1
    assert not profile_path.exists()
    assert forget() == 0


def test_forgetting_some_variants_of_a_workload():
    for params in ("latency=1ms;sizes=", "latency=2ms;sizes=", "latency=2ms;sizes=big"):
        remember(entry(Subject("flags", params, "0.1.0")))
    assert forget("flags", {"latency": "3ms"}) == 0
    assert forget("flags", {"latency": "2ms", "sizes": ""}) == 1
    assert [each.params for each in entries()] == ["latency=1ms;sizes=", "latency=2ms;sizes=big"]
    assert forget("flags", {"latency": "2ms"}) == 1
    assert forget("flags") == 1


GOOD = {"schema": 1, "entries": []}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        json.dumps({**GOOD, "schema": 2}),
        json.dumps({"schema": 1, "entries": [{"workload": "flags"}]}),
        "[" * 100_000,
    ],
    ids=range(7),
)
def test_what_is_no_profile_is_refused_and_can_be_put_aside(profile_path, text):
    profile_path.parent.mkdir()
    profile_path.write_text(text)
    with pytest.raises(UsageError, match="cannot read the profile") as caught:
        entries()
    assert "--forget" in caught.value.tip
    for call in (lambda: remember(entry()), check, forget):
        with pytest.raises(UsageError, match="cannot read the profile"):
            call()
    assert profile_path.read_text() == text
    aside = put_aside()
    assert aside is not None
    assert aside.read_text() == text, "somebody may mend it"
    assert entries() == ()
    assert put_aside() is None


@pytest.mark.parametrize(
    ("key", "value"),
    [("workers", 0), ("workers", "24"), ("workers", 10**9), ("executor", 3), ("gil", "yes"), ("per_s", "fast")],
)
def test_an_entry_with_a_value_that_cannot_be_is_refused(profile_path, key, value):
    remember(entry())
    whole = json.loads(profile_path.read_text())
    whole["entries"][0][key] = value
    profile_path.write_text(json.dumps(whole))
    with pytest.raises(UsageError, match=key):
        entries()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_whatever_stands_in_the_file_there_is_no_traceback(profile_path, content):
    profile_path.parent.mkdir(exist_ok=True)
    profile_path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError):
        entries()


def test_a_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("POOLBENCH_PROFILE", str(tmp_path / "file" / "profile.json"))
    with pytest.raises(UsageError, match=r"cannot read the profile .* \(not a directory\)"):
        check()
    refused = pytest.raises(UsageError, match=r"cannot write the profile .* \(file exists\)")
    with refused, profile._writing():
        raise AssertionError("it cannot")


def test_what_could_not_be_stored_is_told_beforehand_and_leaves_nothing(profile_path, monkeypatch):
    check()
    assert not profile_path.parent.exists()
    monkeypatch.setenv("POOLBENCH_PROFILE", "/proc/nobody/profile.json")
    with pytest.raises(UsageError, match="cannot write to /proc/nobody") as caught:
        check()
    assert "POOLBENCH_PROFILE" in caught.value.tip


def test_a_folder_in_its_place_is_told(profile_path):
    profile_path.mkdir(parents=True)
    for call in (entries, put_aside, forget):
        with pytest.raises(UsageError, match="is a directory") as caught:
            call()
        assert "--forget" not in caught.value.tip


def _remember_many(first: int) -> None:
    for number in range(first, first + 10):
        remember(entry(replace(SUBJECT, name=f"m:f{number}")))


def test_tunes_at_once_lose_nothing():
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_remember_many, args=(first,)) for first in (0, 10, 20)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert {each.workload for each in entries()} == {f"m:f{number}" for number in range(30)}


def test_without_a_name_it_lies_in_the_users_data_folder(monkeypatch):
    monkeypatch.delenv("POOLBENCH_PROFILE")
    assert profile.path().name.startswith("profile-m")
    assert profile.path().parent.name == "poolbench"
