"""Evaluates CloudFormation's intrinsic functions, lazily and value by value.

A value nobody can tell becomes ``Unresolved``, never an exception: a template with an EC2 network and one table must
start. Source: CloudFormation user guide, intrinsic function reference.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping

from pelton.projects.conditions import is_true
from pelton.projects.documents import Block, Row, Unresolved, Value, first_unresolved, scalar_text
from pelton.projects.names import generated_id
from pelton.projects.project import Where
from pelton.projects.references import References
from pelton.projects.template import Stack, Template

_SUB = re.compile(r"\$\{(!?)([^{}]+)\}")
_DYNAMIC = re.compile(r"\{\{resolve:([^{}]+)\}\}")
_EXECUTE_API = re.compile(r"(https|wss)://([a-z0-9]{10})\.execute-api\.[a-z0-9-]+\.amazonaws\.com")


class _Nothing:
    """``AWS::NoValue``: removes the key or list item that holds it."""


_NOTHING = _Nothing()


class Evaluator:
    """Evaluates the values of one template."""

    def __init__(self, template: Template, stack: Stack, overrides: Mapping[str, str]) -> None:
        self._template = template
        self._stack = stack
        self._overrides = overrides
        self.references = References(template, stack, overrides, self.evaluate)
        self._functions: Mapping[str, Callable[[Value, Where], Value | _Nothing]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": self._import_value,
            "Fn::Base64": self._base64,
            "Fn::GetAZs": self._zones,
        }

    def evaluate(self, value: Value, where: Where) -> Value:
        """The value with every intrinsic replaced; parts nobody can tell are ``Unresolved``."""
        found = self._value(value, where)
        return None if isinstance(found, _Nothing) else found

    def _value(self, value: Value, where: Where) -> Value | _Nothing:
        if isinstance(value, Block):
            if len(value) == 1:
                name, argument = next(iter(value.items()))
                if name in self._functions:
                    return self._functions[name](argument, value.at(name))
                if name.startswith("Fn::"):
                    return Unresolved(value.at(name), f"{name} is not served here", "write the value it would give")
            return self._block(value)
        if isinstance(value, Row):
            items = Row(value.where)
            for item, place in zip(value, value.places, strict=True):
                found = self._value(item, place)
                if not isinstance(found, _Nothing):
                    items.add(found, place)
            return items
        return self._plain(value, where) if isinstance(value, str) else value

    def _block(self, value: Block) -> Block:
        made = Block(value.where)
        for key, item in value.items():
            found = self._value(item, value.at(key))
            if not isinstance(found, _Nothing):
                made.put(key, found, value.at(key))
        return made

    def _plain(self, text: str, where: Where) -> Value:
        """Text with dynamic references and the addresses of this project's APIs replaced."""
        if "{{resolve:" in text:
            for match in _DYNAMIC.finditer(text):
                if match[1] not in self._overrides:
                    cure = f"name its value under {self._stack.values_setting}, as {match[1]!r}: value"
                    return Unresolved(where, f"{match[0]} has no value here", cure)
            text = _DYNAMIC.sub(lambda match: self._overrides[match[1]], text)
        return self._local_address(text) if ".execute-api." in text else text

    def _local_address(self, text: str) -> str:
        apis = {generated_id(self._stack.name, name) for name in self._template.resources}

        def local(match: re.Match[str]) -> str:
            scheme = "http" if match[1] == "https" else "ws"
            return f"{scheme}://127.0.0.1:{self._stack.http_port}" if match[2] in apis else match[0]

        return _EXECUTE_API.sub(local, text)

    def _ref(self, argument: Value, where: Where) -> Value | _Nothing:
        name = argument if isinstance(argument, str) else ""
        if name == "AWS::NoValue":
            return _NOTHING
        return self.references.of_name(name, where)

    def _get_att(self, argument: Value, where: Where) -> Value:
        if isinstance(argument, str):
            parts: list[Value] = list(argument.split(".", 1))
        else:
            parts = [self.evaluate(part, where) for part in argument] if isinstance(argument, Row) else []
        texts = [part for part in parts if isinstance(part, str)]
        if len(texts) < 2 or len(texts) != len(parts):
            return _wrong(where, "Fn::GetAtt", "[resource, attribute]")
        return self.references.of_resource(texts[0], ".".join(texts[1:]), where)

    def _sub(self, argument: Value, where: Where) -> Value:
        local = Block(where)
        text = argument
        if isinstance(argument, Row) and len(argument) == 2 and isinstance(argument[1], Block):
            text, local = argument[0], self._block(argument[1])
        if not isinstance(text, str):
            return _wrong(where, "Fn::Sub", "text, or [text, {name: value}]")
        unresolved: list[Unresolved] = []

        def filled(match: re.Match[str]) -> str:
            if match[1]:
                return f"${{{match[2]}}}"
            value = self._sub_value(match[2].strip(), local, where)
            if isinstance(value, Unresolved):
                unresolved.append(value)
                return ""
            return scalar_text(value) if not isinstance(value, Block | Row) else ",".join(map(str, value))

        made = _SUB.sub(filled, text)
        return unresolved[0] if unresolved else self._plain(made, where)

    def _sub_value(self, name: str, local: Block, where: Where) -> Value:
        if name in local:
            return local[name]
        if "." in name:
            return self._get_att(name, where)
        value = self._ref(name, where)
        return "" if isinstance(value, _Nothing) else value

    def _join(self, argument: Value, where: Where) -> Value:
        parts = self.evaluate(argument[1], where) if isinstance(argument, Row) and len(argument) == 2 else None
        if not isinstance(argument, Row) or not isinstance(parts, Row) or not isinstance(argument[0], str):
            return first_unresolved(parts) or _wrong(where, "Fn::Join", "[separator, [values]]")
        unresolved = first_unresolved(parts)
        if unresolved is not None:
            return unresolved
        texts = [scalar_text(part) for part in parts if not isinstance(part, Block | Row | Unresolved)]
        return self._plain(argument[0].join(texts), where)

    def _split(self, argument: Value, where: Where) -> Value:
        parts = self.evaluate(argument, where)
        if isinstance(parts, Row) and len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], str):
            made = Row(where)
            for piece in parts[1].split(parts[0]) if parts[0] else [parts[1]]:
                made.add(piece, where)
            return made
        return first_unresolved(parts) or _wrong(where, "Fn::Split", "[separator, text]")

    def _select(self, argument: Value, where: Where) -> Value:
        parts = self.evaluate(argument, where)
        if not isinstance(parts, Row) or len(parts) != 2 or not isinstance(parts[1], Row):
            return first_unresolved(parts) or _wrong(where, "Fn::Select", "[index, [values]]")
        index = str(parts[0])
        if not index.isdecimal() or int(index) >= len(parts[1]):
            return Unresolved(where, f"Fn::Select: there is no item {index}", f"0 to {len(parts[1]) - 1} are there")
        return parts[1][int(index)]

    def _if(self, argument: Value, where: Where) -> Value | _Nothing:
        if not isinstance(argument, Row) or len(argument) != 3 or not isinstance(argument[0], str):
            return _wrong(where, "Fn::If", "[condition, value, other value]")
        held = is_true(argument[0], self._template.conditions, self.evaluate, where)
        if isinstance(held, Unresolved):
            return held
        chosen = 1 if held else 2
        return self._value(argument[chosen], argument.places[chosen])

    def _find_in_map(self, argument: Value, where: Where) -> Value:
        keys = self.evaluate(argument, where)
        if not isinstance(keys, Row) or len(keys) < 3:
            return first_unresolved(keys) or _wrong(where, "Fn::FindInMap", "[mapping, key, key]")
        found: Value = self._template.mappings
        for key in keys[:3]:
            found = found.get(str(key)) if isinstance(found, Block) else None
        if found is None and len(keys) == 4 and isinstance(keys[3], Block):
            found = keys[3].get("DefaultValue")
        path = ".".join(str(key) for key in keys[:3])
        return found if found is not None else Unresolved(where, f"Mappings has no {path}", "add it under Mappings")

    def _import_value(self, argument: Value, where: Where) -> Value:
        name = self.evaluate(argument, where)
        if not isinstance(name, str):
            return first_unresolved(name) or _wrong(where, "Fn::ImportValue", "the name of an export")
        cure = f"name its value under {self._stack.values_setting}, as {name}: value"
        return self._overrides.get(name) or Unresolved(where, f"the export {name} of another stack is not here", cure)

    def _base64(self, argument: Value, where: Where) -> Value:
        text = self.evaluate(argument, where)
        return base64.b64encode(text.encode()).decode() if isinstance(text, str) else _wrong(where, "Base64", "text")

    def _zones(self, _argument: Value, where: Where) -> Value:
        zones = Row(where)
        for letter in "abc":
            zones.add(f"{self._stack.region}{letter}", where)
        return zones


def _wrong(where: Where, name: str, shape: str) -> Unresolved:
    return Unresolved(where, f"{name} has another shape than {shape}", f"write it as {shape}")
