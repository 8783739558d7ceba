"""Event source mappings: resources of type AWS::Lambda::EventSourceMapping as declarations.

A ``stream`` or ``sqs`` event of serverless.yml and a ``DynamoDB`` event of SAM become such a resource first, so ranges,
defaults and what is not supported stand here once. Source: Lambda API reference, CreateEventSourceMapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pelton.operations import JsonObject
from pelton.projects.documents import Block, Value
from pelton.projects.intrinsics import Evaluator
from pelton.projects.mapping_values import filters_of, number_in, response_types_of
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.options import ReadOptions
from pelton.projects.project import (
    FunctionDeclaration,
    MappingDeclaration,
    ProjectRefused,
    TableDeclaration,
    Where,
    stream_token,
)
from pelton.projects.queue_mappings import QUEUE_SOURCE, queue_settings
from pelton.projects.scalars import block_of, text_of, truth_of, whole_number_of
from pelton.projects.template import Template

MAPPING_TYPE = "AWS::Lambda::EventSourceMapping"
_STREAM_ARN = re.compile(r"arn:aws:dynamodb:[^:]*:\d*:table/([^/]+)/stream/.+")
_TOPIC_OR_BUCKET_ARN = re.compile(r"arn:aws[a-z-]*:(sns:[^:]*:\d*:[A-Za-z0-9_-]+|s3:::[a-z0-9][a-z0-9.-]*)")
_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[^:]*:\d*:[A-Za-z0-9_-]+")
_TOKEN = re.compile(r"\{\{stream:[^{}]+\}\}")
_FUNCTION_ARN = re.compile(r"(?:arn:aws:lambda:[^:]*:)?(?:\d{12}:)?(?:function:)?([A-Za-z0-9_-]+)(?::[\w$-]+)?")
_PASSED_OVER = frozenset(
    {"Tags", "MetricsConfig", "KmsKeyArn", "KMSKeyArn", "ProvisionedPollerConfig", "LoggingConfig"}
)


@dataclass(frozen=True, slots=True)
class _Setting:
    """One setting: how its value is read, and the value Lambda takes when it is absent."""

    read: Callable[[Value, Where, str], object]
    default: object


def _position(value: Value, where: Where, what: str) -> object:
    position = text_of(value, where, what)
    if position not in ("TRIM_HORIZON", "LATEST"):
        raise ProjectRefused(where, f"{what} is {position}", "a table's stream starts at TRIM_HORIZON or LATEST")
    return position


def _age(value: Value, where: Where, what: str) -> object:
    age = whole_number_of(value, where, what, range(-1, 604_801))
    if 0 <= age < 60:
        raise ProjectRefused(where, f"{what} is {age}", "write -1 (for ever) or 60 to 604800")
    return age


def _destination(value: Value, where: Where, what: str) -> object:
    config = block_of(value, where, what)
    failure = block_of(config.get("OnFailure"), where, f"{what}.OnFailure")
    if "OnSuccess" in config:
        raise ProjectRefused(where, "a stream mapping has no OnSuccess destination", "remove it")
    if not failure:
        return {"OnFailure": {}}
    return {"OnFailure": {"Destination": text_of(failure.get("Destination"), where, f"{what}.OnFailure.Destination")}}


_SETTINGS: Mapping[str, _Setting] = {
    "StartingPosition": _Setting(_position, None),
    "BatchSize": _Setting(number_in(1, 10_000), 100),
    "Enabled": _Setting(truth_of, True),
    "MaximumBatchingWindowInSeconds": _Setting(number_in(0, 300), 0),
    "ParallelizationFactor": _Setting(number_in(1, 10), 1),
    "MaximumRetryAttempts": _Setting(number_in(-1, 10_000), -1),
    "MaximumRecordAgeInSeconds": _Setting(_age, -1),
    "BisectBatchOnFunctionError": _Setting(truth_of, False),
    "FunctionResponseTypes": _Setting(response_types_of, []),
    "TumblingWindowInSeconds": _Setting(number_in(0, 900), 0),
    "FilterCriteria": _Setting(filters_of, {"Filters": []}),
    "DestinationConfig": _Setting(_destination, {"OnFailure": {}}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingReader:
    """Reads the mappings of one template."""

    template: Template
    evaluator: Evaluator
    functions: tuple[FunctionDeclaration, ...]
    tables: tuple[TableDeclaration, ...]
    skipped: frozenset[str]  #: Lambda names of functions that do not run here
    options: ReadOptions
    notes: Notes

    def read(self) -> tuple[MappingDeclaration, ...]:
        """The mappings of streams and queues, in the order written; other sources are noted and left out.

        Raises:
            ProjectRefused: a value is out of its range, cannot be told, or a pair of function and stream stands twice.
        """
        declared: dict[tuple[str, str], MappingDeclaration] = {}
        for logical_id in self.template.resources:
            if self.template.type_of(logical_id) != MAPPING_TYPE or not self.evaluator.references.exists(logical_id):
                continue
            mapping = self._mapping(logical_id)
            if mapping is None:
                continue
            pair = (mapping.function_key, mapping.event_source)
            if pair in declared:
                what = f"{mapping.function_key} reads the same source twice, here and at {declared[pair].where}"
                raise ProjectRefused(mapping.where, what, "remove one of the two")
            declared[pair] = mapping
        return tuple(declared.values())

    def _mapping(self, logical_id: str) -> MappingDeclaration | None:
        where = self.template.resources.at(logical_id)
        resource = block_of(self.template.resources[logical_id], where, logical_id)
        properties = block_of(self.evaluator.evaluate(resource.get("Properties"), where), where, logical_id)
        function_key = self._function_key(properties)
        if function_key is None:
            return None
        source = self._source(properties, function_key)
        if source is None:
            return None
        if QUEUE_SOURCE.fullmatch(source):
            settings = queue_settings(properties, function_key, self.notes)
        else:
            settings = self._settings(properties, function_key)
        return MappingDeclaration(function_key=function_key, event_source=source, settings=settings, where=where)

    def _function_key(self, properties: Block) -> str | None:
        where = properties.at("FunctionName")
        text = text_of(properties.get("FunctionName"), where, "FunctionName")
        match = _FUNCTION_ARN.fullmatch(text)
        name = match[1] if match else text
        if name in self.skipped:
            return None
        for function in self.functions:
            if function.name == name:
                return function.key
        raise ProjectRefused(
            where, f"there is no function {name}", did_you_mean(name, (function.name for function in self.functions))
        )

    def _source(self, properties: Block, function_key: str) -> str | None:
        """The stream's ARN or token, or the queue's ARN; None for a source that is not served here."""
        where = properties.at("EventSourceArn")
        value = properties.get("EventSourceArn")
        if value is None:
            what = f"{function_key}: the mapping has a source that is neither a stream of a table nor a queue"
            self.notes.warn(where, f"{what} and is not served here", "the function can be invoked by name")
            return None
        arn = text_of(value, where, f"{function_key}: the stream's ARN")
        if _TOKEN.fullmatch(arn) or QUEUE_SOURCE.fullmatch(arn):
            return arn
        match = _STREAM_ARN.fullmatch(arn)
        if match is None:
            self.notes.warn(
                where, f"{function_key}: the source {arn} is not served here", "the function can be invoked by name"
            )
            return None
        table = next((table for table in self.tables if table.name == match[1]), None)
        if table is None:
            cure = "declare the table under resources and refer to it with !GetAtt Table.StreamArn"
            self.notes.warn(where, f"{function_key}: the table {match[1]} is not in this project", cure)
            return arn
        if "StreamSpecification" not in table.create:
            cure = f"add StreamSpecification: {{StreamViewType: NEW_AND_OLD_IMAGES}} to {table.logical_id}"
            raise ProjectRefused(where, f"{function_key}: the table {match[1]} has no stream", cure)
        return stream_token(match[1])

    def _unserved_destination(self, config: Value) -> str | None:
        """A destination that is no standard queue's ARN (nor a topic's or bucket's where something answers)."""
        failure = config.get("OnFailure") if isinstance(config, Block) else None
        destination = failure.get("Destination") if isinstance(failure, Block) else None
        if destination is None or _QUEUE_ARN.fullmatch(str(destination)):
            return None
        is_answered = self.options.has_topics_and_buckets and _TOPIC_OR_BUCKET_ARN.fullmatch(str(destination))
        return None if is_answered else str(destination)

    def _settings(self, properties: Block, function_key: str) -> JsonObject:
        settings: JsonObject = {}
        for name, value in properties.items():
            where = properties.at(name)
            if name in ("FunctionName", "EventSourceArn") or name in _PASSED_OVER or value is None:
                continue
            setting = _SETTINGS.get(name)
            if setting is None:
                what = f"{function_key}: a stream mapping has no {name}"
                self.notes.warn(where, what, did_you_mean(name, _SETTINGS))
                continue
            read = setting.read(value, where, f"{function_key}: {name}")
            if name == "DestinationConfig" and (other := self._unserved_destination(value)):
                what = f"{function_key}: the destination {other} is not a queue's ARN, and no other is supported here"
                cure = "name a queue with !GetAtt Queue.Arn; topics and buckets need moto: pip install 'pelton[aws]'"
                self.notes.refuse_unsupported(where, what, cure)
            elif name in self.options.mapping_settings or read == setting.default:
                settings[name] = read
            else:
                what = f"{function_key}: {name} is not supported yet and would change what the function receives"
                self.notes.refuse_unsupported(where, what, "remove it")
        if "StartingPosition" not in settings:
            raise ProjectRefused(
                properties.where, f"{function_key}: no StartingPosition", "write LATEST or TRIM_HORIZON"
            )
        return settings
