from __future__ import annotations

import pytest

from poolbench.errors import UsageError, unknown


@pytest.mark.parametrize(
    ("name", "known", "otherwise", "tip"),
    [
        ("flagz", ("primes", "flags", "loiter"), "", "did you mean flags? Others: loiter, primes"),
        ("flagz", ("flags",), "", "did you mean flags?"),
        ("zzz", ("primes", "flags"), ", or your own", "choose from flags, primes, or your own"),
    ],
)
def test_the_nearest_name_comes_first_then_the_others(name, known, otherwise, tip):
    problem = unknown("workload", name, known, otherwise)
    assert isinstance(problem, UsageError)
    assert (problem.message, problem.tip) == (f"no workload named {name}", tip)
    assert str(problem) == problem.message
