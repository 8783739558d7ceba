"""How far what was typed is from a word: letters wrong, missing or added, and neighbours swapped.

Each of the four counts as one; the first letter must be right. ``prefix`` distance is the smallest
over all beginnings of the word: search as you type. Pure.
Rule after Algolia's documentation, "Typo tolerance"; the distance is the optimal string alignment.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A word that was found: typos made, letters of it that were typed (all of it: whole)."""

    typos: int
    letters: int


def match(typed: str, word: str, typos_max: int, *, is_prefix: bool) -> Match | None:
    """How ``typed`` means ``word`` with at most ``typos_max`` (0 to 2) typos; None when it does not.

    Both are folded and not empty. With ``is_prefix`` a beginning of the word is enough.
    """
    if typed == word:
        return Match(0, len(word))
    if typed[0] != word[0]:
        return None
    if is_prefix and word.startswith(typed):
        return Match(0, len(typed))
    if typos_max == 0 or len(typed) - len(word) > typos_max:
        return None
    if not is_prefix and len(word) - len(typed) > typos_max:
        return None
    return _match_from(typed, word, 1, 1, typos_max, is_prefix)


def _match_from(typed: str, word: str, at: int, word_at: int, left: int, is_prefix: bool) -> Match | None:
    """The best match of ``typed[at:]`` with ``word[word_at:]``; equal letters are never worth an edit."""
    while at < len(typed) and word_at < len(word) and typed[at] == word[word_at]:
        at, word_at = at + 1, word_at + 1
    if at == len(typed):
        missing = 0 if is_prefix else len(word) - word_at
        return Match(missing, len(word) if missing else word_at) if missing <= left else None
    if left == 0:
        return None
    found = []
    for typed_step, word_step in _edits(typed, word, at, word_at):
        rest = _match_from(typed, word, at + typed_step, word_at + word_step, left - 1, is_prefix)
        if rest is not None:
            found.append(Match(rest.typos + 1, rest.letters))
    return min(found, default=None)


def _edits(typed: str, word: str, at: int, word_at: int) -> list[tuple[int, int]]:
    """Steps in both texts for one edit here: added, and while the word goes on wrong, missing, swapped."""
    edits = [(1, 0)]
    if word_at < len(word):
        edits += [(1, 1), (0, 1)]
    if typed[at : at + 2] and typed[at : at + 2] == word[word_at : word_at + 2][::-1] and len(typed) - at >= 2:
        edits.append((2, 2))
    return edits


def skeletons(word: str) -> list[str]:
    """What is left when one of the letters two and three is missing among the first four: three letters.

    Three letters typed stand for four with one missing; a word of less than four has none.
    """
    if len(word) < 4:
        return []
    return list({word[0] + word[2:4], word[:2] + word[3]})
