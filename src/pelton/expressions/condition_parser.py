"""The grammar of conditions, filters and key conditions.

    condition   = and *( OR and )
    and         = not *( AND not )
    not         = *NOT primary
    primary     = "(" condition ")" | comparison | function
    comparison  = operand ( "=" | "<>" | "<" | "<=" | ">" | ">=" ) operand
                | operand BETWEEN operand AND operand
                | operand IN "(" operand *( "," operand ) ")"
    operand     = path | :value | function | "(" operand ")"

Whether a function may stand where it stands is a fault of meaning, not of syntax.
Source: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
"""

from __future__ import annotations

from typing import cast

from pelton.expressions.faults import ExpressionKind
from pelton.expressions.lexer import TokenKind
from pelton.expressions.parser import FUNCTIONS, Parser, TextFault
from pelton.expressions.syntax import (
    And,
    Between,
    Call,
    Comparison,
    ConditionNode,
    In,
    Not,
    Operand,
    Or,
    Parsed,
    Path,
    Value,
)

COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
#: Functions that are conditions by themselves.
TESTS = frozenset(("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"))


def parse_condition_text(kind: ExpressionKind, text: str) -> Parsed[ConditionNode]:
    """The tree of a condition.

    Raises:
        ExpressionFault: the text is not a condition.
    """
    parser = ConditionParser(kind, text)
    return parser.whole(parser.condition)


class ConditionParser(Parser):
    """Recursive descent, one method a rule."""

    priority = (
        TextFault.PARENTHESES,
        TextFault.UNKNOWN_FUNCTION,
        TextFault.MISUSED_FUNCTION,
        TextFault.RESERVED,
    )

    def __init__(self, kind: ExpressionKind, text: str) -> None:
        super().__init__(kind, text)
        self._group_ends: dict[int, int] = {}

    def condition(self) -> ConditionNode:
        """A whole condition; a lone operand is a syntax error at the token after it."""
        return self._as_condition(self._or())

    def _or(self) -> ConditionNode | Operand:
        first = self._and()
        if not self.is_keyword("OR"):
            return first
        conditions = [self._as_condition(first)]
        while self.skip_keyword("OR"):
            self.count_operator()
            conditions.append(self._as_condition(self._and()))
        return Or(tuple(conditions))

    def _and(self) -> ConditionNode | Operand:
        first = self._not()
        if not self.is_keyword("AND"):
            return first
        conditions = [self._as_condition(first)]
        while self.skip_keyword("AND"):
            self.count_operator()
            conditions.append(self._as_condition(self._not()))
        return And(tuple(conditions))

    def _not(self) -> ConditionNode | Operand:
        negations = 0
        while self.is_keyword("NOT") and not self._is_name_here():
            self.advance()
            self.count_operator()
            negations += 1
        node = self._primary()
        if not negations:
            return node
        condition = self._as_condition(node)
        # Two negations cancel out; kept as written, a long row of them would nest without end.
        for _ in range(1 if negations % 2 else 2):
            condition = Not(condition)
        return condition

    def _is_name_here(self) -> bool:
        """Whether the keyword under the cursor is meant as an attribute name: ``not = :v``."""
        after = self.next_token
        return after.kind is TokenKind.SYMBOL and after.text != "("

    def _primary(self) -> ConditionNode | Operand:
        node = self._group() if self.is_symbol("(") else self._operand_atom()
        if isinstance(node, (Path, Value, Call)):
            return self._comparison(node)
        return node

    def _group(self) -> ConditionNode | Operand:
        """A condition or an operand in parentheses; told apart only by what is in them."""
        start = self.open_group()
        node = self._or()
        end = self.close_group()
        if self._group_ends.get(start + 1) == end - 1:
            self.note(TextFault.PARENTHESES, "The expression has redundant parentheses;")
        self._group_ends[start] = end
        return node

    def _comparison(self, left: Operand) -> ConditionNode | Operand:
        """What follows an operand, or the operand alone."""
        if self.token.kind is TokenKind.SYMBOL and self.token.text in COMPARATORS:
            operator = self.advance().text
            self.count_operator()
            return Comparison(operator, self._checked(left), self._operand())
        if self.skip_keyword("BETWEEN"):
            self.count_operator()
            low = self._operand_after(left)
            if not self.skip_keyword("AND"):
                raise self.syntax_error()
            return Between(left, low, self._operand())
        if self.skip_keyword("IN"):
            self.count_operator()
            self._checked(left)
            return In(left, self._options())
        return left

    def _operand_after(self, left: Operand) -> Operand:
        self._checked(left)
        return self._operand()

    def _options(self) -> tuple[Operand, ...]:
        self.open_group()
        options = [self._operand()]
        while self.skip_symbol(","):
            options.append(self._operand())
        self.close_group()
        return tuple(options)

    def _operand(self) -> Operand:
        """An operand where nothing else can stand."""
        if not self.is_symbol("("):
            return self._checked(self._operand_atom())
        start = self.open_group()
        operand = self._operand()
        end = self.close_group()
        if self._group_ends.get(start + 1) == end - 1:
            self.note(TextFault.PARENTHESES, "The expression has redundant parentheses;")
        self._group_ends[start] = end
        return operand

    def _operand_atom(self) -> Operand:
        if self.token.kind is TokenKind.VALUE:
            return self.value()
        if self.is_call():
            return self.call(self._operand)
        return self.path()

    def _checked(self, operand: Operand) -> Operand:
        """The operand; of the functions only ``size`` can be one."""
        if isinstance(operand, Call) and operand.function != "size" and operand.function in FUNCTIONS:
            self.note_misuse(operand.function)
        return operand

    def _as_condition(self, node: ConditionNode | Operand) -> ConditionNode:
        """The node as a condition; a path or a value alone leaves the next token without a place."""
        if isinstance(node, (Path, Value)):
            raise self.syntax_error()
        if isinstance(node, Call) and node.function not in TESTS and node.function in FUNCTIONS:
            self.note_misuse(node.function)
        return cast("ConditionNode", node)
