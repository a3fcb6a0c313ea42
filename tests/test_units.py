from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.errors import UsageError
from poolbench.units import MOST_WORKERS, duration, fraction, joined, seconds, split, worker_counts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50ms", 0.05),
        ("2s", 2.0),
        ("1m", 60.0),
        ("1.5m", 90.0),
        ("2h", 7200.0),
        ("250us", 0.00025),
        (".5s", 0.5),
        ("3.s", 3.0),
        (" 7 ms ", 0.007),
        ("0", 0.0),
        ("0ms", 0.0),
    ],
)
def test_a_duration_is_read_with_its_unit(text, value):
    assert seconds(text) == pytest.approx(value, rel=1e-12, abs=0)


@pytest.mark.parametrize("text", ["", "50", "ms", "-5ms", "1e3ms", "inf s", "nans", "5 min", "5MS", "1,5s", "5ms5ms"])
def test_what_is_no_duration_is_refused_by_its_name(text):
    with pytest.raises(UsageError) as caught:
        seconds(text, "--budget")
    assert caught.value.message == f"cannot read --budget {text}"
    assert "50ms" in caught.value.tip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.05, "50ms"),
        (2.0, "2s"),
        (1.5, "1.5s"),
        (90.0, "90s"),
        (0.00025, "250us"),
        (0.07, "70ms"),
        (1e-7, "0.1us"),
        (1_234_567.0, "1234567s"),
        (0.123456789, "123.456789ms"),
    ],
)
def test_a_duration_is_written_short(value, text):
    assert duration(value) == text


@given(st.integers(0, 10**8), st.sampled_from(["us", "ms", "s", "m", "h"]))
def test_a_duration_that_was_written_reads_as_the_same(amount, unit):
    value = seconds(f"{amount}{unit}")
    assert seconds(duration(value)) == pytest.approx(value, rel=1e-11, abs=0)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("1,2,4,8", (1, 2, 4, 8)),
        ("8, 1 ,2", (1, 2, 8)),
        ("4,4", (4,)),
        ("16", (16,)),
        ("1..64", (1, 2, 4, 8, 16, 32, 64)),
        ("3..20", (3, 6, 12, 20)),
        ("5..5", (5,)),
        ("1..64:8", (1, 2, 3, 6, 11, 20, 35, 64)),
        ("1..4:100", (1, 2, 3, 4)),
        ("1..9:1", (9,)),
        ("2..4,10", (2, 4, 10)),
        (f"{MOST_WORKERS}", (MOST_WORKERS,)),
    ],
)
def test_worker_lists(text, counts):
    assert worker_counts(text) == counts


@pytest.mark.parametrize(
    "text", ["", "1-64", "x", "1,,2", "1,", "64..1", "0..4", "1..64:0", "1..", "-1", "1.5", "1..5000", "1..64:8:2"]
)
def test_what_is_no_worker_list_is_refused(text):
    with pytest.raises(UsageError) as caught:
        worker_counts(text)
    assert caught.value.message == f"cannot read --workers {text}"
    assert caught.value.tip == "write 1,2,4,8 or 1..64 (doubling) or 1..64:8 (8 steps)"


@pytest.mark.parametrize("text", ["0", "4097", "1,0", "999999999"])
def test_counts_that_no_executor_has_are_refused(text):
    with pytest.raises(UsageError, match="cannot use --workers") as caught:
        worker_counts(text)
    assert str(MOST_WORKERS) in caught.value.tip


@given(st.integers(1, MOST_WORKERS), st.integers(1, MOST_WORKERS), st.integers(2, 50))
def test_steps_ascend_from_the_first_to_the_last(one, other, steps):
    low, high = sorted((one, other))
    counts = worker_counts(f"{low}..{high}:{steps}")
    assert (counts[0], counts[-1]) == (low, high)
    assert list(counts) == sorted(set(counts))
    assert len(counts) <= steps


@pytest.mark.parametrize(("text", "value"), [("3%", 0.03), ("0.03", 0.03), (" 12.5% ", 0.125), ("1e-2", 0.01)])
def test_a_share_is_read_with_or_without_percent(text, value):
    assert fraction(text, "--precision") == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["0", "100%", "1", "-3%", "nan", "%", "3%%", "inf", "few"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(UsageError, match="cannot read --precision"):
        fraction(text, "--precision")


def test_pairs_are_joined_in_the_order_of_their_keys():
    assert joined({"latency": "50ms", "client": "httpx", "chunk": 4}) == "chunk=4;client=httpx;latency=50ms"


_VALUES = st.text().filter(lambda value: "%3B" not in value)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), _VALUES, max_size=5))
def test_split_undoes_joined(pairs):
    assert split(joined(pairs)) == pairs


@pytest.mark.parametrize(
    ("text", "pairs"), [("", {}), ("alone", {"alone": ""}), ("a=1;b;c=2", {"a": "1", "b": "", "c": "2"})]
)
def test_split_loses_nothing_that_it_does_not_understand(text, pairs):
    assert split(text) == pairs
