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
from pelton.triggers.service import Triggers

_Tags = dict[str, str]


def tag_operations(triggers: Triggers, others: Mapping[str, Operation]) -> Mapping[str, Operation]:
    """The three operations; ``others`` are those of functions."""

    def tag(body: JsonObject, mapping: EventSourceMapping) -> Awaitable[JsonObject]:
        return _change(triggers, mapping, {**mapping.tags, **body["Tags"]})

    def untag(body: JsonObject, mapping: EventSourceMapping) -> Awaitable[JsonObject]:
        kept = {key: value for key, value in mapping.tags.items() if key not in body["TagKeys"]}
        return _change(triggers, mapping, kept)

    async def list_tags(_: JsonObject, mapping: EventSourceMapping) -> JsonObject:
        return {"Tags": dict(mapping.tags)}

    return {
        name: Operation(name=name, access=Access.CALL, prepare=_either(triggers, own, others[name]))
        for name, own in {"TagResource": tag, "UntagResource": untag, "ListTags": list_tags}.items()
    }


def _either(
    triggers: Triggers, own: Callable[[JsonObject, EventSourceMapping], Awaitable[JsonObject]], other: Operation
) -> Callable[[JsonObject, RequestContext], Callable[[], Awaitable[JsonObject]]]:
    def prepare(body: JsonObject, context: RequestContext) -> Callable[[], Awaitable[JsonObject]]:
        arn: str = body["Resource"]
        if ":event-source-mapping:" not in arn:
            decide: Callable[[], Awaitable[JsonObject]] = other.prepare(body, context)
            return decide
        return lambda: own(body, _mapping(triggers, arn, context))

    return prepare


def _mapping(triggers: Triggers, arn: str, context: RequestContext) -> EventSourceMapping:
    for mapping in triggers.mappings():
        if mapping.arn == arn and (mapping.account, mapping.region) == (context.account, context.region):
            return mapping
    raise TaggedMappingNotFound(arn)


async def _change(triggers: Triggers, mapping: EventSourceMapping, tags: _Tags) -> JsonObject:
    if len(tags) > TAGS_MAX:
        raise InvalidParameterValue(f"Number of tags exceeds resource tag limit of {TAGS_MAX}.")
    await triggers.tag(mapping.uuid, tags)
    return {}
