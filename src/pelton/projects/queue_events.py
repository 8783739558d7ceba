"""``sqs`` events of serverless.yml as event source mapping resources.

Source: Serverless Framework, ``lib/plugins/aws/package/compile/events/sqs.js``; its default is a batch size of 10.
"""

from __future__ import annotations

from pelton.projects.documents import Block, Value, block
from pelton.projects.known_keys import QUEUE_EVENT_KEYS, STREAM_EVENT_MISSPELT
from pelton.projects.mappings import MAPPING_TYPE
from pelton.projects.names import function_logical_id
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import ProjectRefused, Where
from pelton.projects.stream_events import is_intrinsic, mapping_setting


def queue_resource(function_key: str, event: Value, where: Where, notes: Notes) -> Block:
    """The mapping resource of an ``sqs`` event.

    Raises:
        ProjectRefused: the event has no ARN.
    """
    written = event if isinstance(event, Block) and not is_intrinsic(event) else block(where, [("arn", event)])
    if written.get("arn") is None:
        raise ProjectRefused(where, f"{function_key}: an sqs event without an arn", "add arn: !GetAtt Queue.Arn")
    properties = Block(where)
    properties.put("FunctionName", block(where, [("Ref", function_logical_id(function_key))]), where)
    properties.put("EventSourceArn", written["arn"], written.at("arn"))
    properties.put("BatchSize", 10, where)
    for key, value in written.items():
        name = QUEUE_EVENT_KEYS.get(key)
        place = written.at(key)
        if name is not None and value is not None:
            properties.put(name, _setting(key, value, place), place)
        elif name is None and key != "arn":
            cure = f"did you mean {_MISSPELT[key]}?" if key in _MISSPELT else None
            notes.warn(
                place,
                f"{function_key}: an sqs event has no key {key}, it has no effect",
                cure or did_you_mean(key, QUEUE_EVENT_KEYS),
            )
    return block(where, [("Type", MAPPING_TYPE), ("Properties", properties)])


_MISSPELT = {
    **STREAM_EVENT_MISSPELT,
    "batchWindow": "maximumBatchingWindow",
    "maximumBatchingWindowInSeconds": "maximumBatchingWindow",
}
del _MISSPELT["maximumBatchingWindow"]


def _setting(key: str, value: Value, where: Where) -> Value:
    if key == "maximumConcurrency":
        return block(where, [("MaximumConcurrency", value)])
    return mapping_setting(key, value, where)
