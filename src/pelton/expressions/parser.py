"""What the parsers of all five languages share: a cursor over tokens, paths, functions, faults.

A syntax error ends parsing at once. Faults of meaning that show in the text alone (a reserved word,
an unknown function) are collected and told after the whole text has parsed, the gravest class first,
of one class the leftmost; the order of the classes is the language's own.
Source: DynamoDB developer guide, "Using expressions"; recorded texts of the service.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from pelton.expressions.faults import ExpressionFault, ExpressionKind, fault_in
from pelton.expressions.lexer import Token, TokenKind, tokens_of
from pelton.expressions.reserved import is_reserved
from pelton.expressions.syntax import Call, Operand, Parsed, Path, T, Value

#: Bytes of an expression as sent, at most.
EXPRESSION_SIZE_MAX = 4096
#: Operators and functions of an expression, at most.
OPERATORS_MAX = 300
#: Elements of a document path, at most.
PATH_ELEMENTS_MAX = 32
#: Highest index a list in a path may have.
LIST_INDEX_MAX = 2**31 - 1
#: Parentheses within parentheses, at most; a limit of ours, which keeps the parser off the stack's end.
GROUPS_MAX = 100

FUNCTIONS = frozenset(
    (
        "attribute_exists",
        "attribute_not_exists",
        "attribute_type",
        "begins_with",
        "contains",
        "size",
        "if_not_exists",
        "list_append",
    )
)


class TextFault(Enum):
    """Classes of faults that show in the text alone."""

    PARENTHESES = "redundant parentheses"
    RESERVED = "reserved word"
    UNKNOWN_FUNCTION = "unknown function"
    MISUSED_FUNCTION = "misused function"
    SECTION = "repeated section"


def check_size(kind: ExpressionKind, text: str) -> None:
    """Refuse an expression of more than 4096 bytes, as sent.

    Raises:
        ExpressionFault: it is longer.
    """
    size = len(text) if text.isascii() else len(text.encode())
    if size > EXPRESSION_SIZE_MAX:
        # Only a FilterExpression of Scan was seen to tell its size; Query's is taken to do the same.
        tail = f"; expression size: {size}" if kind is ExpressionKind.FILTER else ""
        raise fault_in(kind, f"Expression size has exceeded the maximum allowed size{tail}")


class Parser:
    """A cursor over the tokens of one expression; each language's parser is a subclass."""

    #: Which class of faults is told first.
    priority: tuple[TextFault, ...] = (TextFault.RESERVED,)

    def __init__(self, kind: ExpressionKind, text: str) -> None:
        check_size(kind, text)
        self.kind = kind
        self._text = text
        self._tokens = tokens_of(text)
        self._at = 0
        self._groups = 0
        self._operators = 0
        self._faults: dict[TextFault, str] = {}
        if len(self._tokens) == 1:
            raise fault_in(kind, "The expression can not be empty;")

    def whole(self, root: Callable[[], T]) -> Parsed[T]:
        """Parse to the end of the text, then tell the gravest fault of meaning.

        Raises:
            ExpressionFault: the text is not of the language.
        """
        tree = root()
        if self.token.kind is not TokenKind.END:
            raise self.syntax_error()
        if self._operators > OPERATORS_MAX:
            raise self.fault(f"The expression contains too many operators; operator count: {self._operators}")
        for fault in self.priority:
            if fault in self._faults:
                raise self.fault(self._faults[fault])
        return Parsed(tree, self._placeholders(TokenKind.NAME), self._placeholders(TokenKind.VALUE))

    @property
    def token(self) -> Token:
        """The token under the cursor."""
        return self._tokens[self._at]

    @property
    def next_token(self) -> Token:
        """The token after it; END follows END."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """Step over the token under the cursor."""
        token = self.token
        self._at += 1
        return token

    def is_symbol(self, symbol: str) -> bool:
        """Whether that symbol is under the cursor."""
        return self.token.kind is TokenKind.SYMBOL and self.token.text == symbol

    def skip_symbol(self, symbol: str) -> bool:
        """Step over that symbol if it is under the cursor."""
        if self.is_symbol(symbol):
            self._at += 1
            return True
        return False

    def expect_symbol(self, symbol: str) -> None:
        """Step over that symbol; anything else is a syntax error."""
        if not self.skip_symbol(symbol):
            raise self.syntax_error()

    def is_keyword(self, keyword: str) -> bool:
        """Whether that keyword, in any case of letters, is under the cursor."""
        return self.token.kind is TokenKind.WORD and self.token.text.upper() == keyword

    def skip_keyword(self, keyword: str) -> bool:
        """Step over that keyword if it is under the cursor."""
        if self.is_keyword(keyword):
            self._at += 1
            return True
        return False

    def count_operator(self) -> None:
        """One more operator or function."""
        self._operators += 1

    def note(self, fault: TextFault, text: str) -> None:
        """Keep the leftmost fault of a class."""
        self._faults.setdefault(fault, text)

    def fault(self, text: str) -> ExpressionFault:
        """A fault of this expression."""
        return fault_in(self.kind, text)

    def syntax_error(self) -> ExpressionFault:
        """The token under the cursor is not what the grammar wants; told with its neighbours."""
        previous = self._tokens[max(self._at - 1, 0)]
        # The last of the three that is text: at the end, spaces after it do not count.
        last = self.next_token if self.next_token.kind is not TokenKind.END else self.token
        near = self._text[previous.start : last.end] if self.token.kind is not TokenKind.END else previous.text
        return self.fault(f'Syntax error; token: "{self.token.text}", near: "{near}"')

    def path(self) -> Path:
        """A document path."""
        elements: list[str | int] = [self._name()]
        while True:
            if self.skip_symbol("."):
                elements.append(self._name())
            elif self.skip_symbol("["):
                elements.append(self._index())
                self.expect_symbol("]")
            else:
                break
        if len(elements) > PATH_ELEMENTS_MAX:
            raise self.fault(f"The document path has too many nesting elements; nesting levels: {len(elements)}")
        return Path(tuple(elements), any(isinstance(part, str) and part[0] == "#" for part in elements))

    def value(self) -> Value:
        """A ``:value`` placeholder."""
        if self.token.kind is not TokenKind.VALUE:
            raise self.syntax_error()
        return Value(self.advance().text)

    def is_call(self) -> bool:
        """Whether a function call begins here."""
        after = self.next_token
        return self.token.kind is TokenKind.WORD and after.kind is TokenKind.SYMBOL and after.text == "("

    def call(self, argument: Callable[[], Operand]) -> Call:
        """A function and its arguments, one at least."""
        function = self.advance().text
        if function not in FUNCTIONS:
            self.note(TextFault.UNKNOWN_FUNCTION, f"Invalid function name; function: {function}")
        self.count_operator()
        self.open_group()
        arguments = [argument()]
        while self.skip_symbol(","):
            arguments.append(argument())
        self.close_group()
        return Call(function, tuple(arguments))

    def note_misuse(self, function: str) -> None:
        """The function stands where one of its kind cannot."""
        text = f"The function is not allowed to be used this way in an expression; function: {function}"
        self.note(TextFault.MISUSED_FUNCTION, text)

    def open_group(self) -> int:
        """Step over an opening parenthesis; answers its place."""
        self._groups += 1
        if self._groups > GROUPS_MAX:
            raise self.fault(f"The expression has more than {GROUPS_MAX} parentheses within each other")
        self.expect_symbol("(")
        return self._at - 1

    def close_group(self) -> int:
        """Step over a closing parenthesis; answers its place."""
        self.expect_symbol(")")
        self._groups -= 1
        return self._at - 1

    def _name(self) -> str:
        """One name of a path, an identifier or a ``#name``."""
        token = self.token
        if token.kind is TokenKind.WORD:
            if is_reserved(token.text):
                text = f"Attribute name is a reserved keyword; reserved keyword: {token.text}"
                self.note(TextFault.RESERVED, text)
        elif token.kind is not TokenKind.NAME:
            raise self.syntax_error()
        return self.advance().text

    def _index(self) -> int:
        """One list index of a path."""
        if self.token.kind is not TokenKind.INTEGER:
            raise self.syntax_error()
        text = self.advance().text
        if len(text) > len(str(LIST_INDEX_MAX)) or int(text) > LIST_INDEX_MAX:
            raise self.fault(f"List index is not within the allowable range; index: [{text}]")
        return int(text)

    def _placeholders(self, kind: TokenKind) -> tuple[str, ...]:
        return tuple(dict.fromkeys(token.text for token in self._tokens if token.kind is kind))
