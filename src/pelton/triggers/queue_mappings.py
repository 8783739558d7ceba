"""An event source mapping of a queue: which function handles its messages, and how. Values only.

Source: Lambda API reference, EventSourceMappingConfiguration; Lambda guide, "Using Lambda with Amazon SQS".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pelton.operations import JsonObject
from pelton.queues.names import FIFO_SUFFIX


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """What an update may change. Every value has been checked (see ``queue_parameters``)."""

    is_enabled: bool = True
    batch_size: int = 10  #: messages, 1 to 10,000; of a FIFO queue to 10
    batching_window_s: int = 0  #: 0 to 300
    reports_item_failures: bool = False  #: the function's answer names the messages that failed
    concurrency_max: int | None = None  #: batches at a time, 2 to 1000; None: as many as there are workers
    filters: tuple[str, ...] = ()  #: JSON patterns; a message that none matches is deleted
    metrics: tuple[str, ...] = ()  #: asked for by name; all are counted in any case


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMapping:
    """A function bound to a queue. Its ``uuid`` stays through updates, restarts and reconciling."""

    uuid: str
    account: str
    region: str
    function_name: str
    function_arn: str  #: qualified when the name given was
    queue_arn: str
    settings: QueueSettings
    version: int  #: counts updates, from 1
    made_by: str  #: ``mappings.PROJECT`` or ``API``
    made_ms: int
    modified_ms: int
    is_paused: bool = False  #: by its operator; whether it is enabled is the definition's own matter
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether messages are delivered: enabled, and not paused."""
        return self.settings.is_enabled and not self.is_paused

    @property
    def arn(self) -> str:
        """The mapping's own ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}"

    @property
    def queue_name(self) -> str:
        """The bare name of the queue."""
        return self.queue_arn.rsplit(":", 1)[1]

    @property
    def is_fifo(self) -> bool:
        """Whether it is a FIFO queue."""
        return self.queue_arn.endswith(FIFO_SUFFIX)


_TUPLES = ("filters", "metrics")


def definition(mapping: QueueMapping) -> JsonObject:
    """The mapping as storage keeps it: what makes a new version when it changes."""
    kept = asdict(mapping)
    for name in ("uuid", "version", "modified_ms"):
        del kept[name]
    for name in _TUPLES:
        kept["settings"][name] = list(kept["settings"][name])
    return kept


def is_of_queue(kept: JsonObject) -> bool:
    """Whether a stored definition is that of a queue's mapping."""
    return "queue_arn" in kept


def mapping_of(kept: JsonObject) -> QueueMapping:
    """A mapping as ``definition`` gave it; storage knows its uuid, version and when that began."""
    settings = kept["settings"] | {name: tuple(kept["settings"].get(name, ())) for name in _TUPLES}
    return QueueMapping(**{**kept, "settings": QueueSettings(**settings)}, uuid="", version=0, modified_ms=0)


def configuration(mapping: QueueMapping, *, state: str) -> JsonObject:
    """The EventSourceMappingConfiguration of the wire; what was never set of filters and scaling is absent."""
    settings = mapping.settings
    shown: JsonObject = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": mapping.arn,
        "BatchSize": settings.batch_size,
        "MaximumBatchingWindowInSeconds": settings.batching_window_s,
        "EventSourceArn": mapping.queue_arn,
        "FunctionArn": mapping.function_arn,
        "LastModified": mapping.modified_ms / 1000,
        "State": state,
        "StateTransitionReason": "USER_INITIATED",
        "FunctionResponseTypes": ["ReportBatchItemFailures"] if settings.reports_item_failures else [],
    }
    if settings.filters:
        shown["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in settings.filters]}
    if settings.metrics:
        shown["MetricsConfig"] = {"Metrics": list(settings.metrics)}
    if settings.concurrency_max is not None:
        shown["ScalingConfig"] = {"MaximumConcurrency": settings.concurrency_max}
    return shown
