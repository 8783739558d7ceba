"""Conditions and filters: a text and its parameters become a function from an item to true or false.

There is no third value: a comparison with what is missing or of another type is false, save ``<>``,
which is then true, and NOT turns either around. An item that does not exist has no attributes.
Source: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pelton.expressions.cache import ExpressionCache, parsed_with
from pelton.expressions.comparisons import bound_between, bound_comparison, bound_in
from pelton.expressions.condition_parser import parse_condition_text
from pelton.expressions.faults import ExpressionKind
from pelton.expressions.functions import bound_function
from pelton.expressions.parameters import Parameters
from pelton.expressions.paths import resolved
from pelton.expressions.syntax import (
    And,
    Between,
    Call,
    Comparison,
    ConditionNode,
    Elements,
    In,
    Not,
    Operand,
    Or,
    Parsed,
    Path,
)
from pelton.items.types import Item

#: Whether an item, which exists or is empty, meets a condition.
Test = Callable[[Item], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition with its parameters."""

    test: Test
    find_paths: Callable[[], tuple[Elements, ...]] = tuple  #: works out ``paths``, which few requests ask for
    has_values: bool = True  #: False: it is the same for all requests that have its names

    def __call__(self, item: Item | None) -> bool:
        """Whether the item meets the condition; None is an item that does not exist."""
        return self.test(item or {})

    @property
    def paths(self) -> tuple[Elements, ...]:
        """Every document path it looks at, from left to right."""
        return self.find_paths()

    @property
    def attributes(self) -> frozenset[str]:
        """Names of the top-level attributes it looks at."""
        return frozenset(str(path[0]) for path in self.paths)


#: The condition of a request that has none.
ALWAYS = Condition(lambda _: True)


def parse_condition(
    text: str,
    parameters: Parameters,
    kind: ExpressionKind = ExpressionKind.CONDITION,
    cache: ExpressionCache | None = None,
) -> Condition:
    """The condition a text says.

    Args:
        text: a ConditionExpression or FilterExpression.
        parameters: the request's; its placeholders that the text uses count as used.
        kind: CONDITION or FILTER.
        cache: where the texts of this server are kept parsed; None parses anew.

    Raises:
        ExpressionFault: the text, or what it makes of the parameters, is not a condition.
    """
    parsed = parsed_with(cache, kind, text, parse_condition_text)
    parameters.use(parsed)
    shape = None if cache is None or parsed.values else parameters.shape
    if cache is None or shape is None:
        return _bound(parsed, parameters, kind)
    # Without values it is the same for all requests that have these names: attribute_exists(id) and its like.
    return cache.kept((kind, text, shape), lambda: _bound(parsed, Parameters(parameters.names), kind))


def _bound(parsed: Parsed[ConditionNode], parameters: Parameters, kind: ExpressionKind) -> Condition:
    root = parsed.root
    test = bound_condition(root, parameters, kind)

    def find_paths() -> tuple[Elements, ...]:
        return tuple(resolved(path, parameters, kind) for path in paths_of(root))

    return Condition(test, find_paths, has_values=bool(parsed.values))


def bound_condition(node: ConditionNode, parameters: Parameters, kind: ExpressionKind) -> Test:
    """The test of a tree. Its faults are told from left to right.

    Raises:
        ExpressionFault: the operands do not fit.
    """
    if isinstance(node, Comparison):
        return bound_comparison(node, parameters, kind)
    if isinstance(node, Call):
        return bound_function(node, parameters, kind)
    if isinstance(node, Between):
        return bound_between(node, parameters, kind)
    if isinstance(node, In):
        return bound_in(node, parameters, kind)
    if isinstance(node, Not):
        return _negated(bound_condition(node.condition, parameters, kind))
    tests = tuple(bound_condition(condition, parameters, kind) for condition in node.conditions)
    return _all(tests) if isinstance(node, And) else _any(tests)


def paths_of(node: ConditionNode | Operand) -> tuple[Path, ...]:
    """Every document path in a tree, from left to right."""
    if isinstance(node, Path):
        return (node,)
    return tuple(path for part in _parts(node) for path in paths_of(part))


def _parts(node: ConditionNode | Operand) -> tuple[ConditionNode | Operand, ...]:
    """What a node is made of."""
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Comparison):
        return (node.left, node.right)
    if isinstance(node, Between):
        return (node.operand, node.low, node.high)
    if isinstance(node, In):
        return (node.operand, *node.options)
    if isinstance(node, Not):
        return (node.condition,)
    if isinstance(node, (And, Or)):
        return node.conditions
    return ()


def _negated(test: Test) -> Test:
    return lambda item: not test(item)


def _all(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda item: first(item) and second(item)
    return lambda item: all(test(item) for test in tests)


def _any(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda item: first(item) or second(item)
    return lambda item: any(test(item) for test in tests)
