"""A statement as the request of the operation on items it stands for, given its table's keys.

A SELECT whose condition fixes the partition key is a Query, any other a Scan; both with the rest as
their filter. Writes name one item by its whole key; what else they ask of it is their condition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pelton.errors import ValidationFailed
from pelton.items.schema import KeySchema
from pelton.items.types import AttributeValue
from pelton.operations import JsonObject
from pelton.storage.catalog import Table
from pelton.tables.lookup import index_named
from pelton.tables.partiql.rendering import Rendering
from pelton.tables.partiql.syntax import (
    Between,
    Call,
    Comparison,
    Condition,
    Delete,
    Every,
    Insert,
    Literal,
    Path,
    Reference,
    Select,
    Update,
)

NO_KEYS = "Where clause does not contain a mandatory equality on all key attributes"


@dataclass(frozen=True, slots=True)
class Request:
    """An operation, or an action of a transaction, and its members."""

    operation: str
    body: JsonObject


def rows_request(statement: Select, table: Table) -> Request:
    """The Query or Scan of a SELECT.

    Raises:
        ValidationFailed: there is no such index, or ORDER BY is not on the sort key of one partition.
    """
    schema = table.schema
    if statement.index is not None:
        index = index_named(table, statement.index)
        if index is None:
            raise ValidationFailed("The table does not have the specified index")
        schema = index.schema
    rendering = Rendering()
    body: JsonObject = {"TableName": statement.table}
    if statement.index is not None:
        body["IndexName"] = statement.index
    keys, others = _split(schema, statement.where)
    if statement.order is not None:
        _order(statement, schema, keys, body)
    if keys:
        body["KeyConditionExpression"] = rendering.every(keys)
    if others:
        body["FilterExpression"] = rendering.every(others)
    if statement.paths:
        body["ProjectionExpression"] = _projection(rendering, statement.paths)
    return Request("Query" if keys else "Scan", {**body, **rendering.parameters()})


def item_request(statement: Select, table: Table) -> Request:
    """The Get of a SELECT that names one item, or the ConditionCheck of an EXISTS.

    Raises:
        ValidationFailed: it does not name one item by its whole key, and that alone for a Get.
    """
    key, others = _key(table.schema, statement.where)
    rendering = Rendering()
    body: JsonObject = {"TableName": statement.table, "Key": key}
    if statement.is_exists:
        _require(table, rendering, body, others)
        return Request("ConditionCheck", {**body, **rendering.parameters()})
    if others:
        raise ValidationFailed("Select statements within a batch or transaction take the primary key alone")
    if statement.paths:
        body["ProjectionExpression"] = _projection(rendering, statement.paths)
    return Request("Get", {**body, **rendering.parameters()})


def write_request(statement: Insert | Update | Delete, table: Table) -> Request:
    """The Put, Update or Delete of a statement that writes.

    Raises:
        ValidationFailed: it does not name one item by its whole key.
    """
    rendering = Rendering()
    body: JsonObject = {"TableName": statement.table}
    if isinstance(statement, Insert):
        hash_name = rendering.path((table.schema.partition[0].name,))
        body |= {"Item": statement.item, "ConditionExpression": f"attribute_not_exists({hash_name})"}
        return Request("Put", {**body, **rendering.parameters()})
    body["Key"], others = _key(table.schema, statement.where)
    if isinstance(statement, Update):
        body["UpdateExpression"] = rendering.update(statement)
        _require(table, rendering, body, others)
    elif others:
        body["ConditionExpression"] = rendering.every(others)
    return Request("Update" if isinstance(statement, Update) else "Delete", {**body, **rendering.parameters()})


def _require(table: Table, rendering: Rendering, body: JsonObject, others: list[Condition]) -> None:
    """The item is there, and satisfies these."""
    exists = Call("attribute_exists", (Reference((table.schema.partition[0].name,)),))
    body["ConditionExpression"] = rendering.every([exists, *others])


def _projection(rendering: Rendering, paths: Iterable[Path]) -> str:
    return ", ".join(map(rendering.path, paths))


def _terms(where: Condition | None) -> list[Condition]:
    """The conditions that hold together, however they are grouped."""
    if where is None:
        return []
    return [term for part in where.conditions for term in _terms(part)] if isinstance(where, Every) else [where]


def _equality(term: Condition) -> tuple[str, AttributeValue] | None:
    """Attribute and value of ``attribute = value``, either way round."""
    match term:
        case Comparison("=", Reference((str(name),)), Literal(value)):
            return name, value
        case Comparison("=", Literal(value), Reference((str(name),))):
            return name, value
    return None


def _split(schema: KeySchema, where: Condition | None) -> tuple[list[Condition], list[Condition]]:
    """Conditions on the keys that make a Query, and the others; no key conditions: it must be a Scan."""
    terms = _terms(where)
    keys: list[Condition] = []
    for attribute in schema.partition:
        found = next((term for term in terms if _names_equal(term, attribute.name)), None)
        if found is None:
            return [], terms
        keys.append(found)
    for attribute in schema.sort:
        ranged = next((term for term in terms if _ranges(term, attribute.name)), None)
        if ranged is None:
            break
        keys.append(ranged)
        if _equality(ranged) is None:
            break
    others = [term for term in terms if not any(term is key for key in keys)]
    names = {attribute.name for attribute in schema.attributes}
    # A Query's filter cannot look at keys: with such conditions left over only a Scan can answer.
    return ([], terms) if any(names & set(_attributes(term)) for term in others) else (keys, others)


def _names_equal(term: Condition, name: str) -> bool:
    equality = _equality(term)
    return equality is not None and equality[0] == name


def _ranges(term: Condition, name: str) -> bool:
    """Whether the condition is one that a sort key's range can be made of."""
    match term:
        case Comparison("=" | "<" | "<=" | ">" | ">=", Reference((str(named),)), Literal()):
            return named == name
        case Between(Reference((str(named),)), Literal(), Literal()):
            return named == name
        case Call("begins_with", (Reference((str(named),)), Literal())):
            return named == name
    return False


def _attributes(node: Any) -> Iterable[str]:
    """Top-level attributes that a condition or an operand names."""
    if isinstance(node, Reference):
        yield str(node.path[0])
    elif isinstance(node, tuple):
        for part in node:
            yield from _attributes(part)
    elif hasattr(node, "path"):
        yield str(node.path[0])
    elif not isinstance(node, Literal) and hasattr(type(node), "__slots__"):
        for member in type(node).__slots__:
            yield from _attributes(getattr(node, member))


def _key(schema: KeySchema, where: Condition | None) -> tuple[JsonObject, list[Condition]]:
    """The Key that the condition fixes, and what else it asks."""
    key: JsonObject = {}
    others: list[Condition] = []
    names = {attribute.name for attribute in schema.attributes}
    for term in _terms(where):
        equality = _equality(term)
        if equality is not None and equality[0] in names and equality[0] not in key:
            key[equality[0]] = equality[1]
        else:
            others.append(term)
    if key.keys() != names:
        raise ValidationFailed(NO_KEYS)
    return key, others


def _order(statement: Select, schema: KeySchema, keys: list[Condition], body: JsonObject) -> None:
    assert statement.order is not None, "the caller has looked"
    name, is_descending = statement.order
    if not keys:
        raise ValidationFailed("Must have WHERE clause in the statement when using ORDER BY clause.")
    if name not in {attribute.name for attribute in schema.attributes}:
        raise ValidationFailed(f"Variable reference {name} in ORDER BY clause must be part of the primary key")
    body["ScanIndexForward"] = not is_descending
