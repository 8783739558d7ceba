"""Figures, budgets and verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rows import Budget, Row, Verdict, at_least, at_most, budgeted, median_ratio, percentile, shown


@pytest.mark.parametrize(
    ("budget", "measured", "verdict"),
    [
        (at_least(0.65, "%"), 0.65, Verdict.KEPT),  # the limit itself is within
        (at_least(0.65, "%"), 0.649, Verdict.MISSED),
        (at_most(15, "ms"), 15.0, Verdict.KEPT),
        (at_most(15, "ms"), 15.1, Verdict.MISSED),
    ],
)
def test_a_budget_is_kept_on_its_own_side_of_the_limit(budget: Budget, measured: float, verdict: Verdict) -> None:
    assert budgeted("a row", measured, budget).verdict is verdict


def test_a_row_without_a_budget_has_no_verdict_and_one_without_a_figure_says_so() -> None:
    assert Row(what="a rate", measured=1.0).verdict is Verdict.NONE
    assert Row(what="a rate", budget=at_most(1, "s")).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.65, "% of the floor", "65 % of the floor"),
        (0.4449, "%", "44.5 %"),  # not rounded up to a budget of 45
        (12345.6, "/s", "12,346 /s"),
        (15, "ms", "15 ms"),
        (3.14159, "ms", "3.14 ms"),
        (31.4159, "ms", "31.4 ms"),
    ],
)
def test_a_figure_is_shown_with_the_digits_that_matter(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (1, 1), (50, 50), (99, 99), (100, 100)])
def test_a_percentile_of_one_to_a_hundred_is_its_own_number(percent: float, value: int) -> None:
    assert percentile([float(each) for each in reversed(range(1, 101))], percent) == value


def test_a_percentile_of_nothing_is_zero() -> None:
    assert percentile([], 99) == 0.0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 100))
def test_no_more_than_the_rest_lies_beyond_a_percentile(values: list[float], percent: float) -> None:
    found = percentile(values, percent)

    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100 - 1e-9


def test_a_ratio_is_the_median_of_the_rounds_not_of_the_sides() -> None:
    assert median_ratio([10, 100, 30], [10, 50, 10]) == 2
