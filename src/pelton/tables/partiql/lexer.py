"""A PartiQL statement to tokens: words, "names", 'strings', numbers, ? and symbols.

Source: DynamoDB developer guide, "PartiQL for DynamoDB"; a quote within quotes is doubled.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from pelton.errors import ValidationFailed


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"
    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end"


class Token(NamedTuple):
    """A token without its quotes, and where it stands."""

    kind: TokenKind
    text: str
    place: str  #: line, column and length as texts tell them: ``1:8:5``


_SPACE = re.compile(r"\s*")
_TOKEN = re.compile(
    r"""(?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
      | "(?P<name>(?:[^"]|"")*)"
      | '(?P<string>(?:[^']|'')*)'
      | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
      | (?P<symbol><<|>>|<>|!=|<=|>=|[=<>+\-*,.?(){}\[\]:;])""",
    re.VERBOSE,
)


def not_well_formed(detail: str) -> ValidationFailed:
    """The refusal of a text that is no statement."""
    return ValidationFailed(f"Statement wasn't well formed, can't be processed: {detail}")


def tokens_of(text: str) -> list[Token]:
    """The tokens of a statement, the last of kind END.

    Raises:
        ValidationFailed: a character begins no token.
    """
    tokens = []
    position = _end_of_space(text, 0)
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise not_well_formed(f"Unexpected character at {_place(text, position, position + 1)}")
        kind = TokenKind(match.lastgroup)
        found = match.group(kind.value)
        quote = {TokenKind.NAME: '"', TokenKind.STRING: "'"}.get(kind)
        tokens.append(
            Token(kind, found if quote is None else found.replace(quote * 2, quote), _place(text, *match.span()))
        )
        position = _end_of_space(text, match.end())
    tokens.append(Token(TokenKind.END, "", _place(text, len(text), len(text))))
    return tokens


def _place(text: str, start: int, end: int) -> str:
    line_start = text.rfind("\n", 0, start) + 1
    return f"{text.count(chr(10), 0, start) + 1}:{start - line_start + 1}:{end - start}"


def _end_of_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    assert space is not None, "the pattern matches nothing too"
    return space.end()
