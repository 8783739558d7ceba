"""The two restore operations: which copy, which moment. ``restoring`` does the rest.

Source: DynamoDB API reference, RestoreTableFromBackup and RestoreTableToPointInTime.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pelton.errors import ValidationFailed
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.copies import history_tip, recovery_of
from pelton.storage.transaction import WriteTransaction
from pelton.tables.backup_errors import (
    BackupInUse,
    InvalidRestoreTime,
    PointInTimeRecoveryUnavailable,
    source_table,
)
from pelton.tables.backups import found_backup
from pelton.tables.continuous_backups import earliest_ms
from pelton.tables.errors import NotOffered
from pelton.tables.options import TableOptions
from pelton.tables.restoring import restore, restore_source
from pelton.tables.table_copies import create_request


def restore_operations(options: TableOptions) -> list[Operation]:
    """The two operations."""
    return [
        Operation(name="RestoreTableFromBackup", access=Access.WRITE, prepare=partial(_from_backup, options)),
        Operation(name="RestoreTableToPointInTime", access=Access.WRITE, prepare=partial(_to_moment, options)),
    ]


def _from_backup(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    _refuse_vectors(body)

    def decide(transaction: WriteTransaction) -> JsonObject:
        copy = found_backup(transaction, context, body["BackupArn"])
        if not copy.is_whole:
            raise BackupInUse(f"Backup is being created: {copy.arn}")
        source = restore_source(copy, copy.detail["Source"]["TableArn"], copy.created_ms)
        return restore(transaction, copy.detail["Request"], body, source, context, options)

    return decide


def _to_moment(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    _refuse_vectors(body)
    name = body.get("SourceTableArn") or body.get("SourceTableName")
    if name is None:
        raise ValidationFailed("Either SourceTableName or SourceTableArn must be specified")
    moment = body.get("RestoreDateTime")
    if (moment is None) is not bool(body.get("UseLatestRestorableTime")):
        raise ValidationFailed("Either RestoreDateTime or UseLatestRestorableTime must be specified, and not both")
    moment_ms = context.now_ms if moment is None else round(moment * 1000)

    def decide(transaction: WriteTransaction) -> JsonObject:
        table = source_table(transaction, context, name)
        copy = recovery_of(transaction, table.id)
        if copy is None:
            raise PointInTimeRecoveryUnavailable(f"Point in time recovery is not enabled for table '{table.name}'")
        if not earliest_ms(copy, context.now_ms) <= moment_ms <= context.now_ms:
            raise InvalidRestoreTime(
                "The specified restore time is not between EarliestRestorableDateTime and LatestRestorableDateTime"
            )
        source = restore_source(copy, table.arn, moment_ms, history_tip(transaction, copy, moment_ms))
        return restore(transaction, create_request(table), body, source, context, options)

    return decide


def _refuse_vectors(body: JsonObject) -> None:
    if body.get("VectorIndexOverride"):
        raise NotOffered("VectorIndexOverride", "leave it out")
