"""JSON types of attribute values: the hot path of validation, written by hand.

Here only types are looked at: ``{"N": 5}`` is refused, ``{"N": "x"}`` and ``{}`` are not; what a value means is the
business of ``items``. Unknown members and nulls are dropped; a null in place of a whole value becomes ``{}``.
"""

from __future__ import annotations

from typing import Any

from pelton.server.model.json_types import Converter, a_list, blob, boolean, string, wrong_map, wrong_structure

_JAVA_CLASS = "com.amazonaws.dynamodb.v20120810.AttributeValue"
_TEXTS = frozenset(("S", "N"))


def attribute_map(*, is_element: bool = False) -> Converter:
    """Converter of a map of attribute values: an item, a key, the values of expressions."""
    wrong = wrong_map(_JAVA_CLASS, is_element=is_element)

    def convert(value: Any) -> Any:
        if type(value) is not dict:
            raise wrong(value)
        for name, given in value.items():
            # Most values are one text; a call for each of them would cost more than all else here.
            if type(given) is dict and len(given) == 1:
                ((kind, inner),) = given.items()
                if type(inner) is not str or kind not in _TEXTS:
                    _converted(given)
            else:
                value[name] = _element(given)
        return value

    return convert


def attribute_value(*, is_element: bool = False) -> Converter:
    """Converter of one attribute value."""
    return _element if is_element else _member


_wrong_element = wrong_structure(_JAVA_CLASS, is_element=True)
_wrong_member = wrong_structure(_JAVA_CLASS, is_element=False)


def _element(value: Any) -> Any:
    if value is None:
        return {}
    if type(value) is not dict:
        raise _wrong_element(value)
    return _converted(value)


def _member(value: Any) -> Any:
    if type(value) is not dict:
        raise _wrong_member(value)
    return _converted(value)


def _converted(value: dict[str, Any]) -> dict[str, Any]:
    dropped: list[str] = []
    for kind, inner in value.items():
        converter = _KINDS.get(kind)
        if converter is None or inner is None:
            dropped.append(kind)
        elif (kept := converter(inner)) is not inner:
            value[kind] = kept
    for kind in dropped:
        del value[kind]
    return value


_KINDS: dict[str, Converter] = {
    "S": string,
    "N": string,
    "B": blob,
    "BOOL": boolean,
    "NULL": boolean,
    "SS": a_list(string),
    "NS": a_list(string),
    "BS": a_list(blob),
    "L": a_list(_element),
    "M": attribute_map(),
}
