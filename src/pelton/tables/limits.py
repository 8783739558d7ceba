"""DescribeLimits and DescribeEndpoints: facts about the account and about this server.

Source: DynamoDB API reference; the default quotas of an account.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.transaction import Snapshot
from pelton.tables.options import TableOptions

#: The quotas of a new account. Nothing here enforces them.
LIMITS = {
    "AccountMaxReadCapacityUnits": 80000,
    "AccountMaxWriteCapacityUnits": 80000,
    "TableMaxReadCapacityUnits": 40000,
    "TableMaxWriteCapacityUnits": 40000,
}
#: How long a client may keep the address; the service says a day.
CACHE_MINUTES = 1440


def limit_operations(options: TableOptions) -> list[Operation]:
    """The two operations."""
    return [
        Operation(name="DescribeLimits", access=Access.READ, prepare=_limits),
        Operation(name="DescribeEndpoints", access=Access.READ, prepare=partial(_endpoints, options)),
    ]


def _limits(_body: JsonObject, _context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    return lambda _snapshot: dict(LIMITS)


def _endpoints(options: TableOptions, _body: JsonObject, _context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    # Our own address: the service's host would send the client to the real service.
    endpoint = {"Address": options.endpoint(), "CachePeriodInMinutes": CACHE_MINUTES}
    return lambda _snapshot: {"Endpoints": [endpoint]}
