"""Updates: a text and its parameters become a function from an item to the item after.

The text, the names and the types of the values make a plan, which is kept: requests differ by what
their values hold.

All operands read the item as it was before, so the order of sections and actions has no effect on
values. Nothing is created on the way to a nested path: its parent must be there.
Source: DynamoDB developer guide, "Update expressions"; API reference, UpdateItem.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache, parsed_with
from pelton.expressions.draft import Assignment, assigned
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.fragments import fragment
from pelton.expressions.operands import bound_value
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import check_apart, check_scalar_keys, getter, resolved, resolved_name
from pelton.expressions.projection import projected, tree_of
from pelton.expressions.syntax import Action, Add, Elements, Parsed, Remove, Set
from pelton.expressions.update_actions import Outcome, Values, added, check_operand, deleted
from pelton.expressions.update_operands import OperandBinder, WrongDataType, arithmetic_in
from pelton.expressions.update_parser import parse_update_text
from pelton.items.schema import KeySchema
from pelton.items.types import Item
from pelton.items.values import check_nesting, kind_of

_KIND = ExpressionKind.UPDATE
_ASSIGNMENT_BYTES = 19
_REMOVAL_BYTES = 2
_ARITHMETIC_BYTES = 50


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """All of an update but its values: actions at paths none of which is another or lies below another."""

    actions: tuple[tuple[Elements, Outcome], ...] = ()
    creates: bool = True  #: False for AttributeUpdates that only delete: they make no new item
    weight: int = 0  #: bytes that the service counts for the actions beside the item they make
    paths: tuple[Elements, ...] = field(init=False, compare=False)  #: every path touched, in the order of the text
    attributes: frozenset[str] = field(init=False, compare=False)  #: names of the top-level attributes touched
    is_nested: bool = field(init=False, compare=False)  #: whether a path leads into an attribute

    def __post_init__(self) -> None:
        paths = tuple(path for path, _ in self.actions)
        object.__setattr__(self, "paths", paths)
        object.__setattr__(self, "attributes", frozenset(str(path[0]) for path in paths))
        object.__setattr__(self, "is_nested", any(len(path) > 1 for path in paths))


class Update(NamedTuple):
    """A plan with a request's values."""

    plan: UpdatePlan = UpdatePlan()
    values: Values = MappingProxyType({})

    def apply(self, before: Item) -> Item:
        """The item after the update; ``before`` is left alone.

        Args:
            before: the stored item, or the key alone when there is none.

        Raises:
            ValidationFailed: an operand or a path does not fit the item, or a number leaves its range.
        """
        after = assigned(before, self._assignments(before))
        if self.plan.is_nested:
            check_nesting(after)
        return after

    def updated_old(self, before: Item) -> Item:
        """For UPDATED_OLD: what was at the touched paths, as fragments; empty when nothing was."""
        return projected(before, tree_of(self.plan.paths))

    def updated_new(self, before: Item) -> Item:
        """For UPDATED_NEW: what the update puts at the touched paths, as fragments; nothing for what it removes.

        Args:
            before: the item *before* the update, as ``apply`` was given it: indexes of lists mean that one.
        """
        return fragment(self._assignments(before))

    @property
    def paths(self) -> tuple[Elements, ...]:
        """Every path it touches, in the order of the text."""
        return self.plan.paths

    @property
    def attributes(self) -> frozenset[str]:
        """Names of the top-level attributes it touches."""
        return self.plan.attributes

    @property
    def creates(self) -> bool:
        """Whether it makes an item where there is none."""
        return self.plan.creates

    def check_keys(self, schema: KeySchema) -> None:
        """No action is on or below an attribute of the table's key, even if it would not change it.

        Raises:
            ValidationFailed: one is.
        """
        if self.plan.is_nested:
            check_scalar_keys(self.paths, schema)
        touched = self.plan.attributes
        for attribute in schema.attributes:
            if attribute.name in touched:
                raise ValidationFailed(
                    f"One or more parameter values were invalid: Cannot update attribute {attribute.name}. "
                    "This attribute is part of the key"
                )

    def _assignments(self, before: Item) -> list[Assignment]:
        values = self.values
        return [(path, outcome(before, values)) for path, outcome in self.plan.actions]


#: The update of a request that has none.
NO_UPDATE = Update()


def parse_update(text: str, parameters: Parameters, cache: ExpressionCache | None = None) -> Update:
    """The update a text says.

    Args:
        text: an UpdateExpression.
        parameters: the request's; its placeholders that the text uses count as used.
        cache: where the texts of this server are kept parsed and planned; None does so anew.

    Raises:
        ExpressionFault: the text, or what it makes of the parameters, is not an update.
    """
    parsed = parsed_with(cache, _KIND, text, parse_update_text)
    parameters.use(parsed)
    shape = None if cache is None else parameters.shape
    if cache is None or shape is None:
        return Update(_plan(parsed, parameters), parameters.values)
    # Which types the values have decides whether an update is one; what they hold does not.
    return Update(cache.kept(("update", text, shape), lambda: _plan(parsed, parameters)), parameters.values)


def _plan(parsed: Parsed[tuple[Action, ...]], parameters: Parameters) -> UpdatePlan:
    """The actions bound to names and to types of values."""
    _check_defined(parsed, parameters)
    paths = tuple(resolved(action.path, parameters, _KIND) for action in parsed.root)
    check_apart(paths, _KIND)
    binder = OperandBinder(parameters)
    actions = tuple((path, _outcome(action, path, binder)) for path, action in zip(paths, parsed.root, strict=True))
    if binder.function_faults:
        raise binder.function_faults[0]
    return UpdatePlan(actions, weight=sum(map(_weight, parsed.root)))


def _weight(action: Action) -> int:
    """Bytes that the service counts for an action. Source: reconstructed from updates near the limit, 2026."""
    indexes = sum(isinstance(element, int) for element in action.path.elements)
    if isinstance(action, Set):
        return _ASSIGNMENT_BYTES + indexes + _ARITHMETIC_BYTES * arithmetic_in(action.value)
    return (_ASSIGNMENT_BYTES if isinstance(action, Add) else _REMOVAL_BYTES) + indexes


def _check_defined(parsed: Parsed[tuple[Action, ...]], parameters: Parameters) -> None:
    """All names, then all values; other faults come after both."""
    for name in parsed.names:
        resolved_name(name, parameters, _KIND)
    for value in parsed.values:
        bound_value(value, parameters, _KIND)


def _outcome(action: Action, path: Elements, binder: OperandBinder) -> Outcome:
    """What an action makes of the item."""
    if isinstance(action, Set):
        return binder.bind(action.value)[0]
    if isinstance(action, Remove):
        return _nothing
    name = action.value.name
    kind = kind_of(bound_value(name, binder.parameters, _KIND))
    if isinstance(action, Add):
        check_operand("ADD", kind)
        return added(getter(path), name, kind, WrongDataType)
    check_operand("DELETE", kind)
    return deleted(getter(path), name, kind, WrongDataType)


def _nothing(_: Item, __: Values) -> None:
    """What REMOVE leaves."""
