"""Events of asynchronous invocations: accepted, and not done with. A row leaves with the commit that ends it.

Source: Lambda developer guide, "Invoking a Lambda function asynchronously".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pelton.operations import JsonObject
from pelton.storage.transaction import Row, Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncEvent:
    """One event and how far it has come."""

    function: str  #: ARN without qualifier
    qualifier: str  #: as the caller gave it; empty: none
    request_id: str  #: the same in every attempt
    trace: str | None  #: the caller's trace header: attempts go on under its root
    accepted_ms: int
    due_ms: int  #: not before it
    payload: bytes  #: JSON text
    attempts: int = 0  #: that ran the function
    delays: int = 0  #: times it was put off since, by throttling or by its destination
    verdict: JsonObject | None = None  #: how it ended, while a destination has not taken that yet
    id: int = 0  #: rises with acceptance; 0 before it is stored


def add_event(transaction: WriteTransaction, event: AsyncEvent) -> int:
    """Keep an event; returns its id."""
    rows = transaction.change(
        "INSERT INTO async_events (function, qualifier, request_id, trace, accepted_ms, due_ms, attempts, delays, "
        "payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            event.function,
            event.qualifier,
            event.request_id,
            event.trace,
            event.accepted_ms,
            event.due_ms,
            event.attempts,
            event.delays,
            event.payload,
        ),
    )
    return int(rows[0][0])


def postpone_event(transaction: WriteTransaction, event: AsyncEvent) -> None:
    """Store when it is due next, its counts and its verdict."""
    transaction.change(
        "UPDATE async_events SET due_ms = ?, attempts = ?, delays = ?, verdict = ? WHERE id = ?",
        (
            event.due_ms,
            event.attempts,
            event.delays,
            None if event.verdict is None else orjson.dumps(event.verdict),
            event.id,
        ),
    )


def remove_event(transaction: WriteTransaction, event_id: int) -> None:
    """Done with it."""
    transaction.change("DELETE FROM async_events WHERE id = ?", (event_id,))


def event(snapshot: Snapshot, event_id: int) -> AsyncEvent | None:
    """The event with that id; None: it is done with."""
    rows = snapshot.select(
        "SELECT id, function, qualifier, request_id, trace, accepted_ms, due_ms, attempts, delays, verdict, payload "
        "FROM async_events WHERE id = ?",
        (event_id,),
    )
    return _event(rows[0]) if rows else None


def due_ids(snapshot: Snapshot, function: str, now_ms: int, limit: int) -> Sequence[int]:
    """Ids of a function's events that are due, longest due first."""
    sql = "SELECT id FROM async_events WHERE function = ? AND due_ms <= ? ORDER BY due_ms, id LIMIT ?"
    return [row[0] for row in snapshot.select(sql, (function, now_ms, limit))]


def next_due_ms(snapshot: Snapshot, function: str, after_ms: int) -> int | None:
    """When a function's next event after that time is due; None: there is none."""
    rows = snapshot.select(
        "SELECT min(due_ms) FROM async_events WHERE function = ? AND due_ms > ?", (function, after_ms)
    )
    return None if rows[0][0] is None else int(rows[0][0])


def functions_with_events(snapshot: Snapshot) -> Sequence[str]:
    """ARNs of the functions that have events."""
    return [row[0] for row in snapshot.select("SELECT DISTINCT function FROM async_events")]


def waiting_events(snapshot: Snapshot, up_to: int) -> Sequence[tuple[str, int, int]]:
    """Per function that has events up to that id: its ARN, how many, and when the first is due."""
    sql = "SELECT function, count(*), min(due_ms) FROM async_events WHERE id <= ? GROUP BY function ORDER BY function"
    return [(row[0], row[1], row[2]) for row in snapshot.select(sql, (up_to,))]


def newest_event(snapshot: Snapshot) -> int:
    """Id of the newest event ever accepted; 0 before the first."""
    rows = snapshot.select("SELECT seq FROM sqlite_sequence WHERE name = 'async_events'")
    return int(rows[0][0]) if rows else 0


def causes_of_events(snapshot: Snapshot, after: int) -> Sequence[tuple[int, str]]:
    """Id and the caller's trace of events after that id which are not done with."""
    sql = "SELECT id, trace FROM async_events WHERE id > ? AND trace IS NOT NULL ORDER BY id"
    return [(row[0], row[1]) for row in snapshot.select(sql, (after,))]


def _event(row: Row) -> AsyncEvent:
    verdict = row[9]
    return AsyncEvent(
        id=row[0],
        function=row[1],
        qualifier=row[2],
        request_id=row[3],
        trace=row[4],
        accepted_ms=row[5],
        due_ms=row[6],
        attempts=row[7],
        delays=row[8],
        verdict=None if verdict is None else orjson.loads(verdict),
        payload=row[10],
    )
