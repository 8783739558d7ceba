"""Key schemas: which attributes make the key of a table or index. Source: DynamoDB API, KeySchemaElement."""

from __future__ import annotations

from dataclasses import dataclass, field


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

    attributes: tuple[KeyAttribute, ...] = field(init=False, repr=False, compare=False)  #: all, partition first

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", self.partition + self.sort)
