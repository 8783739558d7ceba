"""Secondary indexes of a CreateTable request, checked in the service's order and turned into values.

Source: recorded order and texts of CreateTable's semantic checks on indexes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pelton.items.schema import KeySchema
from pelton.operations import JsonObject
from pelton.tables.errors import invalid_parameter
from pelton.tables.key_schemas import global_key_schema, key_schema
from pelton.tables.throughput import ON_DEMAND, check_bounds, check_on_demand_limits

LOCAL_INDEXES_MAX = 5
GLOBAL_INDEXES_MAX = 20
#: Names in all INCLUDE projections of a table together.
INCLUDED_NAMES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDefinition:
    """A secondary index as a valid request defines it."""

    name: str
    schema: KeySchema
    is_global: bool
    projection: JsonObject
    throughput: JsonObject | None = None  #: provisioned numbers of a global index
    warm: JsonObject | None = None
    on_demand: JsonObject | None = None


def local_indexes(
    requested: Sequence[JsonObject] | None, table: KeySchema, types: Mapping[str, str]
) -> list[IndexDefinition]:
    """The local indexes of a request, in its order.

    Raises:
        ValidationFailed: the first rule one of them breaks.
    """
    if requested is None:
        return []
    if not requested:
        raise invalid_parameter("List of LocalSecondaryIndexes is empty")
    if not table.sort:
        raise invalid_parameter(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        )
    indexes = [_local_index(index, table, types) for index in requested]
    _check_names(indexes)
    if len(indexes) > LOCAL_INDEXES_MAX:
        raise invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of 5")
    return indexes


def global_indexes(
    requested: Sequence[JsonObject] | None,
    local: Sequence[IndexDefinition],
    types: Mapping[str, str],
    billing_mode: str,
) -> list[IndexDefinition]:
    """The global indexes of a request, in its order; their names must not meet those of ``local``.

    Raises:
        ValidationFailed: the first rule one of them breaks.
    """
    if requested is None:
        return []
    if not requested:
        raise invalid_parameter("List of GlobalSecondaryIndexes is empty")
    indexes = [global_index(index, types, billing_mode) for index in requested]
    _check_names([*local, *indexes])
    if len(indexes) > GLOBAL_INDEXES_MAX:
        raise invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of 20")
    check_included_names([index.projection for index in (*local, *indexes)])
    return indexes


def global_index(index: JsonObject, types: Mapping[str, str], billing_mode: str) -> IndexDefinition:
    """One global index of a CreateTable or UpdateTable request.

    Raises:
        ValidationFailed: the first rule it breaks.
    """
    name = index["IndexName"]
    schema = global_key_schema(index["KeySchema"], types)
    projection = _projection(index["Projection"])
    throughput = index.get("ProvisionedThroughput")
    if billing_mode == ON_DEMAND and throughput is not None:
        raise invalid_parameter(
            f"ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
        )
    if billing_mode != ON_DEMAND and throughput is None:
        raise invalid_parameter(f"ProvisionedThroughput must be specified for index: {name}")
    check_bounds(throughput)
    check_index_limits(name, index.get("OnDemandThroughput"), billing_mode)
    return IndexDefinition(
        name=name,
        schema=schema,
        is_global=True,
        projection=projection,
        throughput=throughput,
        warm=index.get("WarmThroughput"),
        on_demand=index.get("OnDemandThroughput"),
    )


def check_index_limits(name: str, limits: JsonObject | None, billing_mode: str) -> None:
    """Refuse request-unit ceilings of a global index on a provisioned table, or out of range; the text is inferred.

    Raises:
        ValidationFailed: one of the two.
    """
    refusal = (
        f"MaxReadRequestUnits for OnDemandThroughput for index: {name} cannot be specified "
        "when table BillingMode is PROVISIONED."
    )
    check_on_demand_limits(limits, refusal, billing_mode, of=f"index {name}")


def _local_index(index: JsonObject, table: KeySchema, types: Mapping[str, str]) -> IndexDefinition:
    name = index["IndexName"]
    schema = key_schema(index["KeySchema"], types)
    if not schema.sort:
        raise invalid_parameter(f"Index KeySchema does not have a range key for index: {name}")
    index_hash, table_hash = schema.partition[0].name, table.partition[0].name
    if index_hash != table_hash:
        raise invalid_parameter(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. "
            f"index hash key: {index_hash}, table hash key: {table_hash}"
        )
    return IndexDefinition(name=name, schema=schema, is_global=False, projection=_projection(index["Projection"]))


def _projection(projection: JsonObject) -> JsonObject:
    kind, names = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise invalid_parameter("Unknown ProjectionType: null")
    if kind != "INCLUDE" and names is not None:
        raise invalid_parameter(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
    if kind == "INCLUDE" and names is None:
        raise invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    return {"ProjectionType": kind} if names is None else {"NonKeyAttributes": names, "ProjectionType": kind}


def _check_names(indexes: Sequence[IndexDefinition]) -> None:
    seen: set[str] = set()
    for index in indexes:
        if index.name in seen:
            raise invalid_parameter(f"Duplicate index name: {index.name}")
        seen.add(index.name)


def check_included_names(projections: Sequence[JsonObject]) -> None:
    """Refuse more names in all INCLUDE projections of a table than there can be; one in two indexes counts twice.

    Raises:
        ValidationFailed: they are too many.
    """
    count = sum(len(projection.get("NonKeyAttributes", ())) for projection in projections)
    if count > INCLUDED_NAMES_MAX:
        raise invalid_parameter(
            f"Number of projected NonKeyAttributes over all indexes exceeds the limit of {INCLUDED_NAMES_MAX}: {count}"
        )
