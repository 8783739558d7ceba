"""JSON types of a body against the model: the first stage of validation.

A converter takes a value as it came and returns it as the operation shall see it: unknown members and nulls dropped,
coerced where the service coerces. Bodies are changed in place. Only the first problem is reported, with the text of
the service's own (Java) deserialiser. Null members are as absent; attribute values are in ``attribute_values``.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any

from pelton.errors import SerializationFailed

#: Raises SerializationFailed.
Converter = Callable[[Any], Any]

_STRUCTURE_FOUND = "Start of structure or map found where not expected"
_BASE64_GROUP = 4
_BAD_LAST_CHARACTER = "Invalid last non-pad Base64 character dectected"
#: What can stand before ``==`` and before ``=``: characters whose last four, or two, bits are zeros.
_BEFORE_TWO = frozenset("AQgw")
_BEFORE_ONE = frozenset("AEIMQUYcgkosw048")
_TRUE_WORDS = ("true", "1", "yes")
_FALSE_WORDS = ("false", "0", "no")
#: Largest values of Java's integers: what is beyond has no place there, nor in a column of SQLite.
_BOUNDS = {"Integer": 2**31 - 1, "Long": 2**63 - 1}


def token_name(value: object) -> str:
    """What the service's parser calls a scalar of that type."""
    if value is None:
        return "NULL_VALUE"
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    return "DECIMAL_VALUE" if isinstance(value, float) else "STRING_VALUE"


def _refuse_scalar(value: object, java_class: str, short: str) -> SerializationFailed:
    if isinstance(value, list):
        return SerializationFailed(f"Unrecognized collection type class {java_class}")
    if isinstance(value, dict):
        return SerializationFailed(_STRUCTURE_FOUND)
    return SerializationFailed(f"{token_name(value)} cannot be converted to {short}")


def string(value: Any) -> Any:
    """A text."""
    if type(value) is str:
        return value
    raise _refuse_scalar(value, "java.lang.String", "String")


def boolean(value: Any) -> Any:
    """A truth value, or one of the words the service takes for one."""
    if type(value) is bool:
        return value
    if isinstance(value, str):
        word = value.lower()
        if word in _TRUE_WORDS or word in _FALSE_WORDS:
            return word in _TRUE_WORDS
        raise SerializationFailed("Unexpected token received from parser")
    raise _refuse_scalar(value, "java.lang.Boolean", "Boolean")


def integer(value: Any) -> Any:
    """A number of 32 bits; decimals are cut off."""
    return _whole(value, "Integer")


def long(value: Any) -> Any:
    """A number of 64 bits; decimals are cut off."""
    return _whole(value, "Long")


def _whole(value: Any, short: str) -> Any:
    if type(value) is float:
        value = int(value)
    bound = _BOUNDS[short]
    if type(value) is not int or not -bound - 1 <= value <= bound:
        raise _refuse_scalar(value, f"java.lang.{short}", short)
    return value


def double(value: Any) -> Any:
    """Any number."""
    if type(value) in (int, float):
        return value
    raise _refuse_scalar(value, "java.lang.Double", "Double")


def timestamp(value: Any) -> Any:
    """Seconds since the epoch, with decimals or without."""
    if type(value) in (int, float):
        return value
    raise _refuse_scalar(value, "java.util.Date", "Date")


def blob(value: Any) -> Any:
    """Bytes as base64 text; it stays text."""
    if type(value) is not str:
        if isinstance(value, list):
            raise SerializationFailed("Unrecognized collection type class java.nio.ByteBuffer")
        if isinstance(value, dict):
            raise SerializationFailed(_STRUCTURE_FOUND)
        raise SerializationFailed("only base-64-encoded strings are convertible to bytes")
    if len(value) % _BASE64_GROUP:
        raise SerializationFailed(f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(value)}")
    try:
        binascii.a2b_base64(value, strict_mode=True)
    except ValueError:  # binascii.Error, and the one for text that is not ASCII.
        raise SerializationFailed(_BAD_LAST_CHARACTER) from None
    # Of the character before the padding some bits belong to no byte: they must be zeros.
    if value.endswith("=") and (value[-3] not in _BEFORE_TWO if value[-2] == "=" else value[-2] not in _BEFORE_ONE):
        raise SerializationFailed(_BAD_LAST_CHARACTER)
    return value


def a_list(element: Converter, *, is_element: bool = False) -> Converter:
    """A list of what ``element`` converts. ``is_element``: it stands in a list or map itself."""
    scalar_text = _GENERIC_CAST if is_element else "Unexpected field type"

    def convert(value: Any) -> Any:
        if type(value) is not list:
            raise SerializationFailed(_STRUCTURE_FOUND if isinstance(value, dict) else scalar_text)
        for position, given in enumerate(value):
            kept = element(given)
            if kept is not given:
                value[position] = kept
        return value

    return convert


def a_map(value_converter: Converter, value_java_type: str, *, is_element: bool = False) -> Converter:
    """A map from texts to what ``value_converter`` converts."""
    wrong = wrong_map(value_java_type, is_element=is_element)

    def convert(value: Any) -> Any:
        if type(value) is not dict:
            raise wrong(value)
        return _converted_members(value, None, value_converter)

    return convert


def a_structure(members: Mapping[str, Converter], java_class: str, *, is_element: bool = False) -> Converter:
    """A structure of known members."""
    wrong = wrong_structure(java_class, is_element=is_element)

    def convert(value: Any) -> Any:
        if type(value) is not dict:
            raise wrong(value)
        return _converted_members(value, members, None)

    return convert


def _converted_members(
    value: dict[str, Any], members: Mapping[str, Converter] | None, every: Converter | None
) -> dict[str, Any]:
    dropped: list[str] | None = None
    for name, given in value.items():
        converter = every if members is None else members.get(name)
        if given is None or converter is None:
            if dropped is None:
                dropped = []
            dropped.append(name)
            continue
        kept = converter(given)
        if kept is not given:
            value[name] = kept
    if dropped is not None:
        for name in dropped:
            del value[name]
    return value


def wrong_structure(java_class: str, *, is_element: bool) -> Callable[[object], SerializationFailed]:
    """What to raise for a value that is no structure."""
    scalar_text = "Unexpected value type in payload" if is_element else "Unexpected field type"

    def wrong(value: object) -> SerializationFailed:
        if isinstance(value, list):
            return SerializationFailed(f"Unrecognized collection type class {java_class}")
        return SerializationFailed(scalar_text)

    return wrong


def wrong_map(value_java_type: str, *, is_element: bool) -> Callable[[object], SerializationFailed]:
    """What to raise for a value that is no map."""
    scalar_text = _GENERIC_CAST if is_element else "Unexpected field type"

    def wrong(value: object) -> SerializationFailed:
        if isinstance(value, list):
            return SerializationFailed(
                f"Unrecognized collection type java.util.Map<java.lang.String, {value_java_type}>"
            )
        return SerializationFailed(scalar_text)

    return wrong


#: The service answers a scalar in place of a nested collection with this, word for word.
_GENERIC_CAST = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class "
    "(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base of "
    "loader 'bootstrap')"
)
