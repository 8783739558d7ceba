"""An event source mapping: which function reacts to which stream, and how. Values only.

Source: Lambda API reference, EventSourceMappingConfiguration; defaults as recorded from the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pelton.operations import JsonObject

#: LastProcessingResult: nothing yet, success or failure.
RESULTS = {None: "No records processed", True: "OK", False: "PROBLEM: Function call failed"}
#: How a project's mapping and one made through the API are told apart.
PROJECT, API = "project", "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSettings:
    """What an update may change. Every value has been checked (see ``parameters``)."""

    is_enabled: bool = True
    batch_size: int = 100  #: records, 1 to 10,000
    batching_window_s: int = 0  #: 0 to 300
    parallelization_factor: int = 1  #: lanes per shard, 1 to 10
    retry_attempts_max: int = -1  #: -1: until the record expires
    record_age_max_s: int = -1  #: -1: as long as the stream keeps it; else 60 to 604,800
    is_bisecting: bool = False  #: a failed batch is cut in halves
    reports_item_failures: bool = False  #: the function's answer names the records that failed
    tumbling_window_s: int = 0  #: 0: none; to 900
    filters: tuple[str, ...] = ()  #: JSON patterns; a record passes when any matches
    metrics: tuple[str, ...] = ()  #: asked for by name; all are counted in any case
    on_failure: str | None = None  #: ARN of the queue that is told of discarded batches


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping:
    """A function bound to a stream. Its ``uuid`` stays through updates, restarts and reconciling."""

    uuid: str
    account: str
    region: str
    function_name: str
    function_arn: str  #: qualified when the name given was
    stream_arn: str
    starting_position: str  #: TRIM_HORIZON or LATEST
    settings: MappingSettings
    version: int  #: counts updates, from 1
    made_by: str  #: PROJECT or API
    made_ms: int
    modified_ms: int
    is_paused: bool = False  #: by its operator; whether it is enabled is the definition's own matter
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether records are delivered: enabled, and not paused."""
        return self.settings.is_enabled and not self.is_paused

    def state(self, *, is_busy: bool) -> str:
        """State on the wire."""
        return "Enabled" if self.settings.is_enabled else "Disabling" if is_busy else "Disabled"

    @property
    def arn(self) -> str:
        """The mapping's own ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}"

    @property
    def table(self) -> str:
        """ARN of the stream's table: with the function it is the mapping's identity."""
        return self.stream_arn.rsplit("/stream/", 1)[0]


def definition(mapping: EventSourceMapping) -> JsonObject:
    """The mapping as storage keeps it: what makes a new version when it changes."""
    kept = asdict(mapping)
    for name in ("uuid", "version", "modified_ms"):
        del kept[name]
    for name in ("filters", "metrics"):
        kept["settings"][name] = list(kept["settings"][name])
    return kept


def mapping_of(kept: JsonObject) -> EventSourceMapping:
    """A mapping as ``definition`` gave it; storage knows its uuid, version and when that began."""
    settings = {**kept["settings"]}
    for name in ("filters", "metrics"):
        settings[name] = tuple(settings.get(name, ()))
    return EventSourceMapping(**{**kept, "settings": MappingSettings(**settings)}, uuid="", version=0, modified_ms=0)


def configuration(mapping: EventSourceMapping, *, state: str, last_result: str) -> JsonObject:
    """The EventSourceMappingConfiguration of the wire; ``FilterCriteria`` is absent without filters."""
    settings = mapping.settings
    shown: JsonObject = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": mapping.arn,
        "BatchSize": settings.batch_size,
        "MaximumBatchingWindowInSeconds": settings.batching_window_s,
        "ParallelizationFactor": settings.parallelization_factor,
        "StartingPosition": mapping.starting_position,
        "EventSourceArn": mapping.stream_arn,
        "FunctionArn": mapping.function_arn,
        "LastModified": mapping.modified_ms / 1000,
        "LastProcessingResult": last_result,
        "State": state,
        "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {"Destination": settings.on_failure} if settings.on_failure else {}},
        "MaximumRecordAgeInSeconds": settings.record_age_max_s,
        "BisectBatchOnFunctionError": settings.is_bisecting,
        "MaximumRetryAttempts": settings.retry_attempts_max,
        "TumblingWindowInSeconds": settings.tumbling_window_s,
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if settings.reports_item_failures else [],
    }
    if settings.filters:
        shown["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in settings.filters]}
    if settings.metrics:
        shown["MetricsConfig"] = {"Metrics": list(settings.metrics)}
    return shown
