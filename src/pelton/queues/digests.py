"""MD5 digests by which clients check what arrived.

Source: SQS developer guide, "Calculating the MD5 message digest for message attributes".
"""

from __future__ import annotations

import hashlib
from base64 import b64decode

from pelton.operations import JsonObject

_TEXT, _BINARY = b"\x01", b"\x02"


def digest(text: str) -> str:
    """MD5 of a body, in hex."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def attributes_digest(attributes: JsonObject) -> str:
    """MD5 of message attributes: by name, each as name, type, kind and value, all but the kind behind their length."""
    told = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        told.update(_behind_length(name.encode()))
        told.update(_behind_length(value["DataType"].encode()))
        if "StringValue" in value:
            told.update(_TEXT + _behind_length(value["StringValue"].encode()))
        else:
            told.update(_BINARY + _behind_length(b64decode(value["BinaryValue"])))
    return told.hexdigest()


def attributes_bytes(attributes: JsonObject) -> int:
    """What the attributes add to a message's size: names, types and values. They need not have been checked."""
    return sum(
        len(name.encode()) + len(value.get("DataType", "").encode()) + len(value_bytes(value))
        for name, value in attributes.items()
    )


def value_bytes(value: JsonObject) -> bytes:
    """An attribute's value as bytes; empty when it has none."""
    return value["StringValue"].encode() if "StringValue" in value else b64decode(value.get("BinaryValue", ""))


def _behind_length(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value
