"""Storage keys: bytes whose order is the order of a table's or an index's rows.

The grammar, written to disk and therefore fixed for ever (no encoding is a prefix of another):

    storage key  = hash partition sort
    index key    = hash partition sort storage-key      of the index's schema, then of the table's
    hash         = 8 bytes: BLAKE2b, digest size 8, of ``partition``, unkeyed
    partition    = value{1,4}                           in the order of the key schema
    sort         = value{0,4}
    value        = bytes | number                       the key schema says which
    bytes        = ( %x01-FF | %x00 %xFF )* %x00 %x00   a string's UTF-8, or a binary; 0x00 escaped
    number       = see numbers.py

A partition is one contiguous range of keys, its items in the order of their sort keys: strings and
binaries by unsigned bytes, numbers by value. Partitions follow the order of their hashes.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from pelton.items.numbers import encode_number
from pelton.items.schema import KeyAttribute, KeySchema
from pelton.items.types import AttributeValue, Item

#: Bytes of the partition hash at the head of a storage key.
HASH_SIZE = 8
#: Operators of a sort key condition, as expressions write them.
SORT_OPERATORS = frozenset(("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"))

_END = b"\x00\x00"


class KeyRange(NamedTuple):
    """Keys with lower <= key < upper; ``upper`` None means to the end."""

    lower: bytes
    upper: bytes | None

    def beyond(self, key: bytes, *, is_descending: bool = False) -> KeyRange:
        """What is left of it behind a key that it holds, walking up or down."""
        # No key is a prefix of another: this is the first key after it.
        return KeyRange(self.lower, key) if is_descending else KeyRange(key + b"\x00", self.upper)


def storage_key(schema: KeySchema, item: Item) -> bytes:
    """The storage key of an item, or of a key alone.

    Args:
        schema: of the table, or of an index that holds the item.
        item: canonical; holds every key attribute, each of its type.
    """
    if len(schema.partition) == 1:
        attribute = schema.partition[0]
        partition = encode_key_value(attribute.type, item[attribute.name])
    else:
        partition = b"".join(encode_key_value(part.type, item[part.name]) for part in schema.partition)
    key = blake2b(partition, digest_size=HASH_SIZE).digest() + partition
    for attribute in schema.sort:
        key += encode_key_value(attribute.type, item[attribute.name])
    return key


def key_hash(key: bytes) -> int:
    """The partition hash at the head of a storage key, 0 to 2**64 - 1."""
    return int.from_bytes(key[:HASH_SIZE], "big")


def key_of(schema: KeySchema, item: Item) -> Item:
    """The key attributes of an item that has them all, partition first."""
    return {attribute.name: item[attribute.name] for attribute in schema.attributes}


def index_key(index_schema: KeySchema, table_schema: KeySchema, item: Item) -> bytes | None:
    """The storage key of an item's row in an index, or None when the index does not hold the item.

    An index holds the items that have all its key attributes, of their types and not empty.
    """
    if not all(holds_key_value(attribute, item.get(attribute.name)) for attribute in index_schema.attributes):
        return None
    return storage_key(index_schema, item) + storage_key(table_schema, item)


def holds_key_value(attribute: KeyAttribute, value: AttributeValue | None) -> bool:
    """Whether a value can stand for that key attribute: there, of its type, and not empty."""
    return value is not None and bool(value.get(attribute.type))


def partition_range(schema: KeySchema, partition_values: Sequence[AttributeValue]) -> KeyRange:
    """All keys of one partition.

    Args:
        schema: of the table or index.
        partition_values: canonical, one for each partition attribute, in the schema's order.
    """
    assert len(partition_values) == len(schema.partition), "a partition needs a value for each of its attributes"
    prefix = _prefix(schema, partition_values)
    return KeyRange(prefix, after_prefix(prefix))


def sort_range(
    schema: KeySchema, equal_values: Sequence[AttributeValue], operator: str, operands: Sequence[AttributeValue]
) -> KeyRange:
    """The keys of one partition whose next sort attribute meets a condition.

    Args:
        schema: of the table or index.
        equal_values: canonical; for each partition attribute, then for the sort attributes before the
            one compared (0 to 3, only where an index has several).
        operator: one of ``SORT_OPERATORS``.
        operands: canonical, of the attribute's type; two for BETWEEN, else one.

    Returns:
        A range that is empty (lower = upper) when BETWEEN has its bounds the wrong way round.
    """
    attribute = schema.attributes[len(equal_values)]
    prefix = _prefix(schema, equal_values)
    if operator == "begins_with":
        begin = prefix + _escaped(attribute.type, operands[0])
        return KeyRange(begin, after_prefix(begin))
    first = prefix + encode_key_value(attribute.type, operands[0])
    if operator == "BETWEEN":
        last = after_prefix(prefix + encode_key_value(attribute.type, operands[1]))
        return KeyRange(first, last if last is None else max(first, last))
    after = after_prefix(first)
    end = after_prefix(prefix)
    ranges = {
        "=": KeyRange(first, after),
        "<": KeyRange(prefix, first),
        "<=": KeyRange(prefix, after),
        ">": KeyRange(first if after is None else after, first if after is None else end),
        ">=": KeyRange(first, end),
    }
    return ranges[operator]


def after_prefix(prefix: bytes) -> bytes | None:
    """The first bytes after everything that starts with the prefix; None when nothing is after it."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,)) if stem else None


def encode_key_value(kind: str, value: AttributeValue) -> bytes:
    """One canonical key value of that type, after the grammar at the top."""
    if kind == "S":
        raw: bytes = value["S"].encode()
    elif kind == "N":
        return encode_number(value["N"])
    else:
        raw = b64decode(value["B"])
    return (raw.replace(b"\x00", b"\x00\xff") if b"\x00" in raw else raw) + _END


def _escaped(kind: str, value: AttributeValue) -> bytes:
    """The encoding of a string or binary without its end: what its extensions start with."""
    assert kind != "N", "numbers have no beginning"
    return encode_key_value(kind, value)[: -len(_END)]


def _prefix(schema: KeySchema, values: Sequence[AttributeValue]) -> bytes:
    """What the keys of all items with these leading key values start with."""
    attributes = schema.attributes
    encoded = [encode_key_value(attributes[at].type, value) for at, value in enumerate(values)]
    partition = b"".join(encoded[: len(schema.partition)])
    return blake2b(partition, digest_size=HASH_SIZE).digest() + b"".join(encoded)
