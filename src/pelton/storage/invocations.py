"""One row per invocation: what ran, why, with what outcome. Trimmed with the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from pelton.operations import JsonObject
from pelton.storage.catalog import SequenceNumber
from pelton.storage.transaction import Row, Snapshot, SqlValue, WriteTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRow:
    """What is kept of an invocation."""

    function: str
    code_version: str
    started_ms: int
    duration_ms: float
    outcome: str  #: ``triggers``' and ``functions``' own word: succeeded, failed, timed-out …
    mapping: str | None = None  #: uuid; None: not a reaction to a stream
    mapping_version: int | None = None
    shard: str | None = None
    trace: str | None = None  #: names this invocation; writes made by it carry it as their cause
    first: SequenceNumber | None = None  #: of the batch
    last: SequenceNumber | None = None
    records: int = 0  #: in the batch, after filtering
    attempt: int = 1
    parent: int | None = None  #: row of the batch this one was bisected from
    failed: tuple[str, ...] = ()  #: failed identifiers as the function named them
    detail: JsonObject | None = None  #: more for people: the error's type and message, the causing trace
    id: int | None = None  #: None before it is stored; rises with time


def add_invocation(transaction: WriteTransaction, row: InvocationRow) -> int:
    """Keep a row; returns its id."""
    return int(transaction.change(_INSERT, _values(row))[0][0])


def invocations(
    snapshot: Snapshot,
    *,
    function: str | None = None,
    mapping: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[InvocationRow]:
    """Newest first: of one function or mapping, or all; ``before`` is the id to go on below."""
    rows = snapshot.select(
        f"{_SELECT} WHERE (?1 IS NULL OR function = ?1) AND (?2 IS NULL OR mapping = ?2) AND (?3 IS NULL OR id < ?3) "
        "ORDER BY id DESC LIMIT ?4",
        (function, mapping, before, limit),
    )
    return [_row(row) for row in rows]


def invocations_of_record(snapshot: Snapshot, mapping: str, number: SequenceNumber) -> Sequence[InvocationRow]:
    """Invocations of a mapping whose batch spanned that record, oldest first."""
    rows = snapshot.select(
        f"{_SELECT} WHERE mapping = ? AND last >= ? AND first <= ? ORDER BY id", (mapping, number, number)
    )
    return [_row(row) for row in rows]


def invocation_of_trace(snapshot: Snapshot, trace: str) -> InvocationRow | None:
    """The invocation that trace names: who made a change that carries it as its cause."""
    rows = snapshot.select(f"{_SELECT} WHERE trace = ? ORDER BY id DESC LIMIT 1", (trace,))
    return _row(rows[0]) if rows else None


_COLUMNS = (
    "function, code_version, mapping, mapping_version, shard, trace, first, last, records, attempt, parent, "
    "started_ms, duration_ms, outcome, failed, detail"
)
_INSERT = f"INSERT INTO invocations ({_COLUMNS}) VALUES ({', '.join('?' * 16)}) RETURNING id"
_SELECT = f"SELECT id, {_COLUMNS} FROM invocations"


def _values(row: InvocationRow) -> Sequence[SqlValue]:
    return (
        row.function,
        row.code_version,
        row.mapping,
        row.mapping_version,
        row.shard,
        row.trace,
        row.first,
        row.last,
        row.records,
        row.attempt,
        row.parent,
        row.started_ms,
        row.duration_ms,
        row.outcome,
        orjson.dumps(row.failed) if row.failed else None,
        None if row.detail is None else orjson.dumps(row.detail),
    )


def _row(row: Row) -> InvocationRow:
    return InvocationRow(
        id=row[0],
        function=row[1],
        code_version=row[2],
        mapping=row[3],
        mapping_version=row[4],
        shard=row[5],
        trace=row[6],
        first=row[7],
        last=row[8],
        records=row[9],
        attempt=row[10],
        parent=row[11],
        started_ms=row[12],
        duration_ms=row[13],
        outcome=row[14],
        failed=tuple(orjson.loads(row[15])) if row[15] else (),
        detail=orjson.loads(row[16]) if row[16] else None,
    )
