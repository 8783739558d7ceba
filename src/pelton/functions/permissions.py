"""AddPermission, RemovePermission and GetPolicy: kept and shown; nobody is refused for want of a permission here.

Source: Lambda API reference; Lambda developer guide, "Viewing resource-based IAM policies in Lambda".
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from functools import partial

from pelton.functions.addressing import Address, function_at
from pelton.functions.attached import Attachment
from pelton.functions.errors import FunctionConflict, FunctionNotFound, PreconditionFailed
from pelton.functions.room import Decision, Room, calls
from pelton.operations import JsonObject, Operation, RequestContext

_ACCOUNT = re.compile(r"\d{12}")


def policy_operations(room: Room) -> Mapping[str, Operation]:
    """The operations on a function's, version's or alias's policy."""
    return calls(
        {
            "AddPermission": partial(_add, room),
            "RemovePermission": partial(_remove, room),
            "GetPolicy": partial(_get, room),
        }
    )


def _add(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)
    statement = statement_of(body, address)

    def decide(stored: JsonObject | None) -> JsonObject:
        statements = _statements(stored, body)
        if any(each["Sid"] == statement["Sid"] for each in statements):
            raise FunctionConflict(
                f"The statement id ({statement['Sid']}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement."
            )
        return _revised(room, [*statements, statement])

    async def change() -> JsonObject:
        await room.attached.change(*_place(address), decide)
        return {"Statement": _text(statement)}

    return change


def _remove(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)

    def decide(stored: JsonObject | None) -> JsonObject | None:
        statements = _statements(stored, body)
        left = [each for each in statements if each["Sid"] != body["StatementId"]]
        if len(left) == len(statements):
            raise FunctionNotFound(f"Statement {body['StatementId']} is not found in resource policy.")
        return _revised(room, left) if left else None

    async def change() -> JsonObject:
        await room.attached.change(*_place(address), decide)
        return {}

    return change


def _get(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)

    async def decide() -> JsonObject:
        stored = room.attached.get(*_place(address))
        if stored is None:
            raise FunctionNotFound("The resource you requested does not exist.")
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": stored["Statements"]}
        return {"Policy": _text(policy), "RevisionId": stored["RevisionId"]}

    return decide


def statement_of(body: JsonObject, address: Address) -> JsonObject:
    """The policy statement that an AddPermission request makes."""
    statement: JsonObject = {
        "Sid": body["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(body["Principal"]),
        "Action": body["Action"],
        "Resource": address.arn,
    }
    equal = {
        "AWS:SourceAccount": body.get("SourceAccount"),
        "lambda:EventSourceToken": body.get("EventSourceToken"),
        "lambda:FunctionUrlAuthType": body.get("FunctionUrlAuthType"),
        "aws:PrincipalOrgID": body.get("PrincipalOrgID"),
    }
    conditions: JsonObject = {"StringEquals": {name: value for name, value in equal.items() if value is not None}}
    if body.get("SourceArn") is not None:
        conditions["ArnLike"] = {"AWS:SourceArn": body["SourceArn"]}
    if body.get("InvokedViaFunctionUrl") is not None:
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": str(body["InvokedViaFunctionUrl"]).lower()}
    conditions = {operator: values for operator, values in conditions.items() if values}
    return {**statement, "Condition": conditions} if conditions else statement


def _principal(principal: str) -> object:
    if principal == "*":
        return principal
    if _ACCOUNT.fullmatch(principal):
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    return {"AWS": principal} if principal.startswith("arn:") else {"Service": principal}


def _statements(stored: JsonObject | None, body: JsonObject) -> list[JsonObject]:
    """The statements so far, of the revision that the request expects."""
    given = body.get("RevisionId")
    if given is not None and given != (stored or {}).get("RevisionId"):
        raise PreconditionFailed(
            "The RevisionId provided does not match the latest RevisionId. "
            "Call the GetPolicy API to retrieve the latest RevisionId"
        )
    return list(stored["Statements"]) if stored is not None else []


def _revised(room: Room, statements: list[JsonObject]) -> JsonObject:
    revision = str(uuid.UUID(int=room.functions.random.getrandbits(128), version=4))
    return {"Statements": statements, "RevisionId": revision}


def _place(address: Address) -> tuple[str, Attachment, str]:
    return address.function_arn, Attachment.POLICY, address.qualifier or ""


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
