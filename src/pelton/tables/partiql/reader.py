"""What the grammar's parts share: a cursor over the tokens, paths, literals and parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pelton.errors import ValidationFailed
from pelton.items.types import AttributeValue
from pelton.tables.partiql.lexer import Token, TokenKind, not_well_formed, tokens_of
from pelton.tables.partiql.syntax import Path

T = TypeVar("T")

#: Levels of parentheses, collections and negations, at most: well below what Python's own stack bears.
DEPTH_MAX = 32


class Reader:
    """A cursor over a statement's tokens, and its parameters in order."""

    def __init__(self, text: str, parameters: Sequence[AttributeValue]) -> None:
        self._tokens = tokens_of(text)
        self._position = 0
        self._parameters = parameters
        self._used = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token under the cursor."""
        return self._tokens[self._position]

    def is_word(self, *words: str) -> bool:
        """Whether these keywords, in upper case, come next."""
        tokens = self._tokens[self._position : self._position + len(words)]
        return [token.text.upper() for token in tokens if token.kind is TokenKind.WORD] == list(words)

    def skip_word(self, *words: str) -> bool:
        """Pass these keywords if they come next."""
        if not self.is_word(*words):
            return False
        self._position += len(words)
        return True

    def is_symbol(self, symbol: str) -> bool:
        """Whether that symbol comes next."""
        return self.token.kind is TokenKind.SYMBOL and self.token.text == symbol

    def skip(self, symbol: str) -> bool:
        """Pass that symbol if it comes next."""
        if not self.is_symbol(symbol):
            return False
        self._position += 1
        return True

    def expect(self, symbol: str) -> None:
        """Pass that symbol."""
        if not self.skip(symbol):
            raise self.unexpected()

    def expect_word(self, word: str) -> None:
        """Pass that keyword."""
        if not self.skip_word(word):
            raise self.unexpected()

    def advance(self) -> Token:
        """The token under the cursor, which is passed."""
        token = self.token
        self._position += 1
        return token

    def is_call(self) -> bool:
        """Whether a function's name and its parenthesis come next."""
        after = self._tokens[min(self._position + 1, len(self._tokens) - 1)]
        return self.token.kind is TokenKind.WORD and after.kind is TokenKind.SYMBOL and after.text == "("

    def unexpected(self) -> ValidationFailed:
        """The refusal of the token under the cursor."""
        if self.token.kind is TokenKind.END:
            return not_well_formed("Unexpected end of statement")
        return not_well_formed(f"Unexpected term at {self.token.place}")

    def deeper(self, read: Callable[[], T]) -> T:
        """Read something one level further in."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise not_well_formed(f"more than {DEPTH_MAX} levels")
        found = read()
        self._depth -= 1
        return found

    def row_of(self, read: Callable[[], T], end: str) -> list[T]:
        """What stands between commas until the closing symbol, which is passed."""
        found: list[T] = []
        while not self.skip(end):
            if found:
                self.expect(",")
            found.append(read())
        return found

    def end(self) -> None:
        """Nothing but a semicolon may follow, and every parameter was used."""
        self.skip(";")
        if self.token.kind is not TokenKind.END:
            raise self.unexpected()
        if self._used != len(self._parameters):
            raise ValidationFailed("Number of parameters in request and statement don't match.")

    def name(self) -> str:
        """An identifier, bare or in double quotes."""
        if self.token.kind not in (TokenKind.WORD, TokenKind.NAME):
            raise self.unexpected()
        name = self.advance().text
        if not name:
            raise ValidationFailed("Path component cannot be an empty string")
        return name

    def path(self) -> Path:
        """A document path."""
        elements: list[str | int] = [self.name()]
        while True:
            if self.skip("."):
                elements.append(self.name())
            elif self.skip("["):
                elements.append(self._path_index())
                self.expect("]")
            else:
                return tuple(elements)

    def _path_index(self) -> str | int:
        if self.token.kind is TokenKind.NUMBER and self.token.text.isdigit():
            return int(self.advance().text)
        if self.token.kind is TokenKind.STRING and self.token.text:
            return self.advance().text
        raise self.unexpected()

    def value(self) -> AttributeValue | None:
        """A literal or a parameter; None when neither comes next."""
        token = self.token
        if token.kind is TokenKind.STRING:
            return {"S": self.advance().text}
        if token.kind is TokenKind.NUMBER or self.is_symbol("-"):
            return {"N": self._number()}
        if token.kind is TokenKind.WORD and not self.is_call():
            return self._word_value()
        if self.skip("?"):
            return self._parameter()
        return self._collection()

    def expect_value(self) -> AttributeValue:
        """A literal or a parameter."""
        value = self.value()
        if value is None:
            raise self.unexpected()
        return value

    def _number(self) -> str:
        sign = "-" if self.skip("-") else ""
        if self.token.kind is not TokenKind.NUMBER:
            raise self.unexpected()
        return sign + self.advance().text

    def _word_value(self) -> AttributeValue | None:
        if self.skip_word("TRUE"):
            return {"BOOL": True}
        if self.skip_word("FALSE"):
            return {"BOOL": False}
        return {"NULL": True} if self.skip_word("NULL") else None

    def _parameter(self) -> AttributeValue:
        if self._used >= len(self._parameters):
            raise ValidationFailed("Number of parameters in request and statement don't match.")
        self._used += 1
        return self._parameters[self._used - 1]

    def _collection(self) -> AttributeValue | None:
        if self.skip("["):
            return {"L": self.deeper(lambda: self.row_of(self.expect_value, "]"))}
        if self.skip("<<"):
            return self._set(self.row_of(self.expect_value, ">>"))
        if self.skip("{"):
            return {"M": dict(self.deeper(lambda: self.row_of(self._member, "}")))}
        return None

    def _member(self) -> tuple[str, AttributeValue]:
        if self.token.kind is not TokenKind.STRING:
            raise self.unexpected()
        name = self.advance().text
        self.expect(":")
        return name, self.expect_value()

    def _set(self, members: Sequence[AttributeValue]) -> AttributeValue:
        kinds = {kind for member in members for kind in member}
        if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
            raise not_well_formed("a set holds strings, numbers or binaries, all of one type and at least one")
        kind = kinds.pop()
        return {f"{kind}S": [member[kind] for member in members]}
