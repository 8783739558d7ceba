"""Key schemas: which attributes make the key of a table or index. Source: DynamoDB API, KeySchemaElement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyAttribute:
    """One attribute of a key: its name and its type letter, S, N or B."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class KeySchema:
    """A table's key has one partition attribute and at most one sort attribute; a GSI's up to four of each."""

    partition: tuple[KeyAttribute, ...]
    sort: tuple[KeyAttribute, ...] = ()

    @property
    def attributes(self) -> tuple[KeyAttribute, ...]:
        """All key attributes, partition first."""
        return self.partition + self.sort
