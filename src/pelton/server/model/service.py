"""One service's model at work: loads the compiled data and makes validators of its operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import orjson

from pelton.operations import JsonObject
from pelton.server.model import json_types
from pelton.server.model.attribute_values import attribute_map, attribute_value
from pelton.server.model.constraints import Constraints
from pelton.server.model.json_types import Converter
from pelton.server.model.problems import Problem, refusal

#: Changes the body in place: drops nulls and what the model does not know.
#: Raises SerializationFailed and ValidationFailed.
Validator = Callable[[JsonObject], None]

_SCALARS: Mapping[str, Converter] = {
    "string": json_types.string,
    "boolean": json_types.boolean,
    "integer": json_types.integer,
    "long": json_types.long,
    "double": json_types.double,
    "float": json_types.double,
    "timestamp": json_types.timestamp,
    "blob": json_types.blob,
}
_JAVA_SCALARS = {"string": "java.lang.String", "boolean": "java.lang.Boolean", "integer": "java.lang.Integer"}


class ServiceModel:
    """The operations of one service and their input."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.operations: Mapping[str, Mapping[str, Any]] = data["operations"]
        self.shapes: Mapping[str, Mapping[str, Any]] = data["shapes"]
        self._package: str = data["package"]
        self._constraints = Constraints(self.shapes, is_collecting=data["service"] == "lambda")
        self._converters: dict[tuple[str, bool], Converter] = {}

    @classmethod
    def load(cls, file_name: str) -> ServiceModel:
        """The model in a data file of this package: ``dynamodb.json``, ``streams.json`` or ``lambda.json``."""
        return cls(orjson.loads(files("pelton.server.model").joinpath(file_name).read_bytes()))

    def validator(self, operation: str) -> Validator:
        """A validator of an operation that the model knows."""
        shape = self.operations[operation]["input"]
        if shape is None:
            return dict.clear  # No input: whatever came is unknown.
        convert = self._converter(shape, is_element=False)
        check = self._constraints.check(shape)
        shapes = self.shapes

        if check is None:
            return convert

        def validate(body: JsonObject) -> None:
            convert(body)
            problems: list[Problem] = []
            check(body, None, problems)
            if problems:
                raise refusal(problems, shapes)

        return validate

    def _converter(self, name: str, *, is_element: bool) -> Converter:
        """The converter of a shape; ``is_element``: it stands in a list or map, and the service's texts differ."""
        kept = self._converters.get((name, is_element))
        if kept is None:
            # A shape made of itself finds this while it is being made.
            self._converters[name, is_element] = lambda value: self._converters[name, is_element](value)
            kept = self._converters[name, is_element] = self._made_converter(name, is_element=is_element)
        return kept

    def _made_converter(self, name: str, *, is_element: bool) -> Converter:
        shape = self.shapes[name]
        kind = shape["type"]
        if name == "AttributeValue":
            return attribute_value(is_element=is_element)
        if kind == "map":
            if shape["value"] == "AttributeValue":
                return attribute_map(is_element=is_element)
            value = self._converter(shape["value"], is_element=True)
            return json_types.a_map(value, self._java_type(shape["value"]), is_element=is_element)
        if kind == "list":
            return json_types.a_list(self._converter(shape["member"], is_element=True), is_element=is_element)
        if kind == "structure":
            members = {
                member_name: self._converter(member["shape"], is_element=False)
                for member_name, member in shape["members"].items()
            }
            return json_types.a_structure(members, f"{self._package}.{name}", is_element=is_element)
        return _SCALARS[kind]

    def _java_type(self, name: str) -> str:
        shape = self.shapes[name]
        if shape["type"] == "list":
            return f"java.util.List<{self._java_type(shape['member'])}>"
        if shape["type"] == "map":
            return f"java.util.Map<java.lang.String, {self._java_type(shape['value'])}>"
        return _JAVA_SCALARS.get(shape["type"], f"{self._package}.{name}")
