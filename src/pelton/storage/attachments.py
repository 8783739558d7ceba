"""What is attached to a function beside its code and configuration: JSON by function, kind and qualifier."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from pelton.operations import JsonObject
from pelton.storage.transaction import Snapshot, WriteTransaction

#: Function ARN without qualifier, kind, qualifier (empty where the kind has none).
Place = tuple[str, str, str]


def attachment(snapshot: Snapshot, place: Place) -> JsonObject | None:
    """What is there; None: nothing."""
    rows = snapshot.select("SELECT body FROM attachments WHERE function = ? AND kind = ? AND qualifier = ?", place)
    return orjson.loads(rows[0][0]) if rows else None


def attachments(snapshot: Snapshot) -> Sequence[tuple[Place, JsonObject]]:
    """All of them, by place."""
    rows = snapshot.select("SELECT function, kind, qualifier, body FROM attachments ORDER BY 1, 2, 3")
    return [((row[0], row[1], row[2]), orjson.loads(row[3])) for row in rows]


def put_attachment(transaction: WriteTransaction, place: Place, body: JsonObject | None) -> None:
    """Put it there, in place of what was; None takes it away."""
    if body is None:
        transaction.change("DELETE FROM attachments WHERE function = ? AND kind = ? AND qualifier = ?", place)
        return
    transaction.change("INSERT OR REPLACE INTO attachments VALUES (?, ?, ?, ?)", (*place, orjson.dumps(body)))


def remove_attachments(transaction: WriteTransaction, function: str) -> None:
    """Take away all that a function has."""
    transaction.change("DELETE FROM attachments WHERE function = ?", (function,))
