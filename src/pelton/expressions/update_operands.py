"""What stands right of ``=`` in SET: paths, values, ``+`` and ``-``, if_not_exists, list_append.

Everything reads the item as it was before the update. Types known without the item are checked when
the parameters are bound: first those of operators, then the functions' arguments.
Source: DynamoDB developer guide, "Update expressions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pelton.errors import ValidationFailed
from pelton.expressions.faults import ExpressionFault, ExpressionKind
from pelton.expressions.operands import bound_value, check_count, needs_path, wrong_type
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import getter, resolved
from pelton.expressions.syntax import Arithmetic, Call, Operand, Path, Value
from pelton.expressions.update_actions import Values
from pelton.items.numbers import add, subtract
from pelton.items.types import AttributeValue, Item
from pelton.items.values import kind_of

KIND = ExpressionKind.UPDATE

#: Works out a value from the item before the update and the request's values; raises when it cannot.
Compute = Callable[[Item, Values], AttributeValue]


class NoSuchAttribute(ValidationFailed):
    """An operand's path is missing in the item."""

    def __init__(self) -> None:
        super().__init__("The provided expression refers to an attribute that does not exist in the item")


class WrongDataType(ValidationFailed):
    """An operand found in the item, or the value to change there, has another type than the action needs."""

    def __init__(self) -> None:
        super().__init__("An operand in the update expression has an incorrect data type")


@dataclass(slots=True)
class OperandBinder:
    """Binds the operands of one update; faults of function arguments wait until all operators are checked."""

    parameters: Parameters
    function_faults: list[ExpressionFault] = field(default_factory=list)

    def bind(self, operand: Operand) -> tuple[Compute, str | None]:
        """How to work the operand out, and its type where that is known without the item.

        Raises:
            ExpressionFault: an operand of ``+`` or ``-`` cannot be a number.
        """
        if isinstance(operand, Value):
            name = operand.name
            return lambda _, values: values[name], kind_of(bound_value(name, self.parameters, KIND))
        if isinstance(operand, Path):
            return self._path(operand), None
        if isinstance(operand, Arithmetic):
            return self._arithmetic(operand), "N"
        return self._call(operand)

    def _path(self, path: Path) -> Compute:
        find = getter(resolved(path, self.parameters, KIND))

        def value_there(item: Item, _: Values) -> AttributeValue:
            value = find(item)
            if value is None:
                raise NoSuchAttribute
            return value

        return value_there

    def _arithmetic(self, node: Arithmetic) -> Compute:
        left, right = (self._number(node.operator, operand) for operand in (node.left, node.right))
        calculate = add if node.operator == "+" else subtract

        def result(item: Item, values: Values) -> AttributeValue:
            return {"N": calculate(content(left(item, values), "N"), content(right(item, values), "N"))}

        return result

    def _number(self, operator: str, operand: Operand) -> Compute:
        compute, kind = self.bind(operand)
        if kind not in (None, "N"):
            raise wrong_type(operator, str(kind), KIND)
        return compute

    def _call(self, call: Call) -> tuple[Compute, str | None]:
        bound = [self.bind(argument) for argument in call.arguments]
        try:
            check_count(call, KIND)
        except ExpressionFault as fault:
            self.function_faults.append(fault)
            return bound[0][0], None
        if call.function == "list_append":
            return self._list_append(bound), "L"
        return self._if_not_exists(call, bound[1][0]), None

    def _list_append(self, bound: list[tuple[Compute, str | None]]) -> Compute:
        (first, first_kind), (second, second_kind) = bound
        for kind in (first_kind, second_kind):
            if kind not in (None, "L"):
                self.function_faults.append(wrong_type("list_append", str(kind), KIND))

        def result(item: Item, values: Values) -> AttributeValue:
            return {"L": content(first(item, values), "L") + content(second(item, values), "L")}

        return result

    def _if_not_exists(self, call: Call, otherwise: Compute) -> Compute:
        path = call.arguments[0]
        if not isinstance(path, Path):
            self.function_faults.append(needs_path(call.function, KIND))
            return otherwise
        find = getter(resolved(path, self.parameters, KIND))

        def result(item: Item, values: Values) -> AttributeValue:
            value = find(item)
            return otherwise(item, values) if value is None else value

        return result


def arithmetic_in(operand: Operand) -> int:
    """How many ``+`` and ``-`` an operand has, at any depth."""
    if isinstance(operand, Arithmetic):
        return 1 + arithmetic_in(operand.left) + arithmetic_in(operand.right)
    return sum(map(arithmetic_in, operand.arguments)) if isinstance(operand, Call) else 0


def content(value: AttributeValue, kind: str) -> Any:
    """What a value of that type holds.

    Raises:
        WrongDataType: it has another type.
    """
    held = value.get(kind)
    if held is None:
        raise WrongDataType
    return held
