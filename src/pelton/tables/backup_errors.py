"""What the operations on backups can refuse with. Source: the modelled exceptions; recorded texts."""

from __future__ import annotations

from pelton.errors import ResourceNotFound, WireError
from pelton.operations import RequestContext
from pelton.storage.catalog import Table
from pelton.storage.transaction import Snapshot
from pelton.tables.lookup import described_table


class TableNotFound(WireError):
    """No such table, as the operations on backups say it."""

    code = "TableNotFoundException"


class TableAlreadyExists(WireError):
    """A restore onto a name that is taken."""

    code = "TableAlreadyExistsException"


class TableInUse(WireError):
    """The table is still being created."""

    code = "TableInUseException"


class BackupNotFound(WireError):
    """No such backup."""

    code = "BackupNotFoundException"


class BackupInUse(WireError):
    """The backup is being made, or restored from."""

    code = "BackupInUseException"


class ContinuousBackupsUnavailable(WireError):
    """Continuous backups cannot be switched at this moment."""

    code = "ContinuousBackupsUnavailableException"


class PointInTimeRecoveryUnavailable(WireError):
    """The table does not keep its history."""

    code = "PointInTimeRecoveryUnavailableException"


class InvalidRestoreTime(WireError):
    """The moment lies outside of what is kept."""

    code = "InvalidRestoreTimeException"


def source_table(snapshot: Snapshot, context: RequestContext, name_or_arn: str) -> Table:
    """The table that an operation on backups names.

    Raises:
        TableNotFound: there is none.
        TableInUse: it is still being restored.
    """
    try:
        table = described_table(snapshot, context, name_or_arn)
    except ResourceNotFound:
        raise TableNotFound(f"Table not found: {name_or_arn}") from None
    if table.status == "CREATING":
        raise TableInUse(f"Table is being created: {table.name}")
    return table
