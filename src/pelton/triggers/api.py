"""The Lambda API's operations on event source mappings. Source: Lambda API reference; texts as recorded.

``prepare`` gets the members of a request by their names in the service model. A change is in force when it is
answered; the answer shows the state the service would be in meanwhile, so that clients that wait for
``Enabled`` find it at their first look.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Mapping

from pelton.functions.addressing import function_at
from pelton.functions.errors import FunctionNotFound, InvalidParameterValue
from pelton.functions.names import parse_function_name
from pelton.functions.service import Functions
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.triggers.announcing import filter_refused
from pelton.triggers.errors import MappingNotFound
from pelton.triggers.mappings import EventSourceMapping, MappingSettings
from pelton.triggers.parameters import FilterRefused, changed_settings, create_parameters
from pelton.triggers.queue_mappings import QueueMapping
from pelton.triggers.queue_parameters import changed_queue_settings, names_queue, queue_parameters
from pelton.triggers.queue_service import QueueTriggers
from pelton.triggers.queue_store import no_such_queue
from pelton.triggers.service import Triggers

_PAGE_MAX = 100

_Decision = Callable[[], Awaitable[JsonObject]]
_AnyMapping = EventSourceMapping | QueueMapping


def operations(triggers: Triggers, queue_triggers: QueueTriggers, functions: Functions) -> Mapping[str, Operation]:
    """Create, Get, List, Update and DeleteEventSourceMapping."""
    api = _MappingsApi(triggers, queue_triggers, functions)
    prepared = {
        "CreateEventSourceMapping": api.create,
        "GetEventSourceMapping": api.get,
        "ListEventSourceMappings": api.list,
        "UpdateEventSourceMapping": api.update,
        "DeleteEventSourceMapping": api.delete,
    }
    return {name: Operation(name=name, access=Access.CALL, prepare=prepare) for name, prepare in prepared.items()}


class _MappingsApi:
    """What the operations share."""

    def __init__(self, triggers: Triggers, queue_triggers: QueueTriggers, functions: Functions) -> None:
        self._triggers = triggers
        self._queue_triggers = queue_triggers
        self._functions = functions

    def create(self, body: JsonObject, context: RequestContext) -> _Decision:
        """CreateEventSourceMapping."""
        try:
            if names_queue(body):
                return self._create_for_queue(body, context)
            asked = create_parameters(body)
        except FilterRefused as refused:
            self._triggers.tell(filter_refused(body["FunctionName"], refused.reason))
            raise

        async def decide() -> JsonObject:
            arn = self._function_arn(body, context)
            if asked.stream_arn.split(":")[3:5] != [context.region, context.account]:
                raise InvalidParameterValue(f"Stream not found: {asked.stream_arn}")
            await self._check_destination(asked.settings)
            mapping = await self._triggers.create(asked, arn)
            return self._triggers.shown(mapping, "Creating")

        return decide

    def _create_for_queue(self, body: JsonObject, context: RequestContext) -> _Decision:
        asked = queue_parameters(body)

        async def decide() -> JsonObject:
            arn = self._function_arn(body, context)
            if asked.queue_arn.split(":")[3:5] != [context.region, context.account]:
                raise no_such_queue()
            mapping = await self._queue_triggers.create(asked, arn)
            return self._queue_triggers.shown(mapping, "Creating")

        return decide

    def get(self, body: JsonObject, context: RequestContext) -> _Decision:
        """GetEventSourceMapping."""

        async def decide() -> JsonObject:
            return self._shown(self._mapping(body, context))

        return decide

    def update(self, body: JsonObject, context: RequestContext) -> _Decision:
        """UpdateEventSourceMapping: what the request leaves out stays."""

        async def decide() -> JsonObject:
            mapping = self._mapping(body, context)
            arn = self._function_arn(body, context) if body.get("FunctionName") else None
            changed = await self._changed(mapping, body, arn)
            was, now = mapping.settings.is_enabled, changed.settings.is_enabled
            state = "Updating" if was is now else "Enabling" if now else "Disabling"
            return self._shown(changed, state)

        return decide

    def delete(self, body: JsonObject, context: RequestContext) -> _Decision:
        """DeleteEventSourceMapping."""

        async def decide() -> JsonObject:
            mapping = self._mapping(body, context)
            shown = self._shown(mapping, "Deleting")
            if isinstance(mapping, QueueMapping):
                await self._queue_triggers.delete(mapping.uuid)
            else:
                await self._triggers.delete(mapping.uuid)
            return shown

        return decide

    def list(self, body: JsonObject, context: RequestContext) -> _Decision:
        """ListEventSourceMappings, of one source or function or all; neither need exist."""
        function = _asked_function(body, context)
        source = body.get("EventSourceArn")
        start = _marked(body.get("Marker"))
        limit = min(int(body.get("MaxItems") or _PAGE_MAX), _PAGE_MAX)

        async def decide() -> JsonObject:
            found = [
                mapping
                for mapping in self._all()
                if (mapping.account, mapping.region) == (context.account, context.region)
                and function in (None, mapping.function_arn)
                and source in (None, _source(mapping))
            ]
            page = found[start : start + limit]
            reply: JsonObject = {"EventSourceMappings": [self._shown(mapping) for mapping in page]}
            if start + limit < len(found):
                reply["NextMarker"] = b64encode(str(start + limit).encode()).decode()
            return reply

        return decide

    def _all(self) -> tuple[_AnyMapping, ...]:
        """All mappings, oldest first."""
        found: tuple[_AnyMapping, ...] = (*self._triggers.mappings(), *self._queue_triggers.mappings())
        return tuple(sorted(found, key=lambda mapping: (mapping.made_ms, mapping.uuid)))

    def _mapping(self, body: JsonObject, context: RequestContext) -> _AnyMapping:
        for mapping in self._all():
            if mapping.uuid == body["UUID"] and (mapping.account, mapping.region) == (context.account, context.region):
                return mapping
        raise MappingNotFound

    def _shown(self, mapping: _AnyMapping, state: str | None = None) -> JsonObject:
        if isinstance(mapping, QueueMapping):
            return self._queue_triggers.shown(mapping, state)
        return self._triggers.shown(mapping, state)

    async def _changed(self, mapping: _AnyMapping, body: JsonObject, arn: str | None) -> _AnyMapping:
        """The mapping after an update; what the request leaves out stays."""
        try:
            if isinstance(mapping, QueueMapping):
                of_queue = changed_queue_settings(mapping.settings, body, mapping.queue_arn)
                return await self._queue_triggers.update(mapping.uuid, of_queue, arn)
            of_stream = changed_settings(mapping.settings, body)
        except FilterRefused as refused:
            self._triggers.tell(filter_refused(mapping.function_name, refused.reason))
            raise
        if of_stream.on_failure != mapping.settings.on_failure:
            await self._check_destination(of_stream)
        return await self._triggers.update(mapping.uuid, of_stream, arn)

    async def _check_destination(self, settings: MappingSettings) -> None:
        """Refuse a topic or bucket that is not there."""
        if self._triggers.destinations is not None:
            await self._triggers.destinations.check(settings.on_failure)

    def _function_arn(self, body: JsonObject, context: RequestContext) -> str:
        """The function's ARN, qualified when the name given was."""
        try:
            return function_at(self._functions, body, context)[1].arn
        except FunctionNotFound as error:
            raise InvalidParameterValue("Function does not exist") from error


def _asked_function(body: JsonObject, context: RequestContext) -> str | None:
    name = body.get("FunctionName")
    parts = parse_function_name(name) if name else None
    if not name:
        return None
    if parts is None:
        raise InvalidParameterValue(f"FunctionName {name!r} is neither a function's name nor its ARN")
    qualifier = f":{parts.qualifier}" if parts.qualifier else ""
    account, region = parts.account or context.account, parts.region or context.region
    return f"arn:aws:lambda:{region}:{account}:function:{parts.name}{qualifier}"


def _source(mapping: _AnyMapping) -> str:
    return mapping.queue_arn if isinstance(mapping, QueueMapping) else mapping.stream_arn


def _marked(marker: str | None) -> int:
    """Where a page begins: markers are positions in the list, opaque to clients."""
    if not marker:
        return 0
    try:
        return int(b64decode(marker, validate=True))
    except (ValueError, binascii.Error) as error:
        raise InvalidParameterValue("Invalid Marker") from error
