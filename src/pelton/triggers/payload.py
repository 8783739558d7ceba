"""The event a function receives, joined from the records' bytes; nothing is parsed."""

from __future__ import annotations

from pelton.triggers.pieces import Piece
from pelton.triggers.virtual_shards import real_shard
from pelton.triggers.windows import TumblingWindow, window_members


def event_bytes(piece: Piece, window: TumblingWindow | None, *, shard_id: str, stream_arn: str) -> bytes:
    """``{"Records": [...]}``, with the members of a tumbling window when one is open."""
    records = b",".join([record.event for record in piece.records])
    if window is None:
        return b'{"Records":[%s]}' % records
    members = window_members(window, shard_id=real_shard(shard_id), stream_arn=stream_arn, is_final=piece.is_final)
    return b'{"Records":[%s]%s}' % (records, members)
