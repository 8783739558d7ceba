"""TagResource, UntagResource, ListTagsOfResource: labels on tables.

Source: DynamoDB API reference; recorded texts, the service's misspellings included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pelton.errors import ResourceNotFound, ValidationFailed
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.errors import AccessDenied, invalid_parameter

TAGS_MAX = 50
RESERVED_PREFIX = "aws:"


def tag_operations() -> list[Operation]:
    """The three operations on tags."""
    return [
        Operation(name="TagResource", access=Access.WRITE, prepare=_tag),
        Operation(name="UntagResource", access=Access.WRITE, prepare=_untag),
        Operation(name="ListTagsOfResource", access=Access.READ, prepare=_list),
    ]


def checked_tags(tags: Sequence[JsonObject]) -> dict[str, str]:
    """Key to value of a request's tags; of two with one key the later counts.

    Raises:
        ValidationFailed: a key is reserved, or there are more than 50.
    """
    checked = {tag["Key"]: tag["Value"] for tag in tags}
    for key in checked:
        if key.startswith(RESERVED_PREFIX):
            raise invalid_parameter(
                f"Tag keys starting with the reserved prefix '{RESERVED_PREFIX}' are not allowed: {key}"
            )
    _check_count(checked)
    return checked


def _tag(body: JsonObject, context: RequestContext) -> Callable[[WriteTransaction], None]:
    name = _table_name(body.get("ResourceArn"), context, "TagResource")
    if not body["Tags"]:
        raise ValidationFailed("Atleast one Tag needs to be provided as Input.")
    added = checked_tags(body["Tags"])

    def decide(transaction: WriteTransaction) -> None:
        table = _tagged_table(transaction, context, name, body["ResourceArn"])
        tags = {**table.definition.get("Tags", {}), **added}
        _check_count(tags)
        _store(transaction, table, tags)

    return decide


def _untag(body: JsonObject, context: RequestContext) -> Callable[[WriteTransaction], None]:
    name = _table_name(body.get("ResourceArn"), context, "UntagResource")
    if not body["TagKeys"]:
        raise ValidationFailed("Atleast one Tag Key needs to be provided as Input.")
    removed = set(body["TagKeys"])

    def decide(transaction: WriteTransaction) -> None:
        table = transaction.table(context.account, context.region, name)
        if table is None or table.arn != body["ResourceArn"]:
            raise ResourceNotFound("Requested resource not found")
        tags = table.definition.get("Tags", {})
        _store(transaction, table, {key: value for key, value in tags.items() if key not in removed})

    return decide


def _list(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    arn = body.get("ResourceArn")
    name = _table_name(arn, context, "ListTagsOfResource")

    def decide(snapshot: Snapshot) -> JsonObject:
        table = _tagged_table(snapshot, context, name, arn)
        tags = table.definition.get("Tags", {})
        # At most 50 tags: they fit one page, so no NextToken is ever given out.
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    return decide


def _table_name(arn: str | None, context: RequestContext, operation: str) -> str:
    """The name in a table's ARN of the caller's account and region."""
    if not arn:
        raise ValidationFailed("Invalid TableArn")
    parts = arn.split(":", 5)
    if len(parts) != 6:
        caller = f"arn:aws:iam::{context.account}:root"
        raise AccessDenied(f"User: {caller} is not authorized to perform: dynamodb:{operation} on resource: {arn}")
    kind, _, name = parts[5].partition("/")
    if kind != "table" or not name or "/" in name:
        raise ValidationFailed(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    return name


def _tagged_table(snapshot: Snapshot, context: RequestContext, name: str, arn: str | None) -> Table:
    table = snapshot.table(context.account, context.region, name)
    if table is None or table.arn != arn:
        raise ResourceNotFound(f"Requested resource not found: ResourcArn: {arn} not found")
    return table


def _check_count(tags: dict[str, str]) -> None:
    if len(tags) > TAGS_MAX:
        raise invalid_parameter(f"Too many tags: {len(tags)}, a resource has at most {TAGS_MAX}")


def _store(transaction: WriteTransaction, table: Table, tags: dict[str, str]) -> None:
    transaction.replace_table(replace(table, definition={**table.definition, "Tags": tags}))
