"""Moving a trigger: where it shall go on, what that means, and the positions that say so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from pelton.storage.catalog import SequenceNumber, Shard
from pelton.storage.checkpoints import checkpoints, put_checkpoint
from pelton.storage.tail import count_records, number_before
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.streams.numbers import parse_number
from pelton.triggers.checkpoints import checkpoint_of, finished, last_result, started_at, with_result
from pelton.triggers.errors import NoSuchPlace
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.parameters import LATEST, TRIM_HORIZON

_AGO = re.compile(r"(\d+)([smh])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600}
_CURE = "give TRIM_HORIZON, LATEST, a sequence number, a time such as 2026-05-01T09:30, or how long ago: 90s, 15m, 2h"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What moving one trigger means for one shard."""

    function_name: str
    shard: str
    records: int  #: that the function gets (again, or first) from the new place to the newest


def place(snapshot: Snapshot, text: str, now_ms: int) -> SequenceNumber:
    """The position a text says: what comes after it is delivered.

    Args:
        snapshot: of the log.
        text: TRIM_HORIZON, LATEST, a sequence number (the first delivered), an ISO time, or how long ago.
        now_ms: now.

    Raises:
        NoSuchPlace: the text says none, or one that is not there (yet, or any more).
    """
    if text == TRIM_HORIZON:
        return snapshot.horizon()
    if text == LATEST:
        return snapshot.tip()
    if text.isascii() and text.isdigit():
        return _numbered(snapshot, text)
    at_ms = _time(text, now_ms)
    if at_ms > now_ms:
        raise NoSuchPlace(f"{text} has not come yet ({_CURE})")
    return number_before(snapshot, at_ms)


def moves(snapshot: Snapshot, mapping: EventSourceMapping, position: SequenceNumber) -> list[Move]:
    """What moving a mapping there means, for each shard that has records then."""
    found = (
        Move(
            function_name=mapping.function_name,
            shard=shard.id,
            records=count_records(snapshot, shard.number, position),
        )
        for shard in _shards(snapshot, mapping)
    )
    return [move for move in found if move.records]


def move_positions(transaction: WriteTransaction, mapping: EventSourceMapping, position: SequenceNumber) -> None:
    """Store that a mapping has done everything up to the position and nothing after it, in every shard."""
    stored = [json.loads(kept.state) for kept in checkpoints(transaction, mapping.uuid).values() if kept.state]
    for shard in _shards(transaction, mapping):
        state = with_result(started_at(position), last_result(stored))
        is_over = shard.ending is not None and shard.ending <= position
        put_checkpoint(transaction, mapping.uuid, shard.id, checkpoint_of(finished(state) if is_over else state))


def _shards(snapshot: Snapshot, mapping: EventSourceMapping) -> tuple[Shard, ...]:
    stream = snapshot.stream(mapping.stream_arn)
    return () if stream is None else stream.shards


def _numbered(snapshot: Snapshot, text: str) -> SequenceNumber:
    number = parse_number(text)
    if not snapshot.horizon() < number <= snapshot.tip():
        raise NoSuchPlace(f"no record has the number {text}: it was trimmed, or never given ({_CURE})")
    return SequenceNumber(number - 1)


def _time(text: str, now_ms: int) -> int:
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now_ms - int(ago[1]) * _UNIT_S[ago[2]] * 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NoSuchPlace(f"{text} is no place in a stream ({_CURE})") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
