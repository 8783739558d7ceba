"""A statement as the request of the operation on items it stands for, given its table's keys.

Writes name one item by its whole key; what else they ask of it is their condition. So do the reads of batches and
transactions; what a SELECT alone reads, ``ranges`` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pelton.errors import ValidationFailed
from pelton.items.schema import KeySchema
from pelton.items.types import AttributeValue
from pelton.operations import JsonObject
from pelton.storage.catalog import Table
from pelton.tables.partiql.rendering import Rendering
from pelton.tables.partiql.syntax import (
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
    Statement,
    Update,
)

NO_KEYS = "Where clause does not contain a mandatory equality on all key attributes"


@dataclass(frozen=True, slots=True)
class Request:
    """An operation, or an action of a transaction, and its members."""

    operation: str
    body: JsonObject


def item_request(statement: Select, table: Table) -> Request:
    """The Get of a SELECT that names one item, or the ConditionCheck of an EXISTS.

    Raises:
        ValidationFailed: it does not name one item by its whole key, and that alone for a Get.
    """
    key, others = key_of_condition(table.schema, statement.where)
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
    body["Key"], others = key_of_condition(table.schema, statement.where)
    if isinstance(statement, Update):
        body["UpdateExpression"] = rendering.update(statement)
        _require(table, rendering, body, others)
    elif others:
        body["ConditionExpression"] = rendering.every(others)
    return Request("Update" if isinstance(statement, Update) else "Delete", {**body, **rendering.parameters()})


def item_key(statement: Statement, table: Table) -> JsonObject:
    """The key of the one item that a statement names, as far as it does.

    Raises:
        ValidationFailed: its condition does not fix the whole key.
    """
    if isinstance(statement, Insert):
        return {key.name: statement.item[key.name] for key in table.schema.attributes if key.name in statement.item}
    return key_of_condition(table.schema, statement.where)[0]


def _require(table: Table, rendering: Rendering, body: JsonObject, others: list[Condition]) -> None:
    """The item is there, and satisfies these."""
    exists = Call("attribute_exists", (Reference((table.schema.partition[0].name,)),))
    body["ConditionExpression"] = rendering.every([exists, *others])


def _projection(rendering: Rendering, paths: Iterable[Path]) -> str:
    return ", ".join(map(rendering.path, paths))


def terms_of(where: Condition | None) -> list[Condition]:
    """The conditions that hold together, however they are grouped."""
    if where is None:
        return []
    return [term for part in where.conditions for term in terms_of(part)] if isinstance(where, Every) else [where]


def equality(term: Condition) -> tuple[str, AttributeValue] | None:
    """Attribute and value of ``attribute = value``, either way round."""
    match term:
        case Comparison("=", Reference((str(name),)), Literal(value)):
            return name, value
        case Comparison("=", Literal(value), Reference((str(name),))):
            return name, value
    return None


def key_of_condition(schema: KeySchema, where: Condition | None) -> tuple[JsonObject, list[Condition]]:
    """The Key that the condition fixes, and what else it asks."""
    key: JsonObject = {}
    others: list[Condition] = []
    names = {attribute.name for attribute in schema.attributes}
    for term in terms_of(where):
        fixed = equality(term)
        if fixed is not None and fixed[0] in names and fixed[0] not in key:
            key[fixed[0]] = fixed[1]
        else:
            others.append(term)
    if key.keys() != names:
        raise ValidationFailed(NO_KEYS)
    return key, others
