"""Put, Get and DeleteFunctionConcurrency, and GetAccountSettings. Source: Lambda API reference."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pelton.functions.addressing import function_at
from pelton.functions.archive import ARCHIVE_BYTES_MAX, UNPACKED_BYTES_MAX
from pelton.functions.attached import Attached, Attachment
from pelton.functions.errors import InvalidParameterValue
from pelton.functions.room import Decision, Room, calls
from pelton.functions.service import Functions
from pelton.operations import JsonObject, Operation, RequestContext

#: An account's limit, and what must stay unreserved of it. Source: Lambda developer guide, "Lambda quotas".
ACCOUNT_CONCURRENCY = 1000
UNRESERVED_MIN = 100
_ACCOUNT_CODE_BYTES = 80_530_636_800


def concurrency_operations(room: Room) -> Mapping[str, Operation]:
    """The operations on reserved concurrency, and the account's limits."""
    return calls(
        {
            "PutFunctionConcurrency": partial(_put, room),
            "GetFunctionConcurrency": partial(_get, room),
            "DeleteFunctionConcurrency": partial(_delete, room),
            "GetAccountSettings": partial(_settings, room),
        }
    )


def _put(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    function, _ = function_at(room.functions, body, context)
    concurrency, limit = room.functions.concurrency, body["ReservedConcurrentExecutions"]
    others = concurrency.total() - (concurrency.reserved(function.arn) or 0)
    if ACCOUNT_CONCURRENCY - others - limit < UNRESERVED_MIN:
        raise InvalidParameterValue(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{UNRESERVED_MIN}]."
        )

    async def decide() -> JsonObject:
        reply = {"ReservedConcurrentExecutions": limit}
        await room.attached.change(function.arn, Attachment.CONCURRENCY, "", lambda _: reply)
        concurrency.reserve(function.arn, limit)
        return reply

    return decide


def _get(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    function, _ = function_at(room.functions, body, context)

    async def decide() -> JsonObject:
        limit = room.functions.concurrency.reserved(function.arn)
        return {} if limit is None else {"ReservedConcurrentExecutions": limit}

    return decide


def _delete(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    function, _ = function_at(room.functions, body, context)

    async def decide() -> JsonObject:
        await room.attached.change(function.arn, Attachment.CONCURRENCY, "", lambda _: None)
        room.functions.concurrency.reserve(function.arn, None)
        return {}

    return decide


def _settings(room: Room, _: JsonObject, context: RequestContext) -> Decision:
    async def decide() -> JsonObject:
        return _account(room, context)

    return decide


def restore_concurrency(functions: Functions, attached: Attached) -> None:
    """Reserve what was reserved before."""
    for arn, _, body in attached.everywhere(Attachment.CONCURRENCY):
        functions.concurrency.reserve(arn, body["ReservedConcurrentExecutions"])


def _account(room: Room, context: RequestContext) -> JsonObject:
    home = (context.account, context.region)
    own = [function for function in room.functions.list() if (function.account, function.region) == home]
    return {
        "AccountLimit": {
            "TotalCodeSize": _ACCOUNT_CODE_BYTES,
            "CodeSizeUnzipped": UNPACKED_BYTES_MAX,
            "CodeSizeZipped": ARCHIVE_BYTES_MAX,
            "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
            "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - room.functions.concurrency.total(),
        },
        "AccountUsage": {
            "TotalCodeSize": sum(room.settings(function)["CodeSize"] for function in own),
            "FunctionCount": len(own),
        },
    }
