"""An action on one item: what PutItem, UpdateItem, DeleteItem, batches and transactions have in common.

Making an action checks what the request alone can tell; ``address`` checks what the table's schema
can tell; ``effect`` decides, given the stored item. Nothing of it writes.
"""

from __future__ import annotations

from typing import Protocol

import orjson

from pelton.expressions.condition import Condition
from pelton.expressions.projection import Projection
from pelton.items.types import Item
from pelton.storage.catalog import Table
from pelton.storage.change import StoredItem
from pelton.tables.effects import Address, Effect
from pelton.tables.errors import ConditionalCheckFailed


class Action(Protocol):
    """What a request asks for one item."""

    @property
    def table_name(self) -> str:
        """Name or ARN, as the request gives it."""

    def address(self, table: Table) -> Address:
        """Where the item lies.

        Raises:
            ValidationFailed: its key does not fit the table's schema, or those of its indexes.
        """

    def effect(self, address: Address, stored: StoredItem | None, cause: str | None) -> Effect:
        """What the action does, given the item that lies there now.

        Raises:
            ConditionalCheckFailed: the stored item does not satisfy the action's condition.
            ValidationFailed: the action cannot be applied to the stored item.
        """

    def attributes(self, effect: Effect, return_values: str) -> object | None:
        """The answer's Attributes, JSON-able, for a ReturnValues other than NONE; None: no such member."""


class Guard:
    """A condition that the stored item must satisfy, and what the refusal shows."""

    __slots__ = ("condition", "shows_stored")

    def __init__(self, condition: Condition, shows_stored: bool) -> None:
        self.condition = condition
        self.shows_stored = shows_stored  #: ReturnValuesOnConditionCheckFailure is ALL_OLD

    def check(self, stored: StoredItem | None, item: Item | None) -> None:
        """Check the stored item, given parsed as well; None: there is none.

        Raises:
            ConditionalCheckFailed: it does not satisfy the condition.
        """
        if not self.condition(item):
            is_shown = self.shows_stored and stored is not None
            raise ConditionalCheckFailed(embedded(stored) if is_shown else None)


def embedded(stored: StoredItem | None) -> orjson.Fragment | None:
    """The stored item as a member of an answer, its bytes as they are."""
    return None if stored is None else orjson.Fragment(stored.body)


def parsed(stored: StoredItem | None) -> Item | None:
    """The stored item's attributes."""
    if stored is None:
        return None
    item: Item = orjson.loads(stored.body)
    return item


def shown(stored: StoredItem, projection: Projection | None) -> object:
    """A stored item as an answer shows it: its bytes as they are, or projected."""
    return orjson.Fragment(stored.body) if projection is None else projection(orjson.loads(stored.body))
