"""Names of the shards that a replay puts before the real ones: ``shardId-…/replay-3``. No real name has a slash."""

from __future__ import annotations


def virtual_shard(shard_id: str, pass_id: int) -> str:
    """The name of what a replay sends again of a shard."""
    return f"{shard_id}/replay-{pass_id}"


def real_shard(shard_id: str) -> str:
    """The shard as its stream names it, whichever name is given."""
    return shard_id.partition("/")[0]


def replay_of(shard_id: str | None) -> str | None:
    """``replay-3`` of a virtual shard; None of a real one."""
    return (shard_id or "").partition("/")[2] or None
