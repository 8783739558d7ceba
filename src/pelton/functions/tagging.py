"""TagResource, UntagResource and ListTags, of functions. Source: Lambda API reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pelton.functions.attached import Attachment
from pelton.functions.definition import Function
from pelton.functions.errors import FunctionNotFound, InvalidParameterValue
from pelton.functions.names import parse_function_name
from pelton.functions.room import Decision, Room, calls
from pelton.operations import JsonObject, Operation, RequestContext

#: Source: Lambda developer guide, "Using tags on Lambda functions".
TAGS_MAX = 50


def tag_operations(room: Room) -> Mapping[str, Operation]:
    """The three operations."""

    def tag(body: JsonObject, context: RequestContext) -> Decision:
        function = _function(room, body, context)
        return _changing(room, function, lambda tags: {**tags, **body["Tags"]})

    def untag(body: JsonObject, context: RequestContext) -> Decision:
        function = _function(room, body, context)
        gone = frozenset(body["TagKeys"])
        return _changing(room, function, lambda tags: {key: tags[key] for key in tags if key not in gone})

    def list_tags(body: JsonObject, context: RequestContext) -> Decision:
        function = _function(room, body, context)

        async def decide() -> JsonObject:
            return {"Tags": room.tags(function)}

        return decide

    return calls({"TagResource": tag, "UntagResource": untag, "ListTags": list_tags})


def _changing(room: Room, function: Function, change: Callable[[JsonObject], JsonObject]) -> Decision:
    made = room.settings(function).get("Tags") or {}

    def decide(stored: JsonObject | None) -> JsonObject:
        changed = change(made if stored is None else stored)
        if len(changed) > TAGS_MAX:
            raise InvalidParameterValue(f"Number of tags exceeds resource tag limit of {TAGS_MAX}.")
        return changed

    async def write() -> JsonObject:
        await room.attached.change(function.arn, Attachment.TAGS, "", decide)
        return {}

    return write


def _function(room: Room, body: JsonObject, context: RequestContext) -> Function:
    """The function whose ARN a request names.

    Raises:
        InvalidParameterValue: an event source mapping's, or a qualified one.
        FunctionNotFound: there is no such function.
    """
    arn: str = body["Resource"]
    if ":function:" not in arn:
        raise InvalidParameterValue(f"{arn}: only functions and event source mappings have tags here")
    parts = parse_function_name(arn)
    if parts is None or parts.qualifier is not None:
        raise InvalidParameterValue(
            f"Tags on function aliases and versions are not supported. Please specify a function ARN: {arn}"
        )
    function = room.functions.get(arn)
    if function is None or function.region != context.region:
        raise FunctionNotFound(f"Function not found: {arn}")
    return function
