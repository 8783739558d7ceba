"""Consumed capacity: what the service would have charged, for requests that ask.

Nothing is throttled by these numbers. Reads count per 4 KB, half when eventually consistent; writes
count per 1 KB of the larger of the old and the new item; each index is charged for its own entries.
Source: developer guide, "Read/write capacity unit consumption"; recorded answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pelton.operations import JsonObject
from pelton.storage.catalog import Index

READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024


def read_units(size: int, *, is_consistent: bool) -> float:
    """Units of reading that many bytes at once: at least one, or a half."""
    units = max(1, -(-size // READ_UNIT_BYTES))
    return float(units) if is_consistent else units / 2


def write_units(before_size: int, after_size: int) -> float:
    """Units of replacing an item of one size by one of another; 0 stands for no item. At least one."""
    return float(max(1, -(-max(before_size, after_size) // WRITE_UNIT_BYTES)))


def entry_units(size: int) -> float:
    """Units of writing or removing one index entry."""
    return float(max(1, -(-size // WRITE_UNIT_BYTES)))


@dataclass(slots=True)
class Consumption:
    """Units that one request used on one table and its indexes; grows while the request is decided."""

    table: float = 0.0
    local_indexes: dict[str, float] = field(default_factory=dict)
    global_indexes: dict[str, float] = field(default_factory=dict)

    def add_index(self, index: Index, units: float) -> None:
        """Charge an index."""
        indexes = self.global_indexes if index.is_global else self.local_indexes
        indexes[index.name] = indexes.get(index.name, 0.0) + units

    @property
    def total(self) -> float:
        """Units of the table and its indexes together."""
        return self.table + sum(self.local_indexes.values()) + sum(self.global_indexes.values())

    def to_wire(self, table_name: str, detail: str, unit_member: str | None = None) -> JsonObject:
        """The ConsumedCapacity member of an answer.

        Args:
            table_name: the name or ARN as the caller gave it.
            detail: TOTAL or INDEXES.
            unit_member: ``ReadCapacityUnits`` or ``WriteCapacityUnits``, which transactions show beside the total.
        """
        capacity: JsonObject = {"TableName": table_name, **_units(self.total, unit_member)}
        if detail == "INDEXES":
            capacity["Table"] = _units(self.table, unit_member)
            for member, indexes in (
                ("LocalSecondaryIndexes", self.local_indexes),
                ("GlobalSecondaryIndexes", self.global_indexes),
            ):
                if indexes:
                    capacity[member] = {name: _units(units, unit_member) for name, units in indexes.items()}
        return capacity


def wanted_detail(body: JsonObject) -> str | None:
    """TOTAL or INDEXES when the request asks for its consumption, else None."""
    detail: str | None = body.get("ReturnConsumedCapacity")
    return None if detail == "NONE" else detail


def _units(units: float, unit_member: str | None) -> JsonObject:
    return {"CapacityUnits": units} if unit_member is None else {"CapacityUnits": units, unit_member: units}


def transaction_read_units(size: int) -> float:
    """Units of reading an item in a transaction: twice those of a consistent read."""
    return 2 * read_units(size, is_consistent=True)
