"""Settings of an event source mapping whose source is a queue, as CreateEventSourceMapping takes them.

Source: Lambda API reference, CreateEventSourceMapping; Lambda guide, "Using Lambda with Amazon SQS".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pelton.operations import JsonObject
from pelton.projects.documents import Block, Value
from pelton.projects.mapping_values import filters_of, number_in, response_types_of
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import Where
from pelton.projects.scalars import block_of, truth_of

#: The ARN of a queue of either type.
QUEUE_SOURCE = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?")
#: They name the mapping, or matter to deployment alone.
_PASSED_OVER = frozenset(
    {
        *("FunctionName", "EventSourceArn", "Tags", "MetricsConfig", "KmsKeyArn", "KMSKeyArn"),
        *("ProvisionedPollerConfig", "LoggingConfig"),
    }
)


def _scaling(value: Value, where: Where, what: str) -> object:
    config = block_of(value, where, what)
    if config.get("MaximumConcurrency") is None:
        return {}
    name = f"{what}.MaximumConcurrency"
    return {"MaximumConcurrency": number_in(2, 1000)(config["MaximumConcurrency"], where, name)}


_SETTINGS: Mapping[str, Callable[[Value, Where, str], object]] = {
    "BatchSize": number_in(1, 10_000),
    "Enabled": truth_of,
    "MaximumBatchingWindowInSeconds": number_in(0, 300),
    "FunctionResponseTypes": response_types_of,
    "FilterCriteria": filters_of,
    "ScalingConfig": _scaling,
}


def queue_settings(properties: Block, function_key: str, notes: Notes) -> JsonObject:
    """The settings of a queue's mapping.

    Raises:
        ProjectRefused: a value is out of its range, or cannot be told.
    """
    settings: JsonObject = {}
    for name, value in properties.items():
        where = properties.at(name)
        if name in _PASSED_OVER or value is None:
            continue
        if name not in _SETTINGS:
            notes.warn(where, f"{function_key}: a queue's mapping has no {name}", did_you_mean(name, _SETTINGS))
            continue
        settings[name] = _SETTINGS[name](value, where, f"{function_key}: {name}")
    return settings
