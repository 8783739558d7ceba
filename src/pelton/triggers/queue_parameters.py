"""Parameters of a queue's event source mapping, checked: what is out of range, or not of queues, is refused by name.

Source: Lambda API reference, CreateEventSourceMapping; texts as recorded from the service where they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pelton.errors import ValidationFailed
from pelton.functions.errors import InvalidParameterValue
from pelton.operations import JsonObject
from pelton.queues.names import FIFO_SUFFIX, parts_of_arn
from pelton.triggers.parameters import (
    checked_filters,
    checked_flag,
    checked_function_name,
    checked_metrics,
    checked_number,
    checked_response_types,
)
from pelton.triggers.queue_mappings import QueueSettings

#: The largest batch of a FIFO queue, and of any queue without a window.
BATCH_MAX_AT_ONCE = 10

SERVED = frozenset(
    {"FunctionName", "EventSourceArn", "BatchSize", "MaximumBatchingWindowInSeconds", "Enabled", "Tags", "UUID"}
    | {"FunctionResponseTypes", "FilterCriteria", "ScalingConfig", "MetricsConfig"}
)
#: Members of the API that mappings of queues do not have.
_OTHER_SOURCES = frozenset(
    {
        *("AmazonManagedKafkaEventSourceConfig", "BisectBatchOnFunctionError", "DestinationConfig"),
        *("DocumentDBEventSourceConfig", "MaximumRecordAgeInSeconds", "MaximumRetryAttempts", "ParallelizationFactor"),
        *("Queues", "SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig", "SourceAccessConfigurations"),
        *("StartingPositionTimestamp", "Topics", "TumblingWindowInSeconds"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueParameters:
    """A CreateEventSourceMapping request whose own contents are in order."""

    function_name: str  #: as given: name or ARN, with or without a qualifier
    queue_arn: str
    settings: QueueSettings
    tags: dict[str, str]


def names_queue(members: JsonObject) -> bool:
    """Whether the request's source is a queue."""
    arn = members.get("EventSourceArn")
    return isinstance(arn, str) and parts_of_arn(arn) is not None


def queue_parameters(members: JsonObject) -> QueueParameters:
    """Check a request to create.

    Raises:
        InvalidParameterValue: a value is refused, or not served here.
        ValidationFailed: a value breaks the service model.
    """
    queue_arn: str = members["EventSourceArn"]
    return QueueParameters(
        function_name=checked_function_name(members),
        queue_arn=queue_arn,
        settings=changed_queue_settings(QueueSettings(), members, queue_arn),
        tags=dict(members.get("Tags") or {}),
    )


def changed_queue_settings(settings: QueueSettings, members: JsonObject, queue_arn: str) -> QueueSettings:
    """The settings with what the request gives; what it leaves out stays.

    Raises:
        InvalidParameterValue, ValidationFailed: see ``queue_parameters``.
    """
    _check_served(members)
    changes: dict[str, object] = {}
    for name, (setting, low, high) in _NUMBERS.items():
        if members.get(name) is not None:
            changes[setting] = checked_number(name, members[name], low, high)
    if members.get("Enabled") is not None:
        changes["is_enabled"] = checked_flag("Enabled", members["Enabled"])
    if members.get("FunctionResponseTypes") is not None:
        changes["reports_item_failures"] = checked_response_types(members["FunctionResponseTypes"])
    if members.get("FilterCriteria") is not None:
        changes["filters"] = checked_filters(members["FilterCriteria"])
    if members.get("MetricsConfig") is not None:
        changes["metrics"] = checked_metrics(members["MetricsConfig"], "SQS queues")
    if members.get("ScalingConfig") is not None:
        changes["concurrency_max"] = _concurrency(members["ScalingConfig"])
    changed = replace(settings, **changes)  # type: ignore[arg-type]  # Each value was checked for its setting above.
    _check_combination(changed, queue_arn)
    return changed


_NUMBERS = {
    "BatchSize": ("batch_size", 1, 10_000),
    "MaximumBatchingWindowInSeconds": ("batching_window_s", 0, 300),
}


def _check_served(members: JsonObject) -> None:
    for name in sorted(members.keys() - SERVED):
        if members[name] in (None, [], {}):
            continue
        if name == "StartingPosition":
            raise InvalidParameterValue("StartingPosition is not valid for SQS event sources.")
        if name in _OTHER_SOURCES:
            raise InvalidParameterValue(f"Unsupported {name} parameter for given event source mapping type.")
        raise InvalidParameterValue(f"{name} is not supported by Pelton: leave it out.")


def _concurrency(config: object) -> int | None:
    value = config.get("MaximumConcurrency") if isinstance(config, dict) else None
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and not 2 <= value <= 1000:
        rule = "greater than or equal to 2" if value < 2 else "less than or equal to 1000"
        raise ValidationFailed(
            f"1 validation error detected: Value '{value}' at 'scalingConfig.maximumConcurrency' failed to satisfy "
            f"constraint: Member must have value {rule}"
        )
    return checked_number("MaximumConcurrency", value, 2, 1000)


def _check_combination(settings: QueueSettings, queue_arn: str) -> None:
    if queue_arn.endswith(FIFO_SUFFIX):
        if settings.batching_window_s:
            raise InvalidParameterValue("Batching window is not supported for FIFO queues.")
        if settings.batch_size > BATCH_MAX_AT_ONCE:
            raise InvalidParameterValue(f"BatchSize must be between 1 and {BATCH_MAX_AT_ONCE} for FIFO queues.")
    if settings.batch_size > BATCH_MAX_AT_ONCE and not settings.batching_window_s:
        raise InvalidParameterValue(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
