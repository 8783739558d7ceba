"""CreateBackup, DescribeBackup, DeleteBackup, ListBackups: copies of tables, kept in the data folder.

A backup holds the table exactly as it was when CreateBackup was answered, whatever is written while it is taken; the
answer says CREATING, and a small one is AVAILABLE by the first DescribeBackup.
Source: DynamoDB API reference of the four; recorded shapes and texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from pelton.arns import table_name_of
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Copy, Table
from pelton.storage.copies import all_copies, backup, backups
from pelton.storage.expiry import drop_expiry
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.backup_errors import BackupInUse, BackupNotFound, source_table
from pelton.tables.errors import table_in_use
from pelton.tables.options import TableOptions
from pelton.tables.restoring import is_restoring_from
from pelton.tables.table_copies import backup_description, backup_detail, backup_details, backup_summary

#: Backups in one page of ListBackups, unless the request asks for fewer.
BACKUPS_MAX = 100
#: How long the backup is kept that is made when a table with point-in-time recovery is deleted.
SYSTEM_BACKUP_MS = 35 * 24 * 3600 * 1000


def backup_operations(options: TableOptions) -> list[Operation]:
    """The four operations."""
    return [
        Operation(name="CreateBackup", access=Access.WRITE, prepare=partial(_create, options)),
        Operation(name="DescribeBackup", access=Access.READ, prepare=_describe),
        Operation(name="DeleteBackup", access=Access.WRITE, prepare=_delete),
        Operation(name="ListBackups", access=Access.READ, prepare=_list),
    ]


def new_backup(
    snapshot: Snapshot, table: Table, name: str, kind: str, context: RequestContext, options: TableOptions
) -> Copy:
    """A backup that has not begun."""
    identifier = f"{context.now_ms:014d}-{options.random.getrandbits(32):08x}"
    return Copy(
        table_id=table.id,
        kind=kind,
        account=table.account,
        region=table.region,
        arn=f"{table.arn}/backup/{identifier}",
        created_ms=context.now_ms,
        expires_ms=None,
        detail=backup_detail(snapshot, table, name),
    )


def settle_copies(transaction: WriteTransaction, table: Table, context: RequestContext, options: TableOptions) -> None:
    """Before a table is deleted: one with point-in-time recovery leaves a SYSTEM backup.

    Raises:
        ResourceInUse: a backup is being made of the table, or a table restored from its history.
    """
    own = [copy for copy in all_copies(transaction) if copy.table_id == table.id]
    if any(copy.arn is not None and not copy.is_whole for copy in own):
        raise table_in_use(f"Backup is being created for table: {table.name}")
    for recovery in (copy for copy in own if copy.kind == "RECOVERY"):
        if is_restoring_from(transaction, recovery):
            raise table_in_use(f"Table is being restored from: {table.name}")
        left = new_backup(transaction, table, f"{table.name}$DeletedTableBackup", "SYSTEM", context, options)
        transaction.drop_copy(recovery)
        drop_expiry(transaction, table)
        transaction.turn_into_copy(table, replace(left, expires_ms=context.now_ms + SYSTEM_BACKUP_MS))


def _create(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    def decide(transaction: WriteTransaction) -> JsonObject:
        table = source_table(transaction, context, body["TableName"])
        copy = transaction.begin_copy(
            table, new_backup(transaction, table, body["BackupName"], "USER", context, options)
        )
        if not transaction.copy_step(copy).is_whole:
            options.on_copies()
        return {"BackupDetails": backup_details(copy)}

    return decide


def _describe(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    def decide(snapshot: Snapshot) -> JsonObject:
        return {"BackupDescription": backup_description(found_backup(snapshot, context, body["BackupArn"]))}

    return decide


def _delete(body: JsonObject, context: RequestContext) -> Callable[[WriteTransaction], JsonObject]:
    arn = body["BackupArn"]

    def decide(transaction: WriteTransaction) -> JsonObject:
        copy = found_backup(transaction, context, arn)
        if not copy.is_whole:
            raise BackupInUse(f"Backup is being created: {arn}")
        if is_restoring_from(transaction, copy):
            raise BackupInUse(f"Backup is being restored: {arn}")
        transaction.drop_copy(copy)
        return {"BackupDescription": backup_description(copy, "DELETED")}

    return decide


def found_backup(snapshot: Snapshot, context: RequestContext, arn: str) -> Copy:
    """The backup of that ARN in the caller's account and region.

    Raises:
        BackupNotFound: there is none.
    """
    copy = backup(snapshot, arn)
    if copy is None or (copy.account, copy.region) != (context.account, context.region):
        raise BackupNotFound(f"Backup not found: {arn}")
    return copy


def _list(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    limit = body.get("Limit") or BACKUPS_MAX

    def decide(snapshot: Snapshot) -> JsonObject:
        listed = [copy for copy in backups(snapshot, context.account, context.region) if _is_asked_for(copy, body)]
        rest = _after(listed, body.get("ExclusiveStartBackupArn"))
        answer: JsonObject = {"BackupSummaries": [backup_summary(copy) for copy in rest[:limit]]}
        if len(rest) > limit:
            answer["LastEvaluatedBackupArn"] = rest[limit - 1].arn
        return answer

    return decide


def _is_asked_for(copy: Copy, body: JsonObject) -> bool:
    name, since, until = body.get("TableName"), body.get("TimeRangeLowerBound"), body.get("TimeRangeUpperBound")
    created_s = copy.created_ms / 1000
    return (
        (name is None or copy.detail["Source"]["TableName"] == table_name_of(name))
        and body.get("BackupType", "USER") in (copy.kind, "ALL")
        and (since is None or created_s >= since)
        and (until is None or created_s < until)
    )


def _after(copies: Sequence[Copy], arn: str | None) -> Sequence[Copy]:
    """Those after the one of that ARN; where it is gone, those that were made after it was."""
    if arn is None:
        return copies
    for place, copy in enumerate(copies):
        if copy.arn == arn:
            return copies[place + 1 :]
    made_ms = arn.rpartition("/")[2].partition("-")[0]
    return [copy for copy in copies if made_ms.isdigit() and copy.created_ms > int(made_ms)]
