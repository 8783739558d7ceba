"""UpdateContinuousBackups and DescribeContinuousBackups: whether a table keeps its history, and how long.

Point-in-time recovery is a copy of the table's items as they were when it was enabled and every change since; what is
older than the recovery period goes into the copy. Differs from the service: the latest restorable moment is now.
Source: DynamoDB API reference of the two; recorded shapes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pelton.errors import ResourceNotFound, ValidationFailed
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Copy
from pelton.storage.copies import recovery_of
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.backup_errors import ContinuousBackupsUnavailable, TableNotFound, source_table
from pelton.tables.lookup import described_table
from pelton.tables.options import TableOptions
from pelton.tables.restoring import is_restoring_from
from pelton.tables.throughput import epoch_seconds

DAYS_MAX = 35
_DAY_MS = 24 * 3600 * 1000


def continuous_backup_operations(options: TableOptions) -> list[Operation]:
    """The two operations."""
    return [
        Operation(name="UpdateContinuousBackups", access=Access.WRITE, prepare=partial(_update, options)),
        Operation(name="DescribeContinuousBackups", access=Access.READ, prepare=_describe),
    ]


def period_start_ms(copy: Copy, now_ms: int) -> int:
    """What is older than this is kept no more."""
    days: int = copy.detail["Days"]
    return now_ms - days * _DAY_MS


def earliest_ms(copy: Copy, now_ms: int) -> int:
    """The earliest moment to which a RECOVERY copy can take a table."""
    merged: int = copy.detail.get("MergedMs", 0)
    return max(copy.created_ms, merged, period_start_ms(copy, now_ms))


def merge_step(transaction: WriteTransaction, copy: Copy, now_ms: int) -> bool:
    """Forget a bounded part of the history that is older than the recovery period; whether more may be left."""
    start_ms = period_start_ms(copy, now_ms)
    if start_ms <= copy.created_ms:
        return False
    is_done = transaction.merge_history(copy, start_ms)
    # A longer period, set later, does not bring back what has been merged.
    transaction.change_copy(replace(copy, detail={**copy.detail, "MergedMs": start_ms}))
    return not is_done


def _update(
    options: TableOptions, body: JsonObject, context: RequestContext
) -> Callable[[WriteTransaction], JsonObject]:
    specification = body["PointInTimeRecoverySpecification"]
    is_enabling, days = specification["PointInTimeRecoveryEnabled"], specification.get("RecoveryPeriodInDays")
    if days is not None and not is_enabling:
        raise ValidationFailed("RecoveryPeriodInDays cannot be specified when PointInTimeRecoveryEnabled is false")

    def decide(transaction: WriteTransaction) -> JsonObject:
        table = source_table(transaction, context, body["TableName"])
        copy = recovery_of(transaction, table.id)
        if not is_enabling and copy is not None:
            if is_restoring_from(transaction, copy):
                raise ContinuousBackupsUnavailable(f"A table is being restored from {table.name}: retry later")
            transaction.drop_copy(copy)
            copy = None
        elif is_enabling and copy is None:
            copy = Copy(
                table_id=table.id,
                kind="RECOVERY",
                account=table.account,
                region=table.region,
                arn=None,
                created_ms=context.now_ms,
                detail={"Days": days or DAYS_MAX},
            )
            copy = transaction.copy_step(transaction.begin_copy(table, copy))
            options.on_copies()
        elif copy is not None and days is not None:
            copy = replace(copy, detail={**copy.detail, "Days": days})
            transaction.change_copy(copy)
        return _description(copy, context.now_ms)

    return decide


def _describe(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    name = body["TableName"]

    def decide(snapshot: Snapshot) -> JsonObject:
        try:
            table = described_table(snapshot, context, name)
        except ResourceNotFound:
            raise TableNotFound(f"Table not found: {name}") from None
        return _description(recovery_of(snapshot, table.id), context.now_ms)

    return decide


def _description(copy: Copy | None, now_ms: int) -> JsonObject:
    recovery: JsonObject = {"PointInTimeRecoveryStatus": "DISABLED"}
    if copy is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": copy.detail["Days"],
            "EarliestRestorableDateTime": epoch_seconds(earliest_ms(copy, now_ms)),
            "LatestRestorableDateTime": epoch_seconds(now_ms),
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }
