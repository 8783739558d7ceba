"""What a query asks for: its words, and how many typos each may have.

At least four letters allow one typo and eight two, as at Algolia. Four letters of a name can be
three typed ones, one missing, and they can be spread over several short words: a short word may
have one typo when the whole query has four letters and no other typo. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from pelton_companions.search.typos import Match, match, skeletons
from pelton_companions.search.words import words

#: Letters of a typed word from which on one and two typos are allowed.
ONE_TYPO_LETTERS = 4
TWO_TYPOS_LETTERS = 8
#: A query's further words are ignored, as Algolia ignores them from the 512th character on.
QUERY_WORDS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryWord:
    """One word: typos it may have in any case, and whether it may have one if no other word has any."""

    text: str
    is_prefix: bool
    typos_max: int
    may_be_the_only_typo: bool = False
    may_miss_a_letter: bool = False  #: three letters that may stand for four, one missing

    def match(self, word: str) -> Match | None:
        """How this word means a record's word, the only-typo rule not yet applied."""
        typos_max = 1 if self.may_be_the_only_typo else self.typos_max
        found = match(self.text, word, typos_max, is_prefix=self.is_prefix)
        if found is None and self.may_miss_a_letter and self.text in skeletons(word):
            return Match(1, ONE_TYPO_LETTERS)
        return found


@dataclass(frozen=True, slots=True)
class Query:
    """The words of a query, all of them required; no words means everything."""

    words: tuple[QueryWord, ...]

    def allows(self, matches: list[Match]) -> bool:
        """Whether the typos of all words together, one match per word, are allowed."""
        total = sum(found.typos for found in matches)
        return all(
            found.typos <= word.typos_max
            or (total == found.typos and (word.may_be_the_only_typo or word.may_miss_a_letter))
            for word, found in zip(self.words, matches, strict=True)
        )


def parse_query(text: str, *, typo_tolerance: bool = True, prefix: bool = True) -> Query:
    """The query a person typed; with ``prefix`` its last word may be the beginning of one."""
    typed = words(text)[:QUERY_WORDS_MAX]
    letters = sum(len(word.text) for word in typed)
    found = []
    for number, word in enumerate(typed, start=1):
        size = len(word.text)
        typos_max = (size >= ONE_TYPO_LETTERS) + (size >= TWO_TYPOS_LETTERS) if typo_tolerance else 0
        is_prefix = prefix and number == len(typed)
        is_short = typo_tolerance and 2 <= size < ONE_TYPO_LETTERS <= letters
        found.append(
            QueryWord(
                text=word.text,
                is_prefix=is_prefix,
                typos_max=typos_max,
                may_be_the_only_typo=is_short and len(typed) > 1,
                may_miss_a_letter=typo_tolerance and is_prefix and size == ONE_TYPO_LETTERS - 1,
            )
        )
    return Query(tuple(found))
