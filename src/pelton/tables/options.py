"""What the composition root tells this room: the one home of its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


def _loopback() -> str:
    return "localhost:8000"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """Options of the table operations."""

    random: Random  #: where TableIds come from
    shards: int = 1  #: shards of a new stream, at least 1
    endpoint: Callable[[], str] = _loopback  #: ``host:port`` of this server, asked when DescribeEndpoints is called
