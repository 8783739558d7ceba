"""Key conditions: what a Query asks of the key, first by attribute, then against a schema.

The text is parsed before the table is known: it says at most one thing of each attribute. Against
the schema of the table or index it becomes one range of keys: all partition attributes equal,
then sort attributes equal from left to right, of which the last may be compared otherwise.
Source: DynamoDB developer guide, "Key condition expressions for the Query operation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache, parsed_with
from pelton.expressions.condition import bound_condition
from pelton.expressions.condition_parser import parse_condition_text
from pelton.expressions.faults import ExpressionKind, fault_in
from pelton.expressions.key_condition_terms import KeyTerm, key_terms
from pelton.expressions.parameters import Parameters
from pelton.items.key_checks import EmptyKeyValue
from pelton.items.keys import SORT_OPERATORS, KeyRange, partition_range, sort_range
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import AttributeValue

_KIND = ExpressionKind.KEY_CONDITION


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCondition:
    """One range of the keys of a table or index."""

    schema: KeySchema
    equal_values: tuple[AttributeValue, ...]  #: of all partition attributes, then of sort attributes
    operator: str | None = None  #: of the next sort attribute, other than ``=``; None when nothing is asked of it
    operands: tuple[AttributeValue, ...] = ()

    @property
    def partition_values(self) -> tuple[AttributeValue, ...]:
        """The partition's key values, in the order of the schema."""
        return self.equal_values[: len(self.schema.partition)]

    @property
    def has_sort_condition(self) -> bool:
        """Whether anything is asked of a sort attribute."""
        return self.operator is not None or len(self.equal_values) > len(self.schema.partition)

    def partition(self) -> KeyRange:
        """All storage keys of the partition."""
        return partition_range(self.schema, self.partition_values)

    def range(self) -> KeyRange:
        """The storage keys (of an index: index keys) that meet the condition."""
        if self.operator is not None:
            return sort_range(self.schema, self.equal_values, self.operator, self.operands)
        if self.has_sort_condition:
            return sort_range(self.schema, self.equal_values[:-1], "=", self.equal_values[-1:])
        return self.partition()


@dataclass(frozen=True, slots=True)
class KeyConditions:
    """What a request says of key attributes, by name, in the order of the text."""

    terms: Mapping[str, KeyTerm]

    def bind(self, schema: KeySchema) -> KeyCondition:
        """The condition for the table or index with that schema.

        Raises:
            ValidationFailed: it does not fit the key: an attribute is missed, compared in a way that is
                no range, or with a value of another type.
        """
        attributes = schema.attributes
        if len(self.terms) > len(attributes):
            raise ValidationFailed(
                f"The number of query conditions ({len(self.terms)}) exceeds the number of key attributes "
                f"defined in the schema ({len(attributes)})"
            )
        equal: list[AttributeValue] = []
        for place, attribute in enumerate(attributes):
            is_partition = place < len(schema.partition)
            if place == len(self.terms) and not is_partition:
                break
            term = self.terms.get(attribute.name)
            if not is_partition and (term is None or term.operator != "="):
                self._check_last(attribute, attributes[place + 1 :])
            term = self._term(attribute)
            if term.operator == "=":
                equal.append(term.operands[0])
            elif is_partition:
                raise ValidationFailed("Query key condition not supported")
            elif place + 1 < len(self.terms):
                raise ValidationFailed(f"Query condition missed key schema element: {attributes[place + 1].name}")
            else:
                return KeyCondition(
                    schema=schema, equal_values=tuple(equal), operator=term.operator, operands=term.operands
                )
        return KeyCondition(schema=schema, equal_values=tuple(equal))

    def _check_last(self, attribute: KeyAttribute, later: Sequence[KeyAttribute]) -> None:
        """A sort attribute that is not compared for equality is the last of those that are compared."""
        named = next((other.name for other in later if other.name in self.terms), None)
        if named is not None:
            raise ValidationFailed(
                f"RANGE key attributes {attribute.name} must have equality conditions specified in the query "
                f"because a condition is present on key attribute {named}"
            )

    def _term(self, attribute: KeyAttribute) -> KeyTerm:
        """What is said of a key attribute that something must be said of."""
        term = self.terms.get(attribute.name)
        if term is None:
            raise ValidationFailed(f"Query condition missed key schema element: {attribute.name}")
        if term.operator not in SORT_OPERATORS:
            raise ValidationFailed("Attempted conditional constraint is not an indexable operation")
        if any(attribute.type not in operand for operand in term.operands):
            raise ValidationFailed(
                "One or more parameter values were invalid: Condition parameter type does not match schema type"
            )
        return term


def parse_key_condition(text: str, parameters: Parameters, cache: ExpressionCache | None = None) -> KeyConditions:
    """What a text says of key attributes; ``bind`` it when the table or index is known.

    Args:
        text: a KeyConditionExpression.
        parameters: the request's; its placeholders that the text uses count as used.
        cache: where the texts of this server are kept parsed; None parses anew.

    Raises:
        ExpressionFault: the text is not a condition on keys.
        EmptyKeyValue: an operand is an empty string or binary.
    """
    parsed = parsed_with(cache, _KIND, text, parse_condition_text)
    parameters.use(parsed)
    # A key condition is a condition: all that can be wrong with one is told first.
    bound_condition(parsed.root, parameters, _KIND)
    terms: dict[str, KeyTerm] = {}
    for name, term in key_terms(parsed.root, parameters):
        if name in terms:
            raise fault_in(_KIND, "KeyConditionExpressions must only contain one condition per key")
        check_not_empty(name, term)
        terms[name] = term
    return KeyConditions(terms)


def check_not_empty(name: str, term: KeyTerm) -> None:
    """Refuse a condition whose operand no key can be.

    Raises:
        EmptyKeyValue: an operand is an empty string or binary.
    """
    for operand in term.operands:
        for kind, word in (("S", "string"), ("B", "binary")):
            if operand.get(kind) == "":
                raise EmptyKeyValue(
                    "One or more parameter values are not valid. "
                    f"The AttributeValue for a key attribute cannot contain an empty {word} value. Key: {name}"
                )
