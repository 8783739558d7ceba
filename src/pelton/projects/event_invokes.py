"""How a function's asynchronous events are treated: AWS::Lambda::EventInvokeConfig, and serverless.yml's keys for it.

Source: Serverless Framework documentation, Functions, "Destinations", "Maximum event age and retry attempts".
"""

from __future__ import annotations

import re
from dataclasses import replace

from pelton.operations import JsonObject
from pelton.projects.documents import Block, Value, block, row
from pelton.projects.function_urls import read_urls
from pelton.projects.intrinsics import Evaluator
from pelton.projects.names import function_logical_id, function_name_in
from pelton.projects.notes import Notes
from pelton.projects.project import FunctionDeclaration, ProjectRefused, Where
from pelton.projects.scalars import block_of, text_of, whole_number_of
from pelton.projects.template import Template

EVENT_INVOKE_TYPE = "AWS::Lambda::EventInvokeConfig"

_NUMBERS = {"MaximumRetryAttempts": range(3), "MaximumEventAgeInSeconds": range(60, 21_601)}
_QUEUE_OR_FUNCTION = re.compile(r"arn:aws[a-z-]*:(sqs:[^:]*:\d*:[A-Za-z0-9_-]+|lambda:[^:]*:\d*:function:[\w$:-]+)")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[^:]*:\d*:[A-Za-z0-9_-]+")
_BUCKET = re.compile(r"arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]*")
_OUTCOMES = {"onSuccess": "OnSuccess", "onFailure": "OnFailure"}


def event_invoke_resource(key: str, written: Block, functions: Block) -> Block | None:
    """The resource of a function that says something about its events; None: it says nothing."""
    where = written.where
    properties = Block(where)
    for name, source in (
        ("MaximumRetryAttempts", "maximumRetryAttempts"),
        ("MaximumEventAgeInSeconds", "maximumEventAge"),
    ):
        if written.get(source) is not None:
            properties.put(name, written[source], written.at(source))
    destinations = block_of(written.get("destinations"), written.at("destinations"), f"functions.{key}.destinations")
    config = Block(destinations.where)
    for source, outcome in _OUTCOMES.items():
        if destinations.get(source) is not None:
            place = destinations.at(source)
            arn = _arn(destinations[source], place, functions)
            config.put(outcome, block(place, [("Destination", arn)]), place)
    if config:
        properties.put("DestinationConfig", config, destinations.where)
    if not properties:
        return None
    properties.put("FunctionName", block(where, [("Ref", function_logical_id(key))]), where)
    properties.put("Qualifier", "$LATEST", where)
    return block(where, [("Type", EVENT_INVOKE_TYPE), ("Properties", properties)])


def _arn(value: Value, where: Where, functions: Block) -> Value:
    """A destination's ARN: a function's key stands for its ARN."""
    if isinstance(value, Block) and "arn" in value:
        return value["arn"]
    if isinstance(value, str) and value in functions:
        return block(where, [("Fn::GetAtt", row(where, [function_logical_id(value), "Arn"]))])
    return value


def with_event_settings(
    functions: tuple[FunctionDeclaration, ...], template: Template, evaluator: Evaluator, notes: Notes
) -> tuple[FunctionDeclaration, ...]:
    """The functions with what the template says about their events, concurrency and URLs.

    Raises:
        ProjectRefused: a value is out of its range, or cannot be told.
    """
    configured = _event_invokes(template, evaluator, notes)
    urls = read_urls(template, evaluator, notes)
    found = (_with_settings(function, configured, template, evaluator, notes) for function in functions)
    return tuple(replace(function, url=urls.get(function.name)) for function in found)


def _with_settings(
    function: FunctionDeclaration,
    configured: dict[str, JsonObject],
    template: Template,
    evaluator: Evaluator,
    notes: Notes,
) -> FunctionDeclaration:
    resource = block_of(template.resources[function.logical_id], function.where, function.key)
    written = block_of(resource.get("Properties"), resource.where, function.key)
    reserved = evaluator.evaluate(written.get("ReservedConcurrentExecutions"), function.where)
    what = f"functions.{function.key}: reservedConcurrency"
    place = written.at("ReservedConcurrentExecutions")
    return replace(
        function,
        event_invoke=configured.get(function.name),
        dead_letter=_dead_letter(function, written, evaluator, notes),
        reserved_concurrency=None if reserved is None else whole_number_of(reserved, place, what, range(901)),
    )


def _dead_letter(function: FunctionDeclaration, written: Block, evaluator: Evaluator, notes: Notes) -> str | None:
    where = written.at("DeadLetterConfig")
    config = block_of(evaluator.evaluate(written.get("DeadLetterConfig"), where), where, "DeadLetterConfig")
    if config.get("TargetArn") is None:
        return None
    return _served(text_of(config["TargetArn"], where, f"functions.{function.key}.onError"), where, notes)


def _event_invokes(template: Template, evaluator: Evaluator, notes: Notes) -> dict[str, JsonObject]:
    """By Lambda name: the configuration of each function that has one, as PutFunctionEventInvokeConfig takes it."""
    found = {}
    for logical_id in template.resources:
        if template.type_of(logical_id) == EVENT_INVOKE_TYPE and evaluator.references.exists(logical_id):
            where = template.resources.at(logical_id)
            resource = block_of(template.resources[logical_id], where, logical_id)
            properties = block_of(evaluator.evaluate(resource.get("Properties"), where), where, logical_id)
            name = text_of(properties.get("FunctionName"), where, f"{logical_id}.FunctionName")
            found[function_name_in(name)] = _configuration(properties, logical_id, notes)
    return found


def _served(arn: str, where: Where, notes: Notes, *, may_be_bucket: bool = False) -> str | None:
    """The destination, where it is one that is served here; else a note says that records stay in the log."""
    if _QUEUE_OR_FUNCTION.fullmatch(arn) or _TOPIC.fullmatch(arn) or (may_be_bucket and _BUCKET.fullmatch(arn)):
        return arn
    what = f"the destination {arn} is no standard queue, no standard topic and no function"
    notes.warn(where, what, "name one with !GetAtt X.Arn; a bucket takes the failures of events alone")
    return None


def _configuration(properties: Block, logical_id: str, notes: Notes) -> JsonObject:
    configuration: JsonObject = {}
    for name, allowed in _NUMBERS.items():
        if properties.get(name) is not None:
            what = f"{logical_id}: {name}"
            configuration[name] = whole_number_of(properties[name], properties.at(name), what, allowed)
    where = properties.at("DestinationConfig")
    destinations = block_of(properties.get("DestinationConfig"), where, f"{logical_id}.DestinationConfig")
    for outcome in destinations:
        if outcome not in _OUTCOMES.values():
            raise ProjectRefused(where, f"{logical_id}: no destination {outcome}", "write OnSuccess or OnFailure")
        place = destinations.at(outcome)
        entry = block_of(destinations[outcome], place, f"{logical_id}.{outcome}")
        written = text_of(entry.get("Destination"), place, f"{logical_id}.{outcome}.Destination")
        arn = _served(written, place, notes, may_be_bucket=outcome == "OnFailure")
        if arn is not None:
            configuration.setdefault("DestinationConfig", {})[outcome] = {"Destination": arn}
    return configuration
