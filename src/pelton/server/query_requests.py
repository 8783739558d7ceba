"""The AWS query protocol, which SQS spoke before it spoke JSON: forms in, by the names the service gave them.

    form      := name "=" value { "&" … }         percent-encoded, in the body, the query, or both
    name      := member [ "." number ] { "." … }  lists and maps are flat: ``Attribute.1.Name``, ``Attribute.1.Value``

A number may be left out where there is one element. Pure. Source: AWS query protocol; SQS service model of
before November 2023.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from pelton.errors import SerializationFailed, WireError
from pelton.operations import JsonObject
from pelton.server.http import HttpRequest
from pelton.server.model.service import ServiceModel

#: How lists and maps are called in a form, by the member's name. What is missing keeps its own.
_NAMES = {
    "AWSAccountIds": "AWSAccountId",
    "Actions": "ActionName",
    "AttributeNames": "AttributeName",
    "Attributes": "Attribute",
    "BinaryListValues": "BinaryListValue",
    "MessageAttributeNames": "MessageAttributeName",
    "MessageAttributes": "MessageAttribute",
    "MessageSystemAttributeNames": "MessageSystemAttributeName",
    "MessageSystemAttributes": "MessageSystemAttribute",
    "StringListValues": "StringListValue",
    "TagKeys": "TagKey",
    "Tags": "Tag",
    "tags": "Tag",
}
#: How keys and values of maps are called; all but tags have names.
_KEYS = {"TagMap": ("Key", "Value")}
_PARTS_MAX = 6
_PARAMETERS_MAX = 10_000

FORM = b"application/x-www-form-urlencoded"

_Tree = dict[str, Any]


class InvalidAction(WireError):
    """There is no such action, or it is not offered here."""

    code = "InvalidAction"

    def __init__(self, action: str) -> None:
        super().__init__(f"The action {action} is not valid for this endpoint.")


class InvalidNumber(WireError):
    """A parameter that is a number has another value."""

    code = "InvalidParameterValue"

    def __init__(self, name: str, value: str) -> None:
        super().__init__(f"Value {value} for parameter {name} is invalid. Reason: Must be an integer.")


def form_of(request: HttpRequest) -> dict[str, str]:
    """The parameters of a request, of its body before those of its query.

    Raises:
        SerializationFailed: there are too many, or they are no text.
    """
    form: dict[str, str] = {}
    try:
        for text in (request.query, request.body if request.method == b"POST" else b""):
            pairs = parse_qsl(
                text.decode("ascii"),
                keep_blank_values=True,
                max_num_fields=_PARAMETERS_MAX,
                errors="strict",
            )
            form.update(pairs)
    except ValueError:
        raise SerializationFailed("The request could not be read as a form") from None
    return form


def is_query_request(request: HttpRequest) -> bool:
    """Whether a request looks like one of this protocol."""
    if request.method == b"POST":
        return request.headers.get(b"content-type", b"").startswith(FORM)
    return request.method == b"GET" and b"Action=" in request.query


def body_of(model: ServiceModel, operation: str, form: Mapping[str, str], path: bytes) -> JsonObject:
    """The form as the JSON protocol would have it; a queue that no parameter names is the path's.

    Raises:
        InvalidNumber: a number is none.
    """
    tree: _Tree = {}
    for name, value in form.items():
        _put(tree, name.split(".", _PARTS_MAX), value)
    shape = model.operations[operation]["input"]
    body = _structure(model, shape, tree, operation)
    if "QueueUrl" in model.shapes[shape]["members"] and "QueueUrl" not in body and len(path) > 1:
        body["QueueUrl"] = path.decode("latin-1")
    return body


def _put(tree: _Tree, parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {}
        tree = inner
    tree.setdefault(parts[-1], value)


def _structure(model: ServiceModel, shape: str, tree: _Tree, operation: str) -> JsonObject:
    found: JsonObject = {}
    for name, member in model.shapes[shape]["members"].items():
        key = f"{operation}RequestEntry" if name == "Entries" else _NAMES.get(name, name)
        if key in tree:
            found[name] = _value(model, member["shape"], tree[key], (name, operation))
    return found


def _value(model: ServiceModel, shape: str, value: Any, where: tuple[str, str]) -> Any:
    name, operation = where
    kind = model.shapes[shape]["type"]
    if kind == "list":
        inner = model.shapes[shape]["member"]
        return [_value(model, inner, each, where) for each in _elements(value)]
    if kind == "map":
        key_name, value_name = _KEYS.get(shape, ("Name", "Value"))
        inner = model.shapes[shape]["value"]
        entries = [each if isinstance(each, dict) else {} for each in _elements(value)]
        return {str(each.get(key_name, "")): _value(model, inner, each.get(value_name, ""), where) for each in entries}
    if kind == "structure":
        return _structure(model, shape, value if isinstance(value, dict) else {}, operation)
    text = value if isinstance(value, str) else ""
    return _integer(name, text) if kind in ("integer", "long") else text


def _elements(value: Any) -> list[Any]:
    """The elements of a list or map in the order of their numbers; one without a number is the only one."""
    if not isinstance(value, dict):
        return [value]
    numbers = sorted((key for key in value if key.isascii() and key.isdecimal()), key=int)
    return [value[number] for number in numbers] if numbers else [value]


def _integer(name: str, text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdecimal() and len(text) < 12):
        raise InvalidNumber(name, text)
    return int(text)
