"""What an operation of an AWS service is to the wire edge: a name, how it touches storage, and its code.

An operation runs in two steps. ``prepare`` checks all that needs the request alone and returns the
second step, a *decision*: a synchronous function of a transaction. So a refused request never
waits for the writer, and an operation can be driven without sockets, threads or processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

#: A JSON object as parsed from the wire. ``Any`` stops here: rooms turn it into their own values.
JsonObject = dict[str, Any]


class Access(Enum):
    """How an operation touches storage, and so where its decision runs."""

    READ = "read"  #: decision(Snapshot) -> reply or Unfinished, on the last committed snapshot
    WRITE = "write"  #: decision(WriteTransaction) -> reply, on the writer; the reply waits for the commit
    AS_PREPARED = "as prepared"  #: ``prepare`` returns READ or WRITE, and the decision
    CALL = "call"  #: decision() -> awaitable reply: it invokes a function, or does several transactions


class Unfinished(NamedTuple):
    """What a READ decision returns after a piece of a long read: others have their turn before the next."""

    go_on: Callable[[Any], Any]  #: (Snapshot) -> reply or Unfinished again; the snapshot may be a newer one


class RequestContext(NamedTuple):
    """Who asks, where and when. Names are keyed by account and region."""

    account: str
    region: str
    now_ms: int  #: from the Clock, when the request was read
    request_id: str
    trace: str | None = None  #: the X-Amzn-Trace-Id header as received: names the invocation that asks
    host: str = "localhost"  #: host and port by which the caller reached this server: URLs of queues begin with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a service; ``prepare`` receives a body that passed the service model's validation."""

    name: str
    access: Access
    prepare: Callable[[JsonObject, RequestContext], Any]  #: the decision, as ``access`` says
