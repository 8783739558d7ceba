"""DescribeTable, ListTables and DeleteTable: what is there, and taking a table away.

Source: DynamoDB API reference of the three; recorded answers and texts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial

from pelton.errors import ValidationFailed
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.policies import remove_policies_of_table
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.backfilling import BACKFILLS
from pelton.tables.backups import settle_copies
from pelton.tables.descriptions import deleted_description, table_description
from pelton.tables.errors import table_in_use
from pelton.tables.lookup import changeable_table, described_table
from pelton.tables.options import TableOptions

#: Names in one page of ListTables, unless the request asks for fewer.
NAMES_MAX = 100


def table_operations(options: TableOptions) -> list[Operation]:
    """The three operations."""
    return [
        Operation(name="DescribeTable", access=Access.READ, prepare=_describe),
        Operation(name="ListTables", access=Access.READ, prepare=_list),
        Operation(name="DeleteTable", access=Access.WRITE, prepare=partial(_delete, options)),
    ]


def _describe(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    def decide(snapshot: Snapshot) -> JsonObject:
        table = described_table(snapshot, context, body["TableName"])
        return {"Table": table_description(snapshot, table, context.now_ms)}

    return decide


def _list(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    limit = body.get("Limit") or NAMES_MAX
    after = body.get("ExclusiveStartTableName") or ""

    def decide(snapshot: Snapshot) -> JsonObject:
        names = [table.name for table in snapshot.tables(context.account, context.region)]
        # Table names are ASCII: comparing them as text is comparing their bytes.
        start = bisect_right(names, after)
        page = names[start : start + limit]
        answer: JsonObject = {"TableNames": page}
        if start + limit < len(names):
            answer["LastEvaluatedTableName"] = page[-1]
        return answer

    return decide


def _delete(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    def decide(transaction: WriteTransaction) -> JsonObject:
        table = changeable_table(transaction, context, body["TableName"])
        # A table whose index is being filled cannot be deleted; the index can.
        if table.definition.get(BACKFILLS):
            raise table_in_use(f"Table is being updated: {table.name}")
        if table.definition["DeletionProtectionEnabled"]:
            raise ValidationFailed(
                "Resource cannot be deleted as it is currently protected against deletion. "
                "Disable deletion protection first."
            )
        description = deleted_description(transaction, table, context.now_ms)
        settle_copies(transaction, table, context, options)
        remove_policies_of_table(transaction, table.arn)
        transaction.drop_table(table, context.now_ms)
        return {"TableDescription": description}

    return decide
