"""Create, Get, Update, Delete and ListFunctionUrlConfig(s). The AWS port serves them: ``/_url/ID/``.

Source: Lambda API reference; Lambda developer guide, "Creating and managing Lambda function URLs".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from pelton.arns import FUNCTION_URLS, function_url_path
from pelton.functions.addressing import Address, function_at
from pelton.functions.attached import Attached, Attachment
from pelton.functions.errors import FunctionConflict, FunctionNotFound, InvalidParameterValue
from pelton.functions.paging import page_of
from pelton.functions.room import Decision, Room, calls
from pelton.operations import JsonObject, Operation, RequestContext

_MEMBERS = ("AuthType", "Cors")


def url_operations(room: Room) -> Mapping[str, Operation]:
    """The operations on function URLs."""
    return calls(
        {
            "CreateFunctionUrlConfig": partial(_create, room),
            "GetFunctionUrlConfig": partial(_get, room),
            "UpdateFunctionUrlConfig": partial(_update, room),
            "DeleteFunctionUrlConfig": partial(_delete, room),
            "ListFunctionUrlConfigs": partial(_list, room),
        }
    )


def url_config(request: JsonObject, moment: str) -> JsonObject:
    """A new configuration.

    Raises:
        InvalidParameterValue: an invoke mode that is not served.
    """
    _check_mode(request)
    members = {member: request[member] for member in _MEMBERS if request.get(member) is not None}
    return {"AuthType": "NONE", **members, "CreationTime": moment, "LastModifiedTime": moment}


def function_of_url(attached: Attached, identifier: str) -> tuple[str, str, JsonObject] | None:
    """ARN, qualifier and configuration of the function whose URL has that id."""
    for arn, qualifier, body in attached.everywhere(Attachment.URL):
        if function_url_path(arn, qualifier) == f"{FUNCTION_URLS}{identifier}/":
            return arn, qualifier, body
    return None


def moment_text(now_ms: int) -> str:
    """A time as these configurations tell it."""
    moment = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}Z"


def _create(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)
    config = url_config(body, moment_text(context.now_ms))

    def decide(stored: JsonObject | None) -> JsonObject:
        if stored is not None:
            raise FunctionConflict(
                f"Failed to create function url config for [functionArn = {address.arn}]. "
                "Error message:  FunctionUrlConfig exists for this Lambda function"
            )
        return config

    async def create() -> JsonObject:
        await room.attached.change(*_place(address), decide)
        shown = _shown(room, address, config)
        return {member: value for member, value in shown.items() if member != "LastModifiedTime"}

    return create


def _get(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)

    async def get() -> JsonObject:
        return _shown(room, address, _existing(room.attached.get(*_place(address))))

    return get


def _update(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)
    _check_mode(body)
    members = {member: body[member] for member in _MEMBERS if body.get(member) is not None}

    def decide(stored: JsonObject | None) -> JsonObject:
        return {**_existing(stored), **members, "LastModifiedTime": moment_text(context.now_ms)}

    async def update() -> JsonObject:
        return _shown(room, address, _existing(await room.attached.change(*_place(address), decide)))

    return update


def _delete(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)

    def decide(stored: JsonObject | None) -> None:
        _existing(stored)

    async def delete() -> JsonObject:
        await room.attached.change(*_place(address), decide)
        return {}

    return delete


def _list(room: Room, body: JsonObject, context: RequestContext) -> Decision:
    _, address = function_at(room.functions, body, context)

    async def list_configs() -> JsonObject:
        stored = room.attached.all(address.function_arn, Attachment.URL)
        rows = [_shown(room, address.at(qualifier), config) for qualifier, config in stored.items()]
        page, marker = page_of(rows, body)
        return {"FunctionUrlConfigs": page, **marker}

    return list_configs


def _place(address: Address) -> tuple[str, Attachment, str]:
    return address.function_arn, Attachment.URL, address.qualifier or ""


def _existing(stored: JsonObject | None) -> JsonObject:
    if stored is None:
        raise FunctionNotFound("The resource you requested does not exist.")
    return stored


def _check_mode(request: JsonObject) -> None:
    if request.get("InvokeMode") == "RESPONSE_STREAM":
        raise InvalidParameterValue("InvokeMode RESPONSE_STREAM is not served here: use BUFFERED")


def _shown(room: Room, address: Address, config: JsonObject) -> JsonObject:
    members = {member: value for member, value in config.items() if member != "MadeBy"}
    return {
        "FunctionUrl": room.endpoint_url + function_url_path(address.function_arn, address.qualifier or ""),
        "FunctionArn": address.arn,
        **members,
        "InvokeMode": "BUFFERED",
    }
