"""AddPermission and RemovePermission: statements of a queue's policy, kept and shown; they keep nobody out here.

Source: SQS API reference, AddPermission; the policy's form and texts as recorded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.definitions import set_attributes
from pelton.queues.errors import InvalidParameterValue, MissingParameter
from pelton.queues.service import queue_of
from pelton.storage.queues import Queue
from pelton.storage.transaction import WriteTransaction

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACCOUNT = re.compile(r"\d{12}")
_ACTIONS = frozenset(
    {"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage"}
    | {"SendMessage", "ListDeadLetterSourceQueues", "PurgeQueue"}
)
_OWNERS = frozenset({"AddPermission", "CreateQueue", "DeleteQueue", "RemovePermission", "SetQueueAttributes"})

_Write = Callable[[WriteTransaction], JsonObject]


def permission_operations() -> tuple[Operation, ...]:
    """Both operations."""
    return (
        Operation(name="AddPermission", access=Access.WRITE, prepare=_add),
        Operation(name="RemovePermission", access=Access.WRITE, prepare=_remove),
    )


def _add(body: JsonObject, context: RequestContext) -> _Write:
    label = _label(body)
    accounts, actions = _accounts(body), _actions(body)

    def decide(transaction: WriteTransaction) -> JsonObject:
        queue = queue_of(transaction, body, context)
        policy = _policy(queue)
        if any(statement.get("Sid") == label for statement in policy["Statement"]):
            raise InvalidParameterValue(f"Value {label} for parameter Label is invalid. Reason: Already exists.")
        principals = [f"arn:aws:iam::{account}:root" for account in accounts]
        policy["Statement"].append(
            {
                "Sid": label,
                "Effect": "Allow",
                "Principal": {"AWS": _one_or_all(principals)},
                "Action": _one_or_all([f"SQS:{action}" for action in actions]),
                "Resource": queue.arn,
            }
        )
        set_attributes(transaction, queue, {"Policy": json.dumps(policy)}, context.now_ms)
        return {}

    return decide


def _remove(body: JsonObject, context: RequestContext) -> _Write:
    label = _label(body)

    def decide(transaction: WriteTransaction) -> JsonObject:
        queue = queue_of(transaction, body, context)
        policy = _policy(queue)
        kept = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
        if len(kept) == len(policy["Statement"]):
            raise InvalidParameterValue(f"Value {label} for parameter Label is invalid. Reason: can't find label.")
        text = json.dumps({**policy, "Statement": kept}) if kept else ""
        set_attributes(transaction, queue, {"Policy": text}, context.now_ms)
        return {}

    return decide


def _label(body: JsonObject) -> str:
    label = body.get("Label")
    if not label:
        raise MissingParameter("Label")
    if not _LABEL.fullmatch(label):
        raise InvalidParameterValue(
            f"Value {label} for parameter Label is invalid. Reason: Can only include alphanumeric characters, "
            "hyphens, or underscores. 1 to 80 in length."
        )
    return str(label)


def _accounts(body: JsonObject) -> list[str]:
    accounts: list[str] = body.get("AWSAccountIds") or []
    if not accounts:
        raise MissingParameter("Principals")
    for account in accounts:
        if not _ACCOUNT.fullmatch(account):
            raise InvalidParameterValue(
                f"Value {accounts} for parameter PrincipalId is invalid. Reason: Unable to verify."
            )
    return accounts


def _actions(body: JsonObject) -> list[str]:
    actions: list[str] = body.get("Actions") or []
    if not actions:
        raise MissingParameter("Actions")
    for action in actions:
        if action in _OWNERS:
            rule = "Only the queue owner is allowed to invoke this action."
        elif action not in _ACTIONS:
            rule = "Please refer to the appropriate WSDL for a list of valid actions."
        else:
            continue
        raise InvalidParameterValue(f"Value SQS:{action} for parameter ActionName is invalid. Reason: {rule}")
    return actions


def _policy(queue: Queue) -> dict[str, Any]:
    """The queue's policy with a list of statements; one that was never set is the service's default."""
    text = queue.attributes.get("Policy")
    policy: dict[str, Any] = (
        json.loads(text) if text else {"Version": "2008-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy"}
    )
    statements = policy.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return {**policy, "Statement": [each for each in listed if isinstance(each, dict)]}


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
