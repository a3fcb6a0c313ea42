"""Labels pushed apart, tick labels thinned, words fitted: on exact numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolbench.charts import style
from poolbench.charts.labels import Box, Room, beside, push_apart, thin
from poolbench.charts.text import fit, plain, shorten, shorten_path, width


def test_labels_apart_stay_where_they_are() -> None:
    assert push_apart([10, 90, 50], [28, 28, 28], -100, 200) == [10, 90, 50]


def test_labels_at_one_height_spread_around_it() -> None:
    assert push_apart([50, 50, 50], [20, 20, 20], 0, 100) == [30, 50, 70]


def test_labels_at_an_edge_stack_up_from_it() -> None:
    assert push_apart([5, 6], [20, 30], 0, 100) == [10, 35]
    assert push_apart([99, 98], [20, 30], 0, 100) == [90, 65]


@given(st.lists(st.tuples(st.floats(-50, 350), st.floats(10, 40)), min_size=1, max_size=6))
def test_pushed_labels_never_touch_nor_leave(wanted: list[tuple[float, float]]) -> None:
    centres, heights = zip(*wanted, strict=True)
    placed = push_apart(centres, heights, 0, 300)
    edges = sorted((y - height / 2, y + height / 2) for y, height in zip(placed, heights, strict=True))
    assert edges[0][0] >= -1e-6
    assert edges[-1][1] <= 300 + 1e-6
    assert all(upper[0] - lower[1] >= -1e-6 for lower, upper in pairwise(edges))


def test_tick_labels_that_fit_all_stay() -> None:
    assert thin([1, 2, 3], [0, 40, 80], [10, 10, 10], set()) == {1, 2, 3}


@pytest.mark.parametrize(
    ("ringed", "kept"),
    [(set(), {1, 4, 8, 12}), ({7}, {1, 4, 7, 12})],
)
def test_of_close_tick_labels_the_ring_the_ends_and_powers_of_two_stay(ringed: set[int], kept: set[int]) -> None:
    counts = [1, 3, 4, 7, 8, 11, 12]
    assert thin(counts, [10.0 * each for each in counts], [10.0] * len(counts), ringed) == kept


def test_a_narrow_label_still_keeps_22_pixels() -> None:
    assert thin([1, 2, 3], [0, 9.5, 19], [1, 1, 1], set()) == {1, 3}


def test_a_label_takes_the_first_free_place() -> None:
    room = Room(Box(0, 0, 100, 100), words=[Box(0, 0, 40, 100)], lines=[np.array([[60.0, 50.0]])])
    size = Box(0, 0, 10, 10)
    candidates = [beside(size, x, 50) for x in (20, 60, 80, 99)]
    assert room.best(candidates)[1] == candidates[2]


def test_a_label_without_a_free_place_is_left_out() -> None:
    figure = style.figure(style.theme("light"))
    text = style.write(figure, 0, 0, "no space", 10, "black")
    assert Room(Box(0, 0, 1, 1)).seat(text, [Box(0, 0, 9, 9)]) is None
    assert text not in figure.texts


def test_words_that_do_not_fit_are_cut_as_little_as_needed() -> None:
    figure = style.figure(style.theme("light"))
    text = style.write(figure, 0, 0, "m" * 80, 10, "black")
    fit(text, 200)
    cut = text.get_text()
    assert width(text) <= 200
    assert cut.endswith("m…")
    text.set_text("m" + cut)
    assert width(text) > 200


def test_words_that_fit_are_kept() -> None:
    figure = style.figure(style.theme("light"))
    assert fit(style.write(figure, 0, 0, "short", 10, "black"), 200).get_text() == "short"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a$b_c^{2}$ <&>", "a$b_c^{2}$ <&>"),
        ("two\nlines\tand \x07bell", "two lines and bell"),
        ("\u202eright to left", "right to left"),
        ("lost \udce9 byte, 名", "lost � byte, �"),
        ("naïve λ ж", "naïve λ ж"),
    ],
)
def test_other_peoples_words_are_plain(raw: str, shown: str) -> None:
    assert plain(raw) == shown


def test_cutting_says_that_it_cut() -> None:
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"
    assert shorten_path("results/flags.csv", 10) == "…flags.csv"
