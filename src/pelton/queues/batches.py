"""What all batch operations share: their rules, and the answer of each entry. Pure.

Source: SQS API reference, SendMessageBatch, DeleteMessageBatch, ChangeMessageVisibilityBatch.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pelton.operations import JsonObject
from pelton.queues.errors import (
    EmptyBatch,
    EntryIdsNotDistinct,
    InvalidEntryId,
    MissingParameter,
    QueueError,
    TooManyEntries,
)

ENTRIES_MAX = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def entries_of(body: JsonObject, kind: str) -> list[JsonObject]:
    """The entries of a batch, one to ten, with ids that differ.

    Args:
        body: of the request.
        kind: what the service calls an entry, such as ``SendMessageBatchRequestEntry``.

    Raises:
        QueueError: a rule of batches is broken.
    """
    entries: list[JsonObject] = body.get("Entries") or []
    if not entries:
        raise EmptyBatch(f"There should be at least one {kind} in the request.")
    if len(entries) > ENTRIES_MAX:
        raise TooManyEntries(f"Maximum number of entries per request are {ENTRIES_MAX}. You have sent {len(entries)}.")
    seen: set[str] = set()
    for entry in entries:
        _check_id(entry.get("Id"), seen)
    return entries


def answered(entries: list[JsonObject], handle: Callable[[JsonObject], dict[str, Any]]) -> JsonObject:
    """The answer to a batch: each entry by itself; one that is refused leaves the others alone."""
    done: list[JsonObject] = []
    failed: list[JsonObject] = []
    for entry in entries:
        try:
            done.append({"Id": entry["Id"], **handle(entry)})
        except QueueError as error:
            failed.append({"Id": entry["Id"], "SenderFault": True, "Code": error.query_code, "Message": error.message})
    return {name: listed for name, listed in (("Successful", done), ("Failed", failed)) if listed}


def _check_id(entry_id: str | None, seen: set[str]) -> None:
    if entry_id is None:
        raise MissingParameter("Id")
    if not _ID.fullmatch(entry_id):
        raise InvalidEntryId(
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long."
        )
    if entry_id in seen:
        raise EntryIdsNotDistinct(f"Id {entry_id} repeated.")
    seen.add(entry_id)
