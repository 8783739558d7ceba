"""What the composition root tells this room: the one home of its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from pelton.expressions.cache import ExpressionCache


def _loopback() -> str:
    return "localhost:8000"


def _nothing() -> None:
    """Somebody else fills indexes, takes copies and deletes what has expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """Options of the table operations."""

    random: Random  #: where TableIds come from
    expressions: ExpressionCache = field(default_factory=ExpressionCache)  #: parsed texts, one cache per server
    shards: int = 1  #: shards of a new stream, at least 1
    on_index_created: Callable[[], None] = _nothing  #: UpdateTable has entered an index that has to be filled
    on_time_to_live: Callable[[], None] = _nothing  #: UpdateTimeToLive has given a table a TTL
    on_copies: Callable[[], None] = _nothing  #: a backup or a restore goes on beyond its first step, or a history began
    endpoint: Callable[[], str] = _loopback  #: ``host:port`` of this server, asked when DescribeEndpoints is called
