"""What a table's schema demands of keys and items, in the service's words and order.

Everything here needs the table, so it comes after the table lookup; the values themselves were
checked before it (``canonical_item``). The partition key is checked before the sort key.
Source: DynamoDB API reference; developer guide, "Quotas" and "Naming rules and data types".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pelton.errors import ValidationFailed
from pelton.items.canonical import kind_of, value_size
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import AttributeValue, Item

#: Bytes of a partition key's value, at most.
PARTITION_KEY_SIZE_MAX = 2048
#: Bytes of a sort key's value, at most.
SORT_KEY_SIZE_MAX = 1024
#: Characters of a key value so short that no key of them can be too long: four attributes, four bytes a character.
_SHORT = SORT_KEY_SIZE_MAX // 16

KEY_MISMATCH = "The provided key element does not match the schema"

_INVALID = "One or more parameter values were invalid: "
_NOT_VALID = "One or more parameter values are not valid. "
_EMPTY_KINDS = {"S": "string", "B": "binary"}


class EmptyKeyValue(ValidationFailed):
    """A key attribute is an empty string or binary: transactions refuse it whole, not as one action's reason."""


class IndexKey(NamedTuple):
    """An index as far as its keys go."""

    name: str
    schema: KeySchema


def check_key(schema: KeySchema, key: Item) -> None:
    """A ``Key`` of Get, Update, Delete or a batch: exactly the table's key attributes, none empty or too long.

    Raises:
        ValidationFailed: it is not.
    """
    attributes = schema.attributes
    if len(key) != len(attributes):
        raise ValidationFailed(KEY_MISMATCH)
    for attribute in attributes:
        value = key.get(attribute.name)
        if value is None or attribute.type not in value:
            raise ValidationFailed(KEY_MISMATCH)
    _check_contents(schema, key)


def check_put_key(schema: KeySchema, item: Item) -> None:
    """An item of PutItem: has the table's key attributes, of their types, none empty or too long.

    Raises:
        ValidationFailed: it has not.
    """
    for attribute in schema.attributes:
        value = item.get(attribute.name)
        if value is None:
            raise ValidationFailed(_INVALID + f"Missing the key {attribute.name} in the item")
        if attribute.type not in value:
            fault = f"Type mismatch for key {attribute.name} expected: {attribute.type} actual: {kind_of(value)}"
            raise ValidationFailed(_INVALID + fault)
    _check_contents(schema, item)


def check_batch_put_key(schema: KeySchema, item: Item) -> None:
    """An item put by BatchWriteItem: a missing or mistyped key is told as for a ``Key``.

    Raises:
        ValidationFailed: the item has not the table's key, or a part of it is empty or too long.
    """
    for attribute in schema.attributes:
        value = item.get(attribute.name)
        if value is None or attribute.type not in value:
            raise ValidationFailed(KEY_MISMATCH)
    _check_contents(schema, item)


def have_plain_values(attributes: Sequence[KeyAttribute], item: Item) -> bool:
    """Whether what the item has of these attributes can be index keys without a closer look.

    True: each is of its type, not empty, and so short that no key of them is too long. Most items are such.
    """
    for attribute in attributes:
        value = item.get(attribute.name)
        if value is not None:
            content = value.get(attribute.type)
            if not content or len(content) > _SHORT:
                return False
    return True


def check_index_keys(indexes: Sequence[IndexKey], item: Item) -> None:
    """The index key attributes an item has: of their types, not empty. Missing ones are fine.

    When several indexes complain, the alphabetically first is named.

    Raises:
        ValidationFailed: a value cannot be an index key.
    """
    for index in sorted(indexes):
        for attribute in index.schema.attributes:
            value = item.get(attribute.name)
            if value is not None and not value.get(attribute.type):
                raise _index_key_fault(index.name, attribute, value)


def check_updated_index_keys(indexes: Sequence[IndexKey], item: Item, changed: frozenset[str]) -> None:
    """As ``check_index_keys``, for the item UpdateItem makes: only the attributes it changes are looked at.

    Raises:
        ValidationFailed: the update sets an index key to a value that cannot be one.
    """
    for index in sorted(indexes):
        for attribute in index.schema.attributes:
            value = item.get(attribute.name) if attribute.name in changed else None
            if value is not None and not value.get(attribute.type):
                raise _updated_index_key_fault(attribute, value)


def _check_contents(schema: KeySchema, item: Item) -> None:
    """Emptiness, then sizes, of key attributes known to be there."""
    longest = 0
    for attribute in schema.attributes:
        length = len(item[attribute.name][attribute.type])
        if not length:
            raise EmptyKeyValue(_NOT_VALID + _empty_key(attribute) + f" Key: {attribute.name}")
        longest = max(longest, length)
    if longest <= _SHORT:
        return
    if _total_size(schema.partition, item) > PARTITION_KEY_SIZE_MAX:
        fault = f"Size of hashkey has exceeded the maximum size limit of{PARTITION_KEY_SIZE_MAX} bytes"
        raise ValidationFailed(_INVALID + fault)
    if _total_size(schema.sort, item) > SORT_KEY_SIZE_MAX:
        fault = f"Aggregated size of all range keys has exceeded the size limit of {SORT_KEY_SIZE_MAX} bytes"
        raise ValidationFailed(_INVALID + fault)


def _total_size(attributes: tuple[KeyAttribute, ...], item: Item) -> int:
    """Bytes of these attributes' values."""
    return sum(value_size(item[attribute.name]) for attribute in attributes)


def _empty_key(attribute: KeyAttribute) -> str:
    kind = _EMPTY_KINDS[attribute.type]
    return f"The AttributeValue for a key attribute cannot contain an empty {kind} value."


def _index_key_fault(index: str, attribute: KeyAttribute, value: AttributeValue) -> ValidationFailed:
    """What is wrong with an index key value of a put item."""
    if attribute.type in value:
        fault = f"A value specified for a secondary index key is not supported. {_empty_key(attribute)}"
        return EmptyKeyValue(_NOT_VALID + f"{fault} IndexName: {index}, IndexKey: {attribute.name}")
    fault = f"Type mismatch for Index Key {attribute.name} Expected: {attribute.type} Actual: {kind_of(value)}"
    return ValidationFailed(_INVALID + f"{fault} IndexName: {index}")


def _updated_index_key_fault(attribute: KeyAttribute, value: AttributeValue) -> ValidationFailed:
    """What is wrong with an index key value an update has made."""
    if attribute.type in value:
        fault = "The update expression attempted to update a secondary index key to a value that is not supported. "
        return EmptyKeyValue(_NOT_VALID + fault + _empty_key(attribute))
    return ValidationFailed("The update expression attempted to update the secondary index key to unsupported type")
