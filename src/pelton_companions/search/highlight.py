"""Highlighting: the parts of a text that a query means, between the caller's tags. Pure.

Only what was typed of a word is marked when it was found by its beginning, as at Algolia.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pelton_companions.messages import JsonObject
from pelton_companions.search.ranking import Matcher
from pelton_companions.search.words import Word, fold, words_and_joined


@dataclass(frozen=True, slots=True)
class Tags:
    """What stands before and after a marked part."""

    before: str
    after: str


def highlight(value: Any, matcher: Matcher, tags: Tags) -> Any:
    """``_highlightResult`` of one attribute: nested as the value is; None where nothing can be marked."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str | int | float):
        return _highlight_text(str(value), matcher, tags)
    if isinstance(value, list):
        return [shown for each in value if (shown := highlight(each, matcher, tags)) is not None]
    return {name: shown for name, each in value.items() if (shown := highlight(each, matcher, tags)) is not None}


def _highlight_text(text: str, matcher: Matcher, tags: Tags) -> JsonObject:
    spans: dict[int, int] = {}
    matched: set[int] = set()
    found_words = words_and_joined(text)
    for word in found_words:
        for number in range(len(matcher.query.words)):
            match = matcher.match(number, word.text)
            if match is not None:
                matched.add(number)
                end = _end(text, word, match.letters)
                spans[word.start] = max(end, spans.get(word.start, 0))
    return {
        "value": _marked(text, spans, tags),
        "matchLevel": _level(len(matched), len(matcher.query.words)),
        "matchedWords": [matcher.query.words[number].text for number in sorted(matched)],
        **({"fullyHighlighted": _is_covered(found_words, spans)} if matched else {}),
    }


def _end(text: str, word: Word, letters: int) -> int:
    """Where the first ``letters`` folded letters of a word end in the text."""
    if letters >= len(word.text):
        return word.end
    end = word.start
    while end < word.end and len("".join(c for c in fold(text[word.start : end]) if c.isalnum())) < letters:
        end += 1
    return end


def _marked(text: str, spans: dict[int, int], tags: Tags) -> str:
    parts, at = [], 0
    for start, end in sorted(spans.items()):
        if start >= at:
            parts += [text[at:start], tags.before, text[start:end], tags.after]
            at = end
    return "".join([*parts, text[at:]])


def _level(matched: int, wanted: int) -> str:
    if matched == 0:
        return "none"
    return "full" if matched == wanted else "partial"


def _is_covered(found_words: list[Word], spans: dict[int, int]) -> bool:
    return all(
        any(start <= word.start and word.end <= end for start, end in spans.items())
        for word in found_words
        if not word.is_joined
    )
