"""Finding the table a request names, by name or ARN, in the caller's account and region."""

from __future__ import annotations

from pelton.arns import table_name_of
from pelton.operations import RequestContext
from pelton.storage.catalog import Index, Table
from pelton.storage.transaction import Snapshot
from pelton.tables.errors import named_table_missing, table_in_use, table_missing


def usable_table(snapshot: Snapshot, context: RequestContext, name_or_arn: str) -> Table:
    """The table that operations on items may use.

    Raises:
        ResourceNotFound: there is none of that name, or it is not usable yet.
    """
    table = snapshot.table(context.account, context.region, name_or_arn) or _table(snapshot, context, name_or_arn)
    if table is None or table.status in ("CREATING", "DELETING"):
        raise table_missing()
    return table


def described_table(snapshot: Snapshot, context: RequestContext, name_or_arn: str) -> Table:
    """The table that operations on tables may see, whatever its status.

    Raises:
        ResourceNotFound: there is none of that name; the text names it.
    """
    table = _table(snapshot, context, name_or_arn)
    if table is None:
        raise named_table_missing(table_name_of(name_or_arn))
    return table


def changeable_table(snapshot: Snapshot, context: RequestContext, name_or_arn: str) -> Table:
    """The table that operations on tables may change.

    Raises:
        ResourceNotFound: there is none of that name; the text names it.
        ResourceInUse: it is still being created.
    """
    table = described_table(snapshot, context, name_or_arn)
    if table.status == "CREATING":
        raise table_in_use(f"Table is being created: {table.name}")
    return table


def index_named(table: Table, index_name: str) -> Index | None:
    """The table's index of that name."""
    return next((index for index in table.indexes if index.name == index_name), None)


def _table(snapshot: Snapshot, context: RequestContext, name_or_arn: str) -> Table | None:
    if not name_or_arn.startswith("arn:"):
        return snapshot.table(context.account, context.region, name_or_arn)
    table = snapshot.table(context.account, context.region, table_name_of(name_or_arn))
    # An ARN of another account or region names nothing here: they are separate worlds.
    return table if table is not None and table.arn == name_or_arn else None
