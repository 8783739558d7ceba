"""Parameters of event source mappings, checked: what is out of range, or not served here, is refused by name.

Nothing is accepted and ignored. Source: Lambda API reference, CreateEventSourceMapping; texts as recorded from
the service, and those that were not (ranges) in the service model's form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pelton.errors import ValidationFailed
from pelton.functions.errors import InvalidParameterValue
from pelton.operations import JsonObject
from pelton.triggers.destinations import checked_destination
from pelton.triggers.filter_tests import PatternRefused
from pelton.triggers.filters import Filter
from pelton.triggers.mappings import MappingSettings

FILTERS_MAX = 10
TRIM_HORIZON, LATEST = "TRIM_HORIZON", "LATEST"

#: Integer parameters: the setting, and the range the service model allows.
_NUMBERS = {
    "BatchSize": ("batch_size", 1, 10_000),
    "MaximumBatchingWindowInSeconds": ("batching_window_s", 0, 300),
    "ParallelizationFactor": ("parallelization_factor", 1, 10),
    "MaximumRetryAttempts": ("retry_attempts_max", -1, 10_000),
    "MaximumRecordAgeInSeconds": ("record_age_max_s", -1, 604_800),
    "TumblingWindowInSeconds": ("tumbling_window_s", 0, 900),
}
_FLAGS = {"Enabled": "is_enabled", "BisectBatchOnFunctionError": "is_bisecting"}

#: Parameters that a mapping of a table's stream can have here.
SERVED = frozenset(
    {*_NUMBERS, *_FLAGS, "FunctionName", "EventSourceArn", "StartingPosition", "FunctionResponseTypes"}
    | {"FilterCriteria", "DestinationConfig", "MetricsConfig", "Tags", "UUID"}
)
#: Parameters of the API that belong to other kinds of sources.
_OTHER_SOURCES = frozenset(
    {
        "AmazonManagedKafkaEventSourceConfig",
        "DocumentDBEventSourceConfig",
        "ProvisionedPollerConfig",
        "Queues",
        "ScalingConfig",
        "SelfManagedEventSource",
        "SelfManagedKafkaEventSourceConfig",
        "SourceAccessConfigurations",
        "StartingPositionTimestamp",
        "Topics",
    }
)

_STREAM_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/[^/]+/stream/[^/]+")


class FilterRefused(InvalidParameterValue):
    """A filter pattern is not one. The service gives no reason; ``reason`` does, for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__("Invalid filter pattern definition.")
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateParameters:
    """A CreateEventSourceMapping request whose own contents are in order."""

    function_name: str  #: as given: name or ARN, with or without a qualifier
    stream_arn: str
    starting_position: str
    settings: MappingSettings
    tags: dict[str, str]


def create_parameters(members: JsonObject) -> CreateParameters:
    """Check a request to create.

    Raises:
        InvalidParameterValue: a value is refused, or not served here.
        ValidationFailed: a value breaks the service model.
    """
    _check_no_success(members)
    stream_arn = members.get("EventSourceArn")
    if not isinstance(stream_arn, str) or not _STREAM_ARN.fullmatch(stream_arn):
        raise InvalidParameterValue("Unrecognized event source.")
    starting_position = _starting_position(members, stream_arn)
    settings = changed_settings(MappingSettings(), members)
    return CreateParameters(
        function_name=checked_function_name(members),
        stream_arn=stream_arn,
        starting_position=starting_position,
        settings=settings,
        tags=dict(members.get("Tags") or {}),
    )


def changed_settings(settings: MappingSettings, members: JsonObject) -> MappingSettings:
    """The settings with what the request gives; what it leaves out stays.

    Raises:
        InvalidParameterValue, ValidationFailed: see ``create_parameters``.
    """
    _check_served(members)
    _check_no_success(members)
    changes: dict[str, object] = {}
    for name, (setting, low, high) in _NUMBERS.items():
        if members.get(name) is not None:
            changes[setting] = checked_number(name, members[name], low, high)
    for name, setting in _FLAGS.items():
        if members.get(name) is not None:
            changes[setting] = checked_flag(name, members[name])
    if members.get("FunctionResponseTypes") is not None:
        changes["reports_item_failures"] = checked_response_types(members["FunctionResponseTypes"])
    if members.get("FilterCriteria") is not None:
        changes["filters"] = checked_filters(members["FilterCriteria"])
    if members.get("MetricsConfig") is not None:
        changes["metrics"] = checked_metrics(members["MetricsConfig"], "DynamoDB streams")
    if members.get("DestinationConfig") is not None:
        changes["on_failure"] = _on_failure(members["DestinationConfig"])
    return replace(settings, **changes)  # type: ignore[arg-type]  # Each value was checked for its setting above.


def checked_function_name(members: JsonObject) -> str:
    """The function that a request names.

    Raises:
        ValidationFailed: it names none.
    """
    name = members.get("FunctionName")
    if not isinstance(name, str) or not name:
        raise ValidationFailed(
            "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: "
            "Member must not be null"
        )
    return name


def _starting_position(members: JsonObject, stream_arn: str) -> str:
    position = members.get("StartingPosition")
    if position is None:
        raise InvalidParameterValue(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position == "AT_TIMESTAMP":
        raise InvalidParameterValue(f"Unsupported starting position for arn type: {stream_arn}")
    if position not in (LATEST, TRIM_HORIZON):
        raise ValidationFailed(
            f"1 validation error detected: Value '{position}' at 'startingPosition' failed to satisfy constraint: "
            "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
        )
    return str(position)


def _check_served(members: JsonObject) -> None:
    for name in sorted(members.keys() - SERVED):
        if members[name] in (None, [], {}):
            continue
        if name in _OTHER_SOURCES:
            raise InvalidParameterValue(f"{name} is not supported for DynamoDB streams.")
        raise InvalidParameterValue(f"{name} is not supported by Pelton: leave it out.")


def _check_no_success(members: JsonObject) -> None:
    if (members.get("DestinationConfig") or {}).get("OnSuccess"):
        raise InvalidParameterValue("Unsupported DestinationConfig parameter for given event source mapping type.")


def _on_failure(config: JsonObject) -> str | None:
    """The destination of discarded batches; None: no other than Pelton's own failure store."""
    arn = (config.get("OnFailure") or {}).get("Destination")
    return checked_destination(arn) if arn else None


def checked_number(name: str, value: object, low: int, high: int) -> int:
    """A whole number within its range.

    Raises:
        InvalidParameterValue, ValidationFailed: it is none, or outside.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidParameterValue(f"{name} must be a whole number, not {value!r}.")
    if low <= value <= high:
        if name == "MaximumRecordAgeInSeconds" and 0 <= value < 60:
            raise InvalidParameterValue("MaximumRecordAgeInSeconds must be -1, or between 60 and 604800.")
        return value
    rule = f"greater than or equal to {low}" if value < low else f"less than or equal to {high}"
    raise ValidationFailed(
        f"1 validation error detected: Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
        f"Member must have value {rule}"
    )


def checked_flag(name: str, value: object) -> bool:
    """A truth value.

    Raises:
        InvalidParameterValue: it is none.
    """
    if not isinstance(value, bool):
        raise InvalidParameterValue(f"{name} must be true or false, not {value!r}.")
    return value


def checked_response_types(types: object) -> bool:
    """Whether the function's answer names what failed.

    Raises:
        ValidationFailed: another response type.
    """
    if types in ([], ["ReportBatchItemFailures"]):
        return bool(types)
    raise ValidationFailed(
        f"1 validation error detected: Value '{types}' at 'functionResponseTypes' failed to satisfy constraint: "
        "Member must have at most 1 entry, of the enum value set: [ReportBatchItemFailures]"
    )


def checked_filters(criteria: object) -> tuple[str, ...]:
    """The patterns of FilterCriteria.

    Raises:
        FilterRefused: one of them is none, or there are too many.
    """
    listed = (criteria.get("Filters") or []) if isinstance(criteria, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise FilterRefused("FilterCriteria must be {Filters: [{Pattern: …}]}")
    patterns = tuple(each.get("Pattern") for each in listed)
    if not all(isinstance(pattern, str) for pattern in patterns):
        raise FilterRefused("every filter needs a Pattern, which is JSON text")
    if len(patterns) > FILTERS_MAX:
        raise FilterRefused(f"a mapping has at most {FILTERS_MAX} filters")
    try:
        Filter(patterns)
    except PatternRefused as error:
        raise FilterRefused(str(error)) from error
    return patterns


def checked_metrics(config: object, source: str) -> tuple[str, ...]:
    """Metrics that are asked for: a stream of a table, and a queue, has ``EventCount`` alone."""
    asked = (config.get("Metrics") or []) if isinstance(config, dict) else [config]
    for name in asked:
        if name != "EventCount":
            raise InvalidParameterValue(f"MetricsConfig: {name} is not supported for {source}: EventCount is.")
    return tuple(dict.fromkeys(asked))
