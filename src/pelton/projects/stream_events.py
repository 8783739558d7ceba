"""``stream`` events of serverless.yml as event source mapping resources.

Source: Serverless Framework, ``lib/plugins/aws/package/compile/events/stream.js``; its defaults are a batch size
of 10 and TRIM_HORIZON.
"""

from __future__ import annotations

import json

from pelton.projects.documents import Block, Row, Value, block, first_unresolved, row
from pelton.projects.known_keys import STREAM_EVENT_KEYS, STREAM_EVENT_MISSPELT
from pelton.projects.mappings import MAPPING_TYPE
from pelton.projects.names import function_logical_id
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.scalars import block_of, row_of

_WITHOUT_SETTING = ("type", "arn", "consumer", "consumerName")


def stream_resource(function_key: str, event: Value, where: Where, notes: Notes) -> Block | None:
    """The mapping resource of a ``stream`` event; None for a stream that is not a table's.

    Raises:
        ProjectRefused: the event has no ARN.
    """
    written = event if isinstance(event, Block) and not is_intrinsic(event) else block(where, [("arn", event)])
    if written.get("arn") is None:
        raise ProjectRefused(
            where, f"{function_key}: a stream event without an arn", "add arn: !GetAtt Table.StreamArn"
        )
    if _is_kinesis(written):
        what = f"{function_key}: a Kinesis stream is not served here"
        notes.warn(where, what, "the function can be invoked by name")
        return None
    properties = Block(where)
    properties.put("FunctionName", block(where, [("Ref", function_logical_id(function_key))]), where)
    properties.put("EventSourceArn", written["arn"], written.at("arn"))
    properties.put("StartingPosition", "TRIM_HORIZON", where)
    properties.put("BatchSize", 10, where)
    for key, value in written.items():
        name = STREAM_EVENT_KEYS.get(key)
        if name is not None:
            if value is not None:
                properties.put(name, mapping_setting(key, value, written.at(key)), written.at(key))
        elif key not in _WITHOUT_SETTING:
            cure = f"did you mean {STREAM_EVENT_MISSPELT[key]}?" if key in STREAM_EVENT_MISSPELT else None
            notes.warn(
                written.at(key),
                f"{function_key}: a stream event has no key {key}, it has no effect",
                cure or did_you_mean(key, STREAM_EVENT_KEYS),
            )
    return block(where, [("Type", MAPPING_TYPE), ("Properties", properties)])


def mapping_setting(key: str, value: Value, where: Where) -> Value:
    """A value of a ``stream`` or ``sqs`` event as the mapping's property takes it."""
    if key == "functionResponseType":
        return row(where, [value])
    if key == "filterPatterns":
        patterns = row_of(value, where, key)
        filters = Row(where)
        for pattern, place in zip(patterns, patterns.places, strict=True):
            filters.add(block(place, [("Pattern", _pattern(pattern, place))]), place)
        return block(where, [("Filters", filters)])
    if key == "destinations":
        return _destinations(block_of(value, where, key))
    return value


def _pattern(value: Value, where: Where) -> str:
    unresolved = first_unresolved(value)
    if unresolved is not None:
        raise unresolved.refusal()
    if not isinstance(value, Block):
        raise ProjectRefused(where, "a filter pattern is not a mapping", "write it as eventName: [INSERT]")
    return json.dumps(value, ensure_ascii=False)


def _destinations(value: Block) -> Block:
    config = Block(value.where)
    if "onFailure" in value:
        where = value.at("onFailure")
        failure = value["onFailure"]
        arn = failure.get("arn") if isinstance(failure, Block) and not is_intrinsic(failure) else failure
        config.put("OnFailure", block(where, [("Destination", arn)]), where)
    return config


def _is_kinesis(event: Block) -> bool:
    arn = event.get("arn")
    return event.get("type") == "kinesis" or (isinstance(arn, str) and arn.startswith("arn:aws:kinesis:"))


def is_intrinsic(value: Block) -> bool:
    """Whether a mapping is a reference, not the event's own keys."""
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))
