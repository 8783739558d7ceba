"""Key schemas of a CreateTable or UpdateTable request, checked in the service's order.

Source: recorded order and texts of CreateTable's semantic checks; multi-attribute keys of global
indexes since November 2025.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pelton.errors import ValidationFailed
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.operations import JsonObject
from pelton.tables.errors import invalid_parameter

#: Attributes of one role, HASH or RANGE, in a global index's key.
ROLE_ATTRIBUTES_MAX = 4


def attribute_types(definitions: Sequence[JsonObject]) -> dict[str, str]:
    """Attribute name to type letter, in the request's order; the last definition of a name counts."""
    return {definition["AttributeName"]: definition["AttributeType"] for definition in definitions}


def key_schema(elements: Sequence[JsonObject], types: Mapping[str, str]) -> KeySchema:
    """The key schema of a table or a local index: HASH, then at most one RANGE.

    Raises:
        ValidationFailed: an attribute is not defined, named twice, or in the wrong role.
    """
    check_defined(elements, types)
    if len(elements) == 2 and elements[0]["AttributeName"] == elements[1]["AttributeName"]:
        raise ValidationFailed("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    if elements[0]["KeyType"] != "HASH":
        raise ValidationFailed("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(elements) == 2 and elements[1]["KeyType"] != "RANGE":
        raise ValidationFailed("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    return _schema(elements, types)


def global_key_schema(elements: Sequence[JsonObject], types: Mapping[str, str]) -> KeySchema:
    """The key schema of a global index: up to four HASH, then up to four RANGE.

    Raises:
        ValidationFailed: as for ``key_schema``, or too many attributes of one role.
    """
    if len(elements) <= 2 and sum(element["KeyType"] == "HASH" for element in elements) < 2:
        return key_schema(elements, types)
    check_defined(elements, types)
    _check_roles([element["KeyType"] for element in elements])
    names = [element["AttributeName"] for element in elements]
    if len(set(names)) < len(names):
        raise ValidationFailed("Both the Hash Key and the Range Key element in the KeySchema have the same name")
    return _schema(elements, types)


def check_defined(elements: Sequence[JsonObject], types: Mapping[str, str]) -> None:
    """Refuse key attributes without a definition."""
    names = [element["AttributeName"] for element in elements]
    if any(name not in types for name in names):
        keys, defined = ", ".join(names), ", ".join(types)
        raise invalid_parameter(
            "Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{keys}], AttributeDefinitions: [{defined}]"
        )


def to_wire(schema: KeySchema) -> list[JsonObject]:
    """The schema as KeySchemaElements."""
    roles = [(attribute, "HASH") for attribute in schema.partition] + [
        (attribute, "RANGE") for attribute in schema.sort
    ]
    return [{"AttributeName": attribute.name, "KeyType": role} for attribute, role in roles]


def _check_roles(roles: Sequence[str]) -> None:
    if roles[0] != "HASH":
        raise ValidationFailed("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if list(roles) != sorted(roles):
        raise ValidationFailed(
            "Invalid KeySchema: All HASH key attributes must precede RANGE key attributes in the KeySchema"
        )
    for role in ("HASH", "RANGE"):
        if roles.count(role) > ROLE_ATTRIBUTES_MAX:
            raise ValidationFailed(
                f"Invalid KeySchema: The KeySchema exceeds the maximum allowed number of {role} key attributes"
            )


def _schema(elements: Sequence[JsonObject], types: Mapping[str, str]) -> KeySchema:
    by_role: dict[str, list[KeyAttribute]] = {"HASH": [], "RANGE": []}
    for element in elements:
        name = element["AttributeName"]
        by_role[element["KeyType"]].append(KeyAttribute(name, types[name]))
    return KeySchema(tuple(by_role["HASH"]), tuple(by_role["RANGE"]))
