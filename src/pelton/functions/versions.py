"""PublishVersion and ListVersionsByFunction. Source: Lambda API reference."""

from __future__ import annotations

from collections.abc import Mapping

from pelton.functions.addressing import function_at
from pelton.functions.definition import LATEST
from pelton.functions.paging import page_of
from pelton.functions.room import Decision, Room, calls
from pelton.operations import JsonObject, Operation, RequestContext


def version_operations(room: Room) -> Mapping[str, Operation]:
    """The operations on published versions."""

    def publish(body: JsonObject, context: RequestContext) -> Decision:
        function, _ = function_at(room.functions, body, context)

        async def decide() -> JsonObject:
            return room.shown(await room.registry.publish(function, body))

        return decide

    def list_versions(body: JsonObject, context: RequestContext) -> Decision:
        function, _ = function_at(room.functions, body, context)

        async def decide() -> JsonObject:
            published = [(each, None) for each in room.functions.directory.versions(function.arn)]
            page, marker = page_of([(function, LATEST), *published], body)
            return {"Versions": [room.shown(*row) for row in page], **marker}

        return decide

    return calls({"PublishVersion": publish, "ListVersionsByFunction": list_versions})
