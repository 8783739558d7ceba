"""TagResource, UntagResource and ListTags, of event source mappings. Source: Lambda API reference; text as recorded.

A mapping's tags are part of its definition. What names another resource goes on to the functions' operations.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pelton.functions.errors import InvalidParameterValue
from pelton.functions.tagging import TAGS_MAX
from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.triggers.errors import TaggedMappingNotFound
from pelton.triggers.mappings import EventSourceMapping
from pelton.triggers.queue_mappings import QueueMapping
from pelton.triggers.queue_service import QueueTriggers
from pelton.triggers.service import Triggers

_Tags = dict[str, str]
_Mapping = EventSourceMapping | QueueMapping
_Owners = tuple[Triggers, QueueTriggers]


def tag_operations(owners: _Owners, others: Mapping[str, Operation]) -> Mapping[str, Operation]:
    """The three operations; ``owners`` have the mappings, ``others`` are those of functions."""

    def tag(body: JsonObject, mapping: _Mapping) -> Awaitable[JsonObject]:
        return _change(owners, mapping, {**mapping.tags, **body["Tags"]})

    def untag(body: JsonObject, mapping: _Mapping) -> Awaitable[JsonObject]:
        kept = {key: value for key, value in mapping.tags.items() if key not in body["TagKeys"]}
        return _change(owners, mapping, kept)

    async def list_tags(_: JsonObject, mapping: _Mapping) -> JsonObject:
        return {"Tags": dict(mapping.tags)}

    return {
        name: Operation(name=name, access=Access.CALL, prepare=_either(owners, own, others[name]))
        for name, own in {"TagResource": tag, "UntagResource": untag, "ListTags": list_tags}.items()
    }


def _either(
    owners: _Owners, own: Callable[[JsonObject, _Mapping], Awaitable[JsonObject]], other: Operation
) -> Callable[[JsonObject, RequestContext], Callable[[], Awaitable[JsonObject]]]:
    def prepare(body: JsonObject, context: RequestContext) -> Callable[[], Awaitable[JsonObject]]:
        arn: str = body["Resource"]
        if ":event-source-mapping:" not in arn:
            decide: Callable[[], Awaitable[JsonObject]] = other.prepare(body, context)
            return decide
        return lambda: own(body, _mapping(owners, arn, context))

    return prepare


def _mapping(owners: _Owners, arn: str, context: RequestContext) -> _Mapping:
    mappings: list[_Mapping] = [*owners[0].mappings(), *owners[1].mappings()]
    for mapping in mappings:
        if mapping.arn == arn and (mapping.account, mapping.region) == (context.account, context.region):
            return mapping
    raise TaggedMappingNotFound(arn)


async def _change(owners: _Owners, mapping: _Mapping, tags: _Tags) -> JsonObject:
    if len(tags) > TAGS_MAX:
        raise InvalidParameterValue(f"Number of tags exceeds resource tag limit of {TAGS_MAX}.")
    of_streams, of_queues = owners
    await (of_queues if isinstance(mapping, QueueMapping) else of_streams).tag(mapping.uuid, tags)
    return {}
