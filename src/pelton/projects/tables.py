"""Table resources as CreateTable requests. Source: CloudFormation template reference, AWS::DynamoDB::Table."""

from __future__ import annotations

from pelton.operations import JsonObject
from pelton.projects.documents import Block, Row, Value, first_unresolved
from pelton.projects.intrinsics import Evaluator
from pelton.projects.kinds import TABLE_TYPES
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import ProjectRefused, TableDeclaration, Where
from pelton.projects.scalars import block_of, text_of, truth_of, whole_number_of
from pelton.projects.template import Template

#: Members a CreateTable request takes as they are written.
_AS_WRITTEN = (
    *("AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexes"),
    *("LocalSecondaryIndexes", "Tags", "TableClass", "DeletionProtectionEnabled"),
)
#: They matter to deployment alone.
_PASSED_OVER = frozenset(
    {
        *("SSESpecification", "PointInTimeRecoverySpecification", "ContributorInsightsSpecification"),
        *("ResourcePolicy", "OnDemandThroughput", "WarmThroughput", "Replicas", "WriteProvisionedThroughputSettings"),
        *("WriteOnDemandThroughputSettings", "GlobalTableWitnesses", "MultiRegionConsistency"),
    }
)
_NOT_SERVED = {
    "KinesisStreamSpecification": "changes go to the table's own stream only",
    "ImportSourceSpecification": "the table starts empty",
}
_NUMBERS = frozenset({"ReadCapacityUnits", "WriteCapacityUnits"})
_BOOLEANS = frozenset({"DeletionProtectionEnabled"})
_KEY_TYPES = {"String": "S", "Number": "N", "Binary": "B"}
_CAPACITY = range(1, 1_000_000_000)


def read_tables(template: Template, evaluator: Evaluator, notes: Notes) -> tuple[TableDeclaration, ...]:
    """The template's tables, in the order written.

    Raises:
        ProjectRefused: a table has no key, or a value of it cannot be told.
    """
    return tuple(
        _table(logical_id, template, evaluator, notes)
        for logical_id in template.resources
        if template.type_of(logical_id) in TABLE_TYPES and evaluator.references.exists(logical_id)
    )


def _table(logical_id: str, template: Template, evaluator: Evaluator, notes: Notes) -> TableDeclaration:
    where = template.resources.at(logical_id)
    resource = block_of(template.resources[logical_id], where, logical_id)
    properties = block_of(evaluator.evaluate(resource.get("Properties"), where), where, f"{logical_id}.Properties")
    name = text_of(evaluator.references.physical_name(logical_id), where, f"{logical_id}.TableName")
    is_simple = template.type_of(logical_id) == "AWS::Serverless::SimpleTable"
    create = _simple(properties) if is_simple else _create(logical_id, properties, notes)
    return TableDeclaration(
        logical_id=logical_id,
        name=name,
        create={"TableName": name, **create},
        time_to_live=None if is_simple else _time_to_live(properties),
        where=where,
    )


def _create(logical_id: str, properties: Block, notes: Notes) -> JsonObject:
    for required in ("AttributeDefinitions", "KeySchema"):
        if required not in properties:
            raise ProjectRefused(properties.where, f"the table {logical_id} has no {required}", f"add {required}")
    _note_unknown(logical_id, properties, notes)
    request: JsonObject = {
        member: _wire(properties[member], properties.at(member), member)
        for member in _AS_WRITTEN
        if properties.get(member) is not None
    }
    if properties.get("StreamSpecification") is not None:
        where = properties.at("StreamSpecification")
        specification = block_of(properties["StreamSpecification"], where, "StreamSpecification")
        view = text_of(specification.get("StreamViewType"), where, f"{logical_id}: StreamViewType")
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    if "Replicas" in properties and "ProvisionedThroughput" not in request:
        request["BillingMode"] = "PAY_PER_REQUEST"  # A global table states its throughput per replica.
    return request


def _simple(properties: Block) -> JsonObject:
    where = properties.where
    key = block_of(properties.get("PrimaryKey"), where, "PrimaryKey")
    name = text_of(key.get("Name", "id"), where, "PrimaryKey.Name")
    kind = text_of(key.get("Type", "String"), where, "PrimaryKey.Type")
    if kind not in _KEY_TYPES:
        raise ProjectRefused(key.at("Type"), f"PrimaryKey.Type is {kind}", "write String, Number or Binary")
    return {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": _KEY_TYPES[kind]}],
        "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }


def _time_to_live(properties: Block) -> JsonObject | None:
    where = properties.at("TimeToLiveSpecification")
    specification = block_of(properties.get("TimeToLiveSpecification"), where, "TimeToLiveSpecification")
    if not specification:
        return None
    attribute = text_of(specification.get("AttributeName"), where, "TimeToLiveSpecification.AttributeName")
    return {"AttributeName": attribute, "Enabled": truth_of(specification.get("Enabled", True), where, "Enabled")}


def _note_unknown(logical_id: str, properties: Block, notes: Notes) -> None:
    known = {*_AS_WRITTEN, *_PASSED_OVER, *_NOT_SERVED, "TableName", "StreamSpecification", "TimeToLiveSpecification"}
    for name in properties:
        where = properties.at(name)
        if name in _NOT_SERVED:
            notes.warn(where, f"{logical_id}: {name} is not served here", _NOT_SERVED[name])
        elif name not in known:
            notes.warn(where, f"{logical_id}: a table has no property {name}", did_you_mean(name, known))


def _wire(value: Value, where: Where, name: str) -> object:
    """A property as the JSON of a request; numbers and booleans may be written as text."""
    if isinstance(value, Block):
        return {key: _wire(item, value.at(key), key) for key, item in value.items() if item is not None}
    if isinstance(value, Row):
        return [_wire(item, place, name) for item, place in zip(value, value.places, strict=True)]
    unresolved = first_unresolved(value)
    if unresolved is not None:
        raise unresolved.refusal()
    if name in _NUMBERS:
        return whole_number_of(value, where, name, _CAPACITY)
    return truth_of(value, where, name) if name in _BOOLEANS else text_of(value, where, name)
