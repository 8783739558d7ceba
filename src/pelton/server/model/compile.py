"""Compile the service models of the installed botocore into the data files of this package.

Run ``python -m pelton.server.model.compile`` after botocore was updated. Never imported by the running server.
The files hold what a request needs: operations, input shapes, constraints, locations; and where the members of
Lambda's replies go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore
import orjson
from botocore.loaders import Loader

from pelton.server.model import overlay

#: Service model and the file it is compiled to.
SERVICES = {"dynamodb": "dynamodb.json", "dynamodbstreams": "streams.json", "lambda": "lambda.json", "sqs": "sqs.json"}

_JAVA_PACKAGES = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810",
    "lambda": "com.amazonaws.services.lambda.model",
    "sqs": "com.amazonaws.sqs",
}
_CONSTRAINTS = ("min", "max", "pattern", "enum")

Json = dict[str, Any]


def compiled(service: str) -> Json:
    """The data of one service, fresh from the installed botocore."""
    model = Loader().load_service_model(service, "service-2")
    shapes: Json = {}
    operations = {name: _operation(description, model["shapes"]) for name, description in model["operations"].items()}
    for operation in operations.values():
        _collect(operation["input"], service, model["shapes"], shapes)
    return {
        "botocore": botocore.__version__,
        "service": service,
        "target": model["metadata"].get("targetPrefix"),
        "package": _JAVA_PACKAGES[service],
        "operations": operations,
        "shapes": dict(sorted(shapes.items())),
    }


def rendered(data: Json) -> bytes:
    """The text of a data file: one operation or shape a line, so that a change reads as one."""
    head = {name: value for name, value in data.items() if name not in ("operations", "shapes")}
    sections = [
        f'"{section}":{{\n' + ",\n".join(_line(name, value) for name, value in data[section].items()) + "\n}"
        for section in ("operations", "shapes")
    ]
    return (orjson.dumps(head).decode()[:-1] + ",\n" + ",\n".join(sections) + "}\n").encode()


def _line(name: str, value: Json) -> str:
    return f"{orjson.dumps(name).decode()}:{orjson.dumps(value).decode()}"


def _operation(description: Mapping[str, Any], shapes: Mapping[str, Any]) -> Json:
    http = description["http"]
    operation: Json = {"input": description["input"]["shape"] if "input" in description else None}
    if http["requestUri"] == "/":
        return operation
    output = shapes[description["output"]["shape"]] if "output" in description else {"members": {}}
    located: Json = {
        name: [member["location"], member.get("locationName", name)]
        for name, member in output["members"].items()
        if "location" in member
    }
    status = http.get("responseCode", 200)
    reply = {"status": status, "located": located, "payload": output.get("payload")}
    return {**operation, "method": http["method"], "uri": http["requestUri"], "reply": reply}


def _collect(name: str | None, service: str, source: Mapping[str, Any], shapes: Json) -> None:
    """Add the shape, and those it is made of, to ``shapes``."""
    if name is None or name in shapes:
        return
    replaced = overlay.SHAPES[service].get(name)
    shape = dict(replaced) if replaced is not None else _shape(name, service, source[name])
    shapes[name] = shape
    parts = [member["shape"] for member in shape.get("members", {}).values()]
    parts += [shape[part] for part in ("member", "key", "value") if part in shape]
    for part in parts:
        _collect(part, service, source, shapes)


def _shape(name: str, service: str, source: Mapping[str, Any]) -> Json:
    shape: Json = {"type": source["type"]}
    shape.update({constraint: source[constraint] for constraint in _CONSTRAINTS if constraint in source})
    if "pattern" in shape and not _is_usable(shape["pattern"]):
        del shape["pattern"]
    if "enum" in shape:
        shape["enum"] = list(overlay.ENUM_ORDERS[service].get(name) or source["enum"])
    for part in ("member", "key", "value"):
        if part in source:
            shape[part] = source[part]["shape"]
    if "members" in source:
        shape["members"] = _members(name, service, source)
        shape.update({part: source[part] for part in ("required", "payload") if part in source})
        if service in overlay.REQUIRED_BY_OPERATIONS:
            shape.pop("required", None)
        if name in overlay.ALONE[service]:
            shape["alone"] = list(overlay.ALONE[service][name])
    return shape


def _members(name: str, service: str, source: Mapping[str, Any]) -> Json:
    first = overlay.MEMBER_ORDERS[service].get(name, ())
    order = [*first, *(member for member in source["members"] if member not in first)]
    members: Json = {}
    for member_name in order:
        described = source["members"][member_name]
        path = f"{name}.{member_name}"
        member = {"shape": overlay.MEMBER_SHAPES[service].get(path, described["shape"])}
        member.update({part: described[part] for part in ("location", "locationName") if part in described})
        if path in overlay.TEXTS[service]:
            member["texts"] = overlay.TEXTS[service][path]
        members[member_name] = member
    return members


def _is_usable(pattern: str) -> bool:
    """Whether Python reads the pattern as Java does; the few that it cannot are not checked."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def main() -> None:
    """Write the data files."""
    for service, file_name in SERVICES.items():
        Path(__file__).with_name(file_name).write_bytes(rendered(compiled(service)))


if __name__ == "__main__":
    main()
