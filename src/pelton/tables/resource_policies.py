"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: policies of tables and streams, kept and never enforced.

There is no IAM here: a policy decides nothing. It is kept so that templates deploy and tools that compare it see what
they set. Source: DynamoDB API reference of the three; the model's documentation of revisions.
"""

from __future__ import annotations

from collections.abc import Callable

import orjson

from pelton.errors import ResourceNotFound, ValidationFailed, WireError
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.storage.catalog import Table
from pelton.storage.policies import Policy, policy_of, put_policy, remove_policy
from pelton.storage.transaction import Snapshot, WriteTransaction
from pelton.tables.errors import invalid_parameter

#: Bytes of a policy document, white space included.
POLICY_BYTES_MAX = 20 * 1024
#: ExpectedRevisionId of a policy that is to be the first.
NO_POLICY = "NO_POLICY"


class PolicyNotFound(WireError):
    """The resource has no policy, or not the revision that was expected."""

    code = "PolicyNotFoundException"


def resource_policy_operations() -> list[Operation]:
    """The three operations."""
    return [
        Operation(name="PutResourcePolicy", access=Access.WRITE, prepare=_put),
        Operation(name="GetResourcePolicy", access=Access.READ, prepare=_get),
        Operation(name="DeleteResourcePolicy", access=Access.WRITE, prepare=_delete),
    ]


def checked_policy(document: str) -> str:
    """The document of a request, unchanged.

    Raises:
        ValidationFailed: it is too large, or no policy document. The texts are ours.
    """
    if len(document.encode()) > POLICY_BYTES_MAX:
        raise invalid_parameter("Resource policy exceeds the maximum size of 20 KB")
    try:
        parsed = orjson.loads(document)
    except orjson.JSONDecodeError:
        raise ValidationFailed("Invalid policy document: it is not JSON") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("Statement"), list | dict):
        raise ValidationFailed("Invalid policy document: it has no Statement")
    return document


def new_policy(document: str, now_ms: int, current: Policy | None = None) -> Policy:
    """The policy with a name for its revision; the one there is when it says the same."""
    if current is None:
        return Policy(document, str(now_ms))
    if orjson.loads(current.document) == orjson.loads(document):
        return current
    return Policy(document, str(max(now_ms, int(current.revision) + 1)))


def _put(body: JsonObject, context: RequestContext) -> Callable[[WriteTransaction], JsonObject]:
    document = checked_policy(body["Policy"])
    arn, expected = body["ResourceArn"], body.get("ExpectedRevisionId")
    _check_arn(arn)

    def decide(transaction: WriteTransaction) -> JsonObject:
        _check_resource(transaction, context, arn)
        current = policy_of(transaction, arn)
        if expected == NO_POLICY:
            if current is not None:
                raise PolicyNotFound(f"Resource-based policy already exists for resource: {arn}")
        else:
            _check_revision(arn, current, expected)
        policy = new_policy(document, context.now_ms, current)
        if policy is not current:
            put_policy(transaction, arn, policy)
        return {"RevisionId": policy.revision}

    return decide


def _get(body: JsonObject, context: RequestContext) -> Callable[[Snapshot], JsonObject]:
    arn = body["ResourceArn"]
    _check_arn(arn)

    def decide(snapshot: Snapshot) -> JsonObject:
        _check_resource(snapshot, context, arn)
        policy = policy_of(snapshot, arn)
        if policy is None:
            raise PolicyNotFound(f"Resource-based policy not found for the provided ResourceArn: {arn}")
        return {"Policy": policy.document, "RevisionId": policy.revision}

    return decide


def _delete(body: JsonObject, context: RequestContext) -> Callable[[WriteTransaction], JsonObject]:
    arn, expected = body["ResourceArn"], body.get("ExpectedRevisionId")
    _check_arn(arn)

    def decide(transaction: WriteTransaction) -> JsonObject:
        _check_resource(transaction, context, arn)
        current = policy_of(transaction, arn)
        _check_revision(arn, current, expected)
        if current is None:
            return {}
        remove_policy(transaction, arn)
        return {"RevisionId": current.revision}

    return decide


def _check_revision(arn: str, current: Policy | None, expected: str | None) -> None:
    if expected is None or (current is not None and current.revision == expected):
        return
    if current is None:
        raise PolicyNotFound(f"Resource-based policy not found for the provided ResourceArn: {arn}")
    raise PolicyNotFound(
        f"Resource-based policy not found for the provided ResourceArn: {arn} and RevisionId: {expected}"
    )


def _check_arn(arn: str) -> None:
    parts = arn.split(":", 5)
    is_table = len(parts) == 6 and parts[:3] == ["arn", "aws", "dynamodb"] and parts[5].startswith("table/")
    if not is_table or "/index/" in parts[5] or "/backup/" in parts[5]:
        raise ValidationFailed(f"Invalid ResourceArn: {arn} is no ARN of a table or a stream")


def _check_resource(snapshot: Snapshot, context: RequestContext, arn: str) -> None:
    """A table of the caller's account and region, or a stream that can still be read."""
    table_arn, is_stream, _ = arn.partition("/stream/")
    table: Table | None = snapshot.table(context.account, context.region, table_arn.rpartition("/")[2])
    if is_stream:
        stream = snapshot.stream(arn)
        is_there = stream is not None and (stream.account, stream.region) == (context.account, context.region)
    else:
        is_there = table is not None and table.arn == arn
    if not is_there:
        raise ResourceNotFound(f"Requested resource not found: ResourceArn: {arn} not found")
