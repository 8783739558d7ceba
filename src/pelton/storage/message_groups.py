"""Message groups of FIFO queues: from when on the oldest message of each can be received.

While any message of a group is in flight the others wait, so a group is ready when the last of those is visible
again and its oldest message is. What changes a message keeps that time up to date; an empty group has no row.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelton.storage.changing import Changing
from pelton.storage.transaction import Snapshot, WriteTransaction


def group_named(transaction: WriteTransaction, bucket: int, name: str, ready_ms: int) -> int:
    """The id of a group; one that is new is ready from that time on."""
    rows = transaction.select("SELECT id FROM message_groups WHERE bucket = ? AND name = ?", (bucket, name))
    if not rows:
        rows = transaction.change(
            "INSERT INTO message_groups (bucket, name, ready_ms) VALUES (?, ?, ?) RETURNING id",
            (bucket, name, ready_ms),
        )
    return int(rows[0][0])


def ready_groups(
    snapshot: Snapshot, bucket: int, now_ms: int, after: tuple[int, int], limit: int
) -> Sequence[tuple[int, int]]:
    """Groups that are ready, those first that have been so longest: since when (ms), and their ids.

    Args:
        snapshot: where to look.
        bucket: of the queue.
        now_ms: until when they must be ready.
        after: the last one that was seen, ``(-1, 0)`` at first.
        limit: how many at most.
    """
    rows = snapshot.select(
        "SELECT ready_ms, id FROM message_groups WHERE bucket = ? AND ready_ms <= ? AND (ready_ms, id) > (?, ?) "
        "ORDER BY ready_ms, id LIMIT ?",
        (bucket, now_ms, *after, limit),
    )
    return [(ready_ms, group) for ready_ms, group in rows]


def next_ready_ms(snapshot: Snapshot, bucket: int, now_ms: int) -> int | None:
    """When the next group that is not ready yet will be; None: there is none."""
    rows = snapshot.select(
        "SELECT min(ready_ms) FROM message_groups WHERE bucket = ? AND ready_ms > ?", (bucket, now_ms)
    )
    at_ms: int | None = rows[0][0]
    return at_ms


def refresh_group(transaction: WriteTransaction | Changing, group: int) -> None:
    """One of the group's messages was received, shown, hidden or removed: tell anew when the group is ready."""
    oldest = transaction.select("SELECT visible_ms FROM messages WHERE message_group = ? ORDER BY id LIMIT 1", (group,))
    if not oldest:
        transaction.change("DELETE FROM message_groups WHERE id = ?", (group,))
        return
    received = transaction.select(
        "SELECT max(visible_ms) FROM messages WHERE message_group = ? AND receipt IS NOT NULL", (group,)
    )
    ready_ms = max(oldest[0][0], received[0][0] or 0)
    transaction.change("UPDATE message_groups SET ready_ms = ? WHERE id = ?", (ready_ms, group))


def remove_groups(transaction: Changing, bucket: int, limit: int) -> int:
    """Remove groups of a bucket that is emptied, at most so many; how many there were."""
    rows = transaction.select("SELECT id FROM message_groups WHERE bucket = ? LIMIT ?", (bucket, limit))
    for (group,) in rows:
        transaction.change("DELETE FROM message_groups WHERE id = ?", (group,))
    return len(rows)
