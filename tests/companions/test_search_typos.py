"""What counts as one typo in the search companion: wrong, missing, added, swapped; never the first letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton_companions.search.typos import Match, match, skeletons

WORDS = st.text("abc", min_size=1, max_size=8)


def distance(typed: str, word: str) -> int:
    """The optimal string alignment by the textbook's full table: the slow model."""
    rows = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(word) + 1)] for i in range(len(typed) + 1)]
    for i in range(1, len(typed) + 1):
        for j in range(1, len(word) + 1):
            wrong = rows[i - 1][j - 1] + (typed[i - 1] != word[j - 1])
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, wrong)
            if i > 1 and j > 1 and typed[i - 1] == word[j - 2] and typed[i - 2] == word[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i][j] = best
    return rows[-1][-1]


@pytest.mark.parametrize("typed", ["lovelaxe", "lovlace", "lovvelace", "lvoelace"])
def test_a_letter_wrong_missing_added_or_swapped_counts_one(typed: str) -> None:
    assert match(typed, "lovelace", 1, is_prefix=False) == Match(1, 8)
    assert match(typed, "lovelace", 0, is_prefix=False) is None


@pytest.mark.parametrize("typed", ["movelace", "ovelace", "xlovelace", "olvelace"])
def test_a_typo_in_the_first_letter_is_no_match(typed: str) -> None:
    assert match(typed, "lovelace", 2, is_prefix=False) is None


def test_a_beginning_is_enough_only_while_typing() -> None:
    assert match("lov", "lovelace", 0, is_prefix=True) == Match(0, 3)
    assert match("lov", "lovelace", 0, is_prefix=False) is None


def test_three_letters_stand_for_four_with_one_missing() -> None:
    assert sorted(skeletons("mary")) == ["may", "mry"]
    assert skeletons("ada") == []


@given(WORDS, WORDS, st.integers(0, 2))
def test_the_distance_is_the_textbooks(typed: str, word: str, typos_max: int) -> None:
    found = match("x" + typed, "x" + word, typos_max, is_prefix=False)
    expected = distance("x" + typed, "x" + word)
    assert (found.typos if found else None) == (expected if expected <= typos_max else None)
