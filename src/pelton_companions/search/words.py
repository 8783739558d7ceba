"""Text to words, folded once and the same way for records and for queries.

Folding removes case, accents and ligatures, also where Unicode has no decomposition (ł, ø, ß): a
folding that differs between index and query loses what a person types. Words that touch (O'Brien,
Jean-Luc) are words by themselves and joined. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

#: Letters that stand for others but have no decomposition in Unicode.
LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th",
        "ŋ": "n", "ŧ": "t", "ə": "e",
    }
)  # fmt: skip
#: A run of letters and digits, each with the combining marks that follow it.
_WORD = re.compile(r"(?:[^\W_][\u0300-\u036f]*)+")
#: Longer words are cut: nobody types them, and the index refuses very long terms.
WORD_LETTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and where it stands in the text: ``position`` counts words, start and end characters."""

    text: str
    position: int
    start: int
    end: int
    is_joined: bool = False


def fold(text: str) -> str:
    """The text without case, accents and ligatures; not always of the same length."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(LETTERS_WITHOUT_DECOMPOSITION)


def words(text: str) -> list[Word]:
    """The words of a text in order, without joined ones."""
    found = []
    for position, match in enumerate(_WORD.finditer(text)):
        folded = fold(match.group())[:WORD_LETTERS_MAX]
        if folded:
            found.append(Word(folded, position, match.start(), match.end()))
    return found


def words_and_joined(text: str) -> list[Word]:
    """The words of a text, and each two neighbours that only one sign stands between, joined."""
    plain = words(text)
    return plain + list(_joined(text, plain))


def _joined(text: str, plain: list[Word]) -> Iterator[Word]:
    for left, right in pairwise(plain):
        if right.start - left.end == 1 and not text[left.end].isspace():
            yield Word((left.text + right.text)[:WORD_LETTERS_MAX], left.position, left.start, right.end, True)
