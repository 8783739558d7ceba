"""Text to tokens, for all five expression languages.

    word     letter ( letter | digit | "_" )*      identifiers, keywords, functions
    name     "#" ( letter | digit | "_" )+         ExpressionAttributeNames
    value    ":" ( letter | digit | "_" )+         ExpressionAttributeValues
    integer  digit+
    symbol   = <> < <= > >= + - , ( ) . [ ]
    space    space, tab, CR, LF between any two tokens

Any other character is a token of its own, which no grammar accepts: so the leftmost fault is told.
Source: DynamoDB developer guide, "Using expressions in DynamoDB".
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"
    NAME = "name"
    VALUE = "value"
    INTEGER = "integer"
    SYMBOL = "symbol"
    STRAY = "stray"
    END = "end"


class Token(NamedTuple):
    """A token and where it stands."""

    kind: TokenKind
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<word>[A-Za-z][A-Za-z0-9_]*)
      | (?P<name>\#[A-Za-z0-9_]+)
      | (?P<value>:[A-Za-z0-9_]+)
      | (?P<integer>[0-9]+)
      | (?P<symbol><>|<=|>=|[=<>+\-,().\[\]])
      | (?P<stray>[^ \t\r\n])
    )""",
    re.VERBOSE,
)

END_TEXT = "<EOF>"


def tokens_of(text: str) -> list[Token]:
    """The tokens of an expression, the last of kind END."""
    tokens = []
    for match in _TOKEN.finditer(text):
        group = match.lastgroup
        assert group is not None, "every alternative is named"
        tokens.append(Token(TokenKind(group), match.group(group), match.start(group), match.end(group)))
    tokens.append(Token(TokenKind.END, END_TEXT, len(text), len(text)))
    return tokens
