"""Write requests against the store: each is one transaction that ends in one task.

Actions after Algolia's batch operation; ``addObject`` and ``updateObject`` both replace the whole
record, making it when it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pelton_companions.messages import BadBody, JsonObject
from pelton_companions.search.partial import updated
from pelton_companions.search.store import IndexRow, Store

#: Actions of one request of a batch.
ACTIONS = frozenset(
    {
        "addObject",
        "updateObject",
        "partialUpdateObject",
        "partialUpdateObjectNoCreate",
        "deleteObject",
        "delete",
        "clear",
    }
)


@dataclass(frozen=True, slots=True)
class Write:
    """One checked request of a batch."""

    action: str
    body: JsonObject


@dataclass(slots=True)
class Written:
    """What a batch did: ids in the order of the requests, and what the engine must read."""

    object_ids: list[str] = field(default_factory=list)
    changed: list[int | None] = field(default_factory=list)


def read_writes(requests: Any) -> list[Write]:
    """The requests of a batch, checked before any of them is stored.

    Raises:
        BadBody: not a list of objects with a known action and, where needed, an objectID.
    """
    if not isinstance(requests, list) or not all(isinstance(each, dict) for each in requests):
        raise BadBody("requests must be a list of objects")
    return [_read_write(each) for each in requests]


def _read_write(request: JsonObject) -> Write:
    action, body = request.get("action"), request.get("body", {})
    if action not in ACTIONS:
        raise BadBody(f"Invalid action {action!r}")
    if not isinstance(body, dict):
        raise BadBody("the body of an action must be an object")
    needs_id = action not in {"addObject", "delete", "clear"}
    object_id = body.get("objectID")
    if (needs_id and not isinstance(object_id, str | int)) or object_id == "":
        raise BadBody(f"objectID is missing in {action}")
    return Write(action, body)


def write(store: Store, index: IndexRow, writes: Sequence[Write], new_id: Callable[[], str]) -> Written:
    """Store every request of a batch, inside the caller's transaction.

    Raises:
        BadBody: an operation of a partial update does not fit; the caller rolls back.
    """
    written = Written()
    for each in writes:
        if each.action in {"delete", "clear"}:
            store.clear(index)
            written.changed.append(None)
            continue
        object_id = str(each.body["objectID"]) if "objectID" in each.body else new_id()
        written.object_ids.append(object_id)
        written.changed.append(_write_one(store, index, object_id, each))
    # A request that changed nothing needs no reading, but its task must exist.
    written.changed = [seq for seq in written.changed if seq != _NOTHING]
    return written


#: Stands for no change at all; sequence numbers begin at 1.
_NOTHING = 0


def _write_one(store: Store, index: IndexRow, object_id: str, each: Write) -> int:
    if each.action == "deleteObject":
        return store.delete(index, object_id) or _NOTHING
    if each.action in {"addObject", "updateObject"}:
        return store.put(index, object_id, {**each.body, "objectID": object_id})
    old = store.get(index, object_id)
    if old is None and each.action == "partialUpdateObjectNoCreate":
        return _NOTHING
    new = updated(old or {}, each.body)
    return _NOTHING if new is None else store.put(index, object_id, {**new, "objectID": object_id})
