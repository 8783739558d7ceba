"""Events of SAM functions that become resources of their own: mappings of streams and queues, schedules.

Source: AWS SAM specification, EventSource.
"""

from __future__ import annotations

from pelton.projects.documents import Block, Value, block, row
from pelton.projects.event_invokes import EVENT_INVOKE_TYPE
from pelton.projects.function_urls import URL_PROPERTY, sam_url_resource
from pelton.projects.mappings import MAPPING_TYPE
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import ProjectRefused
from pelton.projects.scalars import block_of, truth_of
from pelton.projects.template import deep_merge

FUNCTION_TYPE = "AWS::Serverless::Function"
ROUTES = ("Api", "HttpApi")
_SOURCES = {"DynamoDB": "Stream", "SQS": "Queue"}
#: A queue's batch size, where SAM writes none. Source: Lambda API reference, CreateEventSourceMapping.
_QUEUE_BATCH = 10
_SCHEDULES = {"Schedule": "Schedule", "ScheduleV2": "ScheduleExpression"}
_NOT_SERVED = (
    *("S3", "SNS", "Kinesis", "CloudWatchEvent", "EventBridgeRule", "MSK", "MQ", "Cognito", "DocumentDB"),
    *("IoTRule", "AlexaSkill", "CloudWatchLogs", "SelfManagedKafka"),
)
_KNOWN = (*ROUTES, *_SOURCES, *_SCHEDULES, *_NOT_SERVED)


def with_event_resources(resources: Block, notes: Notes) -> Block:
    """The resources, and those that the functions' events make beside them; other events are noted."""
    made = Block(resources.where)
    for logical_id, resource in resources.items():
        made.put(logical_id, resource, resources.at(logical_id))
    for logical_id, resource in resources.items():
        if isinstance(resource, Block) and resource.get("Type") == FUNCTION_TYPE:
            made.put(logical_id, _with_dead_letters(logical_id, resource), resources.at(logical_id))
            for name, generated in _generated(logical_id, resource, notes):
                if resource.get("Condition") is not None:
                    generated.put("Condition", resource["Condition"], resource.at("Condition"))
                made.put(name, generated, generated.where)
    return made


def _generated(logical_id: str, resource: Block, notes: Notes) -> list[tuple[str, Block]]:
    """What SAM generates beside the function: one for each event, for its asynchronous ones, its URL."""
    found = []
    for name, kind, properties in events_of(logical_id, resource):
        generated = _resource(logical_id, kind, properties, notes)
        if generated is not None:
            found.append((f"{logical_id}{name}", generated))
    properties = block_of(resource.get("Properties"), resource.where, logical_id)
    if properties.get("EventInvokeConfig") is not None:
        where = properties.at("EventInvokeConfig")
        config = Block(where)
        config.put("FunctionName", block(where, [("Ref", logical_id)]), where)
        written = block_of(properties["EventInvokeConfig"], where, f"{logical_id}.EventInvokeConfig")
        for name, value in written.items():
            config.put(name, value, written.at(name))
        entry = block(where, [("Type", EVENT_INVOKE_TYPE), ("Properties", config)])
        found.append((f"{logical_id}EventInvokeConfig", entry))
    if properties.get(URL_PROPERTY) is not None:
        where = properties.at(URL_PROPERTY)
        config = block_of(properties[URL_PROPERTY], where, f"{logical_id}.{URL_PROPERTY}")
        found.append((f"{logical_id}Url", sam_url_resource(logical_id, config)))
    return found


def _with_dead_letters(logical_id: str, resource: Block) -> Block:
    """The function with ``DeadLetterQueue`` as Lambda's own property names it."""
    properties = block_of(resource.get("Properties"), resource.where, logical_id)
    if properties.get("DeadLetterQueue") is None:
        return resource
    where = properties.at("DeadLetterQueue")
    queue = block_of(properties["DeadLetterQueue"], where, f"{logical_id}.DeadLetterQueue")
    config = block(where, [("DeadLetterConfig", block(where, [("TargetArn", queue.get("TargetArn"))]))])
    return deep_merge(resource, block(resource.where, [("Properties", config)]))


def events_of(logical_id: str, resource: Block) -> list[tuple[str, str, Block]]:
    """The function's events: label, type, properties as written.

    Raises:
        ProjectRefused: an event is no mapping or has no type.
    """
    properties = block_of(resource.get("Properties"), resource.at("Properties"), logical_id)
    events = block_of(properties.get("Events"), properties.at("Events"), f"{logical_id}.Events")
    found = []
    for name, event in events.items():
        where = events.at(name)
        written = block_of(event, where, f"{logical_id}.Events.{name}")
        kind = written.get("Type")
        if not isinstance(kind, str):
            raise ProjectRefused(where, f"{logical_id}: the event {name} has no Type", "add Type: Api, DynamoDB …")
        own = block_of(written.get("Properties"), written.at("Properties"), f"{logical_id}.Events.{name}.Properties")
        placed = Block(where)
        for key, value in own.items():
            placed.put(key, value, own.at(key))
        found.append((name, kind, placed))
    return found


def _resource(logical_id: str, kind: str, properties: Block, notes: Notes) -> Block | None:
    where = properties.where
    if kind in _SOURCES:
        return _mapping(logical_id, kind, properties)
    if kind in _SCHEDULES:
        return _schedule(logical_id, kind, properties)
    if kind in _NOT_SERVED:
        notes.warn(
            where, f"{logical_id}: {kind} events are not served here", f"run it with: pelton invoke {logical_id}"
        )
    elif kind not in ROUTES:
        notes.warn(where, f"{logical_id}: there is no event {kind}, it has no effect", did_you_mean(kind, _KNOWN))
    return None


def _mapping(logical_id: str, kind: str, properties: Block) -> Block:
    """A stream's or queue's event as the mapping it is."""
    source = _SOURCES[kind]
    where = properties.where
    if properties.get(source) is None:
        raise ProjectRefused(where, f"{logical_id}: a {kind} event without a {source}", f"add {source}: !GetAtt …")
    made = Block(where)
    made.put("FunctionName", block(where, [("Ref", logical_id)]), where)
    made.put("EventSourceArn", properties[source], properties.at(source))
    if kind == "SQS" and properties.get("BatchSize") is None:
        made.put("BatchSize", _QUEUE_BATCH, where)
    for name, value in properties.items():
        if name != source:
            made.put(name, value, properties.at(name))
    return block(where, [("Type", MAPPING_TYPE), ("Properties", made)])


def _schedule(logical_id: str, kind: str, properties: Block) -> Block:
    where = properties.where
    expression = _SCHEDULES[kind]
    made = Block(where)
    made.put("ScheduleExpression", properties.get(expression), properties.at(expression))
    made.put("State", _state(logical_id, properties), where)
    for name in ("Name", "Description", "ScheduleExpressionTimezone"):
        if properties.get(name) is not None:
            made.put(name, properties[name], properties.at(name))
    arn = block(where, [("Fn::GetAtt", row(where, [logical_id, "Arn"]))])
    target = block(where, [("Arn", arn), ("Id", f"{logical_id}Schedule")])
    if properties.get("Input") is not None:
        target.put("Input", properties["Input"], properties.at("Input"))
    if kind == "ScheduleV2":
        made.put("Target", target, where)
        return block(where, [("Type", "AWS::Scheduler::Schedule"), ("Properties", made)])
    made.put("Targets", row(where, [target]), where)
    return block(where, [("Type", "AWS::Events::Rule"), ("Properties", made)])


def _state(logical_id: str, properties: Block) -> Value:
    """``State`` as written; the older ``Enabled`` as a state."""
    if properties.get("State") is not None:
        return properties["State"]
    where = properties.at("Enabled")
    is_enabled = truth_of(properties.get("Enabled", True), where, f"{logical_id}: Enabled")
    return "ENABLED" if is_enabled else "DISABLED"
