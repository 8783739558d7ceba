"""Conditions and assignments of a statement as DynamoDB's own expressions, which the rest of Pelton evaluates."""

from __future__ import annotations

from typing import Any

from pelton.errors import ValidationFailed
from pelton.items.types import AttributeValue
from pelton.items.values import canonical_value
from pelton.tables.partiql.syntax import (
    Arithmetic,
    Between,
    Call,
    Comparison,
    Condition,
    Every,
    In,
    Is,
    Literal,
    Not,
    Operand,
    Path,
    Reference,
    Some,
    Update,
)


class Rendering:
    """Expressions of one request; names and values become placeholders."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, AttributeValue] = {}

    def parameters(self) -> dict[str, Any]:
        """The members of the request that hold the placeholders."""
        members: dict[str, Any] = {}
        if self._names:
            members["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in self._names.items()}
        if self._values:
            members["ExpressionAttributeValues"] = self._values
        return members

    def path(self, path: Path) -> str:
        """A document path."""
        text = ""
        for element in path:
            if isinstance(element, int):
                text += f"[{element}]"
            else:
                text += ("." if text else "") + self._names.setdefault(element, f"#n{len(self._names)}")
        return text

    def value(self, value: AttributeValue) -> str:
        """A value.

        Raises:
            ValidationFailed: it is not valid; told by itself, for a statement knows no placeholder.
        """
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = canonical_value(value)
        return placeholder

    def operand(self, operand: Operand) -> str:
        """An operand."""
        match operand:
            case Literal(value):
                return self.value(value)
            case Reference(path):
                return self.path(path)
            case Arithmetic(operator, left, right):
                return f"{self.operand(left)} {operator} {self.operand(right)}"
            case Call(function, arguments):
                return f"{function}({', '.join(map(self.operand, arguments))})"

    def condition(self, condition: Condition) -> str:
        """A condition, without parentheses around it."""
        match condition:
            case Comparison(operator, left, right):
                return f"{self.operand(left)} {operator} {self.operand(right)}"
            case Between(operand, low, high):
                return f"{self.operand(operand)} BETWEEN {self.operand(low)} AND {self.operand(high)}"
            case In(operand, options):
                return f"{self.operand(operand)} IN ({', '.join(map(self.operand, options))})"
            case Is(path, "MISSING"):
                return f"attribute_not_exists({self.path(path)})"
            case Is(path, _):
                return f"attribute_type({self.path(path)}, {self.value({'S': 'NULL'})})"
            case _:
                return self._combined(condition)

    def every(self, conditions: list[Condition]) -> str:
        """All of these, at least one."""
        return self.condition(conditions[0] if len(conditions) == 1 else Every(tuple(conditions)))

    def _combined(self, condition: Condition) -> str:
        match condition:
            case Not(inner):
                return f"NOT {self._grouped(inner)}"
            case Every(conditions):
                return " AND ".join(map(self._grouped, conditions))
            case Some(conditions):
                return " OR ".join(map(self._grouped, conditions))
            case Call():
                return self.operand(condition)
        raise AssertionError("every condition is one of these")

    def _grouped(self, condition: Condition) -> str:
        text = self.condition(condition)
        return f"({text})" if isinstance(condition, (Every, Some, Not)) else text

    def update(self, statement: Update) -> str:
        """An UPDATE's changes."""
        clauses: dict[str, list[str]] = {"SET": [], "ADD": [], "DELETE": []}
        for path, operand in statement.sets:
            action, text = self._assignment(path, operand)
            clauses[action].append(text)
        clauses["REMOVE"] = [self.path(path) for path in statement.removes]
        return " ".join(f"{action} {', '.join(texts)}" for action, texts in clauses.items() if texts)

    def _assignment(self, path: Path, operand: Operand) -> tuple[str, str]:
        if not isinstance(operand, Call) or operand.function not in ("set_add", "set_delete"):
            return "SET", f"{self.path(path)} = {self.operand(operand)}"
        match operand.arguments:
            case (Reference(named), Literal(value)) if named == path:
                action = "ADD" if operand.function == "set_add" else "DELETE"
                return action, f"{self.path(path)} {self.value(value)}"
        raise ValidationFailed(f"{operand.function} takes the attribute that is set, and a set")
