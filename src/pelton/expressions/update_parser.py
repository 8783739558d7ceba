"""The grammar of updates.

    update   = 1*section                          each section at most once, in any order
    section  = SET set *( "," set )
             | REMOVE path *( "," path )
             | ADD path :value *( "," path :value )
             | DELETE path :value *( "," path :value )
    set      = path "=" operand
    operand  = term [ ( "+" | "-" ) term ]
    term     = path | :value | function | "(" operand ")"

A section's word where a path is due is an attribute's name (and as such mostly a reserved word).
Source: DynamoDB developer guide, "Update expressions".
"""

from __future__ import annotations

from collections.abc import Callable

from pelton.expressions.faults import ExpressionKind
from pelton.expressions.lexer import TokenKind
from pelton.expressions.parser import FUNCTIONS, Parser, TextFault
from pelton.expressions.syntax import Action, Add, Arithmetic, Delete, Operand, Parsed, Remove, Set

#: Functions that are operands of SET.
SET_FUNCTIONS = frozenset(("if_not_exists", "list_append"))


def parse_update_text(kind: ExpressionKind, text: str) -> Parsed[tuple[Action, ...]]:
    """The actions of an update, in the order of the text.

    Raises:
        ExpressionFault: the text is not an update.
    """
    parser = UpdateParser(kind, text)
    return parser.whole(parser.actions)


class UpdateParser(Parser):
    """Recursive descent, one method a rule."""

    priority = (
        TextFault.RESERVED,
        TextFault.UNKNOWN_FUNCTION,
        TextFault.MISUSED_FUNCTION,
        TextFault.SECTION,
    )

    def actions(self) -> tuple[Action, ...]:
        """The actions of all sections."""
        rules: dict[str, Callable[[], Action]] = {
            "SET": self._set,
            "REMOVE": self._remove,
            "ADD": self._add,
            "DELETE": self._delete,
        }
        seen: set[str] = set()
        actions: list[Action] = []
        while self.token.kind is not TokenKind.END:
            section = self.token.text.upper()
            if self.token.kind is not TokenKind.WORD or section not in rules:
                raise self.syntax_error()
            self.advance()
            if section in seen:
                self.note(TextFault.SECTION, f'The "{section}" section can only be used once in an update expression;')
            seen.add(section)
            actions.append(rules[section]())
            while self.skip_symbol(","):
                actions.append(rules[section]())
        return tuple(actions)

    def _set(self) -> Set:
        path = self.path()
        self.expect_symbol("=")
        return Set(path, self._operand())

    def _remove(self) -> Remove:
        return Remove(self.path())

    def _add(self) -> Add:
        return Add(self.path(), self.value())

    def _delete(self) -> Delete:
        return Delete(self.path(), self.value())

    def _operand(self) -> Operand:
        left = self._term()
        if self.is_symbol("+") or self.is_symbol("-"):
            operator = self.advance().text
            self.count_operator()
            return Arithmetic(operator, left, self._term())
        return left

    def _term(self) -> Operand:
        if self.token.kind is TokenKind.VALUE:
            return self.value()
        if self.is_call():
            call = self.call(self._operand)
            if call.function not in SET_FUNCTIONS and call.function in FUNCTIONS:
                self.note_misuse(call.function)
            return call
        if self.is_symbol("("):
            self.open_group()
            operand = self._operand()
            self.close_group()
            return operand
        return self.path()
