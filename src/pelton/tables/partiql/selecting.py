"""SELECT: one page of the rows that a statement's condition asks for.

Source: DynamoDB developer guide, "PartiQL select statements"; recorded texts.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b

import orjson

from pelton.errors import ValidationFailed
from pelton.expressions.cache import ExpressionCache
from pelton.expressions.paths import getter
from pelton.items.schema import KeySchema
from pelton.items.types import Item
from pelton.items.values import canonical_value
from pelton.operations import JsonObject, RequestContext
from pelton.storage.catalog import projected_names
from pelton.storage.transaction import Snapshot
from pelton.tables.lookup import index_named, usable_table
from pelton.tables.pages import Reading, Walk
from pelton.tables.partiql.ranges import Order, Plan, plan_of, rows_in_order
from pelton.tables.partiql.rendering import Rendering
from pelton.tables.partiql.syntax import Path, Select
from pelton.tables.row_expressions import RowExpressions, row_expressions_of
from pelton.tables.row_requests import (
    Rows,
    check_projected_paths,
    page_answer,
    reading_of,
    rows_of_request,
    unprojected,
)

#: Members of a statement's request that reading has too.
PASSED = ("ConsistentRead", "Limit", "ReturnConsumedCapacity")


def select_walk(
    snapshot: Snapshot, statement: Select, body: JsonObject, context: RequestContext, cache: ExpressionCache
) -> Walk:
    """How one page of a SELECT is read.

    Raises:
        ResourceNotFound: there is no such table.
        ValidationFailed: the statement does not fit the table or index, or the token not the statement.
    """
    rows = _rows(snapshot, statement, body, context)
    schema = rows.table.schema if rows.index is None else rows.index.schema
    expressions = _expressions(statement, cache)
    _check_projected(rows, expressions)
    plan = plan_of(schema, statement.where)
    order = _order(statement, schema, plan)
    start = _start(rows, body)
    if plan.is_exact:
        expressions = replace(expressions, filter=None)
    request = {"TableName": statement.table, **{name: body[name] for name in PASSED if body.get(name) is not None}}
    show = flattening(statement.paths) if is_nested(statement.paths) else None

    def reading(now: Snapshot) -> Reading:
        asked = reading_of(now, rows, request, expressions)
        return asked if show is None else replace(asked, show=show)

    return Walk(
        stored=lambda now, behind: rows_in_order(now, rows, plan, order, start if behind is None else behind),
        reading=reading,
        answer=lambda page: _answer(page_answer(rows, request, page), body),
    )


def is_nested(paths: tuple[Path, ...]) -> bool:
    """Whether one of the paths leads into an attribute."""
    return any(len(path) > 1 for path in paths)


def flattening(paths: tuple[Path, ...]) -> Callable[[Item], Item]:
    """A projection that shows each path under its last name."""
    getters = [(_last_name(path), getter(path)) for path in paths]

    def show(item: Item) -> Item:
        found = ((name, find(item)) for name, find in getters)
        return {name: value for name, value in found if value is not None}

    return show


def _last_name(path: Path) -> str:
    return next(element for element in reversed(path) if isinstance(element, str))


def _rows(snapshot: Snapshot, statement: Select, body: JsonObject, context: RequestContext) -> Rows:
    request: JsonObject = {"TableName": statement.table, "ConsistentRead": body.get("ConsistentRead")}
    if statement.index is not None:
        index = index_named(usable_table(snapshot, context, statement.table), statement.index)
        if index is None:
            raise ValidationFailed("The table does not have the specified index")
        if index.is_global and body.get("ConsistentRead"):
            raise ValidationFailed("Strongly consistent read is not supported on Global Secondary Indexes")
        request["IndexName"] = statement.index
    return rows_of_request(snapshot, context, request)


def _expressions(statement: Select, cache: ExpressionCache) -> RowExpressions:
    """Condition and projection; all of the condition, so that all that is wrong with it is told."""
    rendering = Rendering()
    request: JsonObject = {}
    if statement.where is not None:
        request["FilterExpression"] = rendering.condition(statement.where)
    if statement.paths:
        request["ProjectionExpression"] = ", ".join(map(rendering.path, statement.paths))
    return row_expressions_of({**request, **rendering.parameters()}, cache, RowExpressions())


def _check_projected(rows: Rows, expressions: RowExpressions) -> None:
    """Refuse to show, or to ask about, what an index does not hold."""
    check_projected_paths(rows, expressions.projection)
    index = rows.index
    if index is None:
        return
    projection = expressions.projection if index.is_global else None
    if missing := [] if projection is None else unprojected(rows, projection):
        raise ValidationFailed(f"Global secondary index {index.name} does not project [{', '.join(missing)}]")
    held = projected_names(rows.table.schema, index)
    if held is None or expressions.filter is None:
        return
    if missing := sorted(expressions.filter.attributes - held):
        raise ValidationFailed(
            f"Secondary index {index.name} does not project one or more filter attributes: [{', '.join(missing)}]"
        )


def _order(statement: Select, schema: KeySchema, plan: Plan) -> Order:
    if statement.order is None:
        return Order()
    name, is_descending = statement.order
    if plan.is_whole:
        raise ValidationFailed("Must have WHERE clause in the statement when using ORDER BY clause.")
    if name in {attribute.name for attribute in schema.partition}:
        return Order(is_descending=is_descending, by_partition_key=True)
    if name not in {attribute.name for attribute in schema.sort}:
        raise ValidationFailed(f"Variable reference {name} in ORDER BY clause must be part of the primary key")
    return Order(is_descending=is_descending, by_sort_key=True)


def _answer(found: JsonObject, body: JsonObject) -> JsonObject:
    answer: JsonObject = {"Items": found["Items"]}
    if "LastEvaluatedKey" in found:
        last = found["LastEvaluatedKey"]
        answer["NextToken"] = b64encode(orjson.dumps([_digest(body), last])).decode()
        answer["LastEvaluatedKey"] = last
    if "ConsumedCapacity" in found:
        answer["ConsumedCapacity"] = found["ConsumedCapacity"]
    return answer


def _digest(body: JsonObject) -> str:
    text = orjson.dumps([body["Statement"], body.get("Parameters")], option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=8).hexdigest()


def _start(rows: Rows, body: JsonObject) -> bytes | None:
    """The position a token leads to: it comes from outside, so nothing about it is taken for granted."""
    token = body.get("NextToken")
    if token is None:
        return None
    try:
        made_for, key = orjson.loads(b64decode(token, validate=True))
    except (NotBase64, ValueError, TypeError):
        raise ValidationFailed("Invalid NextToken") from None
    if made_for != _digest(body):
        raise ValidationFailed("NextToken does not match request")
    if not isinstance(key, dict) or key.keys() != rows.key_names or not all(map(_is_key_value, key.values())):
        raise ValidationFailed("Invalid NextToken")
    try:
        return rows.position({name: canonical_value(value) for name, value in key.items()})
    except (ValueError, ValidationFailed):
        raise ValidationFailed("Invalid NextToken") from None


def _is_key_value(value: object) -> bool:
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((kind, content),) = value.items()
    return kind in ("S", "N", "B") and isinstance(content, str)
