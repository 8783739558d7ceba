"""Queue resources as CreateQueue requests. Source: CloudFormation template reference, AWS::SQS::Queue."""

from __future__ import annotations

import json

from pelton.projects.documents import Block, Row, Value, first_unresolved
from pelton.projects.intrinsics import Evaluator
from pelton.projects.kinds import QUEUE_TYPE
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import QueueDeclaration, Where
from pelton.projects.scalars import block_of, row_of, text_of, truth_of
from pelton.projects.template import Template

_NUMBERS_AND_NAMES = (
    *("DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"),
    *("VisibilityTimeout", "DeduplicationScope", "FifoThroughputLimit"),
)
_FLAGS = ("SqsManagedSseEnabled", "ContentBasedDeduplication")
_FIFO = "FifoQueue"
_DOCUMENTS = ("RedrivePolicy", "RedriveAllowPolicy")
#: They matter to deployment alone.
_PASSED_OVER = frozenset({"KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"})


def read_queues(template: Template, evaluator: Evaluator, notes: Notes) -> tuple[QueueDeclaration, ...]:
    """The template's queues, in the order written.

    Raises:
        ProjectRefused: a value of a queue cannot be told.
    """
    return tuple(
        _queue(logical_id, template, evaluator, notes)
        for logical_id in template.resources
        if template.type_of(logical_id) == QUEUE_TYPE and evaluator.references.exists(logical_id)
    )


def _queue(logical_id: str, template: Template, evaluator: Evaluator, notes: Notes) -> QueueDeclaration:
    where = template.resources.at(logical_id)
    resource = block_of(template.resources[logical_id], where, logical_id)
    properties = block_of(evaluator.evaluate(resource.get("Properties"), where), where, f"{logical_id}.Properties")
    name = text_of(evaluator.references.physical_name(logical_id), where, f"{logical_id}.QueueName")
    known = {*_NUMBERS_AND_NAMES, *_FLAGS, *_DOCUMENTS, *_PASSED_OVER, _FIFO, "QueueName", "Tags"}
    for property_name in properties:
        if property_name not in known:
            what = f"{logical_id}: a queue has no property {property_name}"
            notes.warn(properties.at(property_name), what, did_you_mean(property_name, known))
    return QueueDeclaration(
        logical_id=logical_id,
        name=name,
        attributes=_attributes(properties, logical_id),
        tags=_tags(properties),
        where=where,
    )


def _attributes(properties: Block, logical_id: str) -> dict[str, str]:
    """The properties as CreateQueue's attributes; a standard queue is one that says nothing, not ``false``."""
    found = {
        attribute: _attribute(properties[attribute], properties.at(attribute), f"{logical_id}: {attribute}")
        for attribute in (*_NUMBERS_AND_NAMES, *_DOCUMENTS)
        if properties.get(attribute) is not None
    }
    for flag in (_FIFO, *_FLAGS):
        if properties.get(flag) is not None:
            is_set = truth_of(properties[flag], properties.at(flag), f"{logical_id}: {flag}")
            found[flag] = "true" if is_set else "false"
    if found.get(_FIFO) == "false":
        del found[_FIFO]
    return found


def _attribute(value: Value, where: Where, what: str) -> str:
    """An attribute as the text of a request: documents as JSON."""
    unresolved = first_unresolved(value)
    if unresolved is not None:
        raise unresolved.refusal()
    if isinstance(value, Block | Row):
        return json.dumps(_plain(value))
    return text_of(value, where, what)


def _plain(value: Value) -> object:
    if isinstance(value, Block):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Row):
        return [_plain(item) for item in value]
    return value


def _tags(properties: Block) -> dict[str, str]:
    where = properties.at("Tags")
    rows = row_of(properties.get("Tags"), where, "Tags")
    tags = (block_of(item, place, "a tag") for item, place in zip(rows, rows.places, strict=True))
    return {
        text_of(tag.get("Key"), tag.where, "Key"): text_of(tag.get("Value", ""), tag.where, "Value") for tag in tags
    }
