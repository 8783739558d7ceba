"""YAML as projects write it: 1.2 core scalars, merge keys, CloudFormation's short tags, a line for every key.

PyYAML's own rules are YAML 1.1 (``yes`` is true, ``2012-10-17`` a date, ``0123`` octal, the last of two equal keys
wins); the Serverless Framework and CloudFormation read all of these differently, so only its composer is used.
Source: YAML 1.2.2, 10.3 core schema; CloudFormation user guide, intrinsic function reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml import MarkedYAMLError, YAMLError
from yaml._yaml import CParser
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from pelton.projects.documents import Block, Row, Scalar, Value, block
from pelton.projects.project import ProjectRefused, Where

#: Tag of a scalar written without quotes and without a tag: the core schema decides what it is.
_PLAIN = "plain"
_STANDARD = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+")
_BASED_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
#: Short tags of CloudFormation; ``!X`` is ``Fn::X`` but for two.
_FUNCTIONS = (
    *("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join", "Length"),
    *("Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform"),
)
_TAGS = {f"!{name}": f"Fn::{name}" for name in _FUNCTIONS} | {"!Ref": "Ref", "!Condition": "Condition"}
#: Deeper nesting than any project has; beyond it recursion would end in a worse error.
_DEPTH_MAX = 100


class _Composer(CParser):
    """PyYAML's C composer, told to leave the type of plain scalars to us."""

    def resolve(self, kind: type[Node], _value: Any, implicit: Any) -> str:
        """The tag of an untagged node."""
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else f"{_STANDARD}str"
        return f"{_STANDARD}map" if kind is MappingNode else f"{_STANDARD}seq"

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Path resolvers are not used."""

    def ascend_resolver(self) -> None:
        """Path resolvers are not used."""


def parse_yaml(data: bytes, file: str) -> Value:
    """The one document in ``data`` (YAML or JSON, UTF-8); None when it holds none.

    Raises:
        ProjectRefused: it is not YAML, holds two documents, equal keys or an unknown tag.
    """
    try:
        text = data.decode("utf-8-sig")
        root = _Composer(text).get_single_node()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ProjectRefused(Where(file, line), "a byte that is not UTF-8", "save the file as UTF-8") from None
    except YAMLError as error:
        raise _not_yaml(error, text, file) from None
    return None if root is None else _Builder(file).build(root, 0)


def plain_scalar(text: str) -> Scalar:
    """What an unquoted scalar is under the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _BASED_INT.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def _not_yaml(error: YAMLError, text: str, file: str) -> ProjectRefused:
    """One line for what the parser says."""
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        place = f", column {mark.column + 1}" if mark else ""
        cure = "look at the indentation, quotes and brackets there and just above"
        return ProjectRefused(Where(file, mark.line + 1 if mark else 0), f"not YAML: {what}{place}", cure)
    line = text.count("\n", 0, error.position) + 1 if isinstance(error, ReaderError) else 0
    return ProjectRefused(Where(file, line), "not YAML: a control character", "remove it")


class _Builder:
    """Turns composed nodes into values; a node with an anchor is built once and shared."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._built: dict[int, Value] = {}
        self._open: set[int] = set()

    def build(self, node: Node, depth: int) -> Value:
        """The value of a node, its tag applied."""
        if id(node) in self._built:
            return self._built[id(node)]
        if id(node) in self._open or depth > _DEPTH_MAX:
            what = "an alias inside its own anchor" if depth <= _DEPTH_MAX else f"more than {_DEPTH_MAX} levels"
            raise ProjectRefused(self._where(node), what, "write the part out, or nest less")
        self._open.add(id(node))
        value = self._tagged(node, depth)
        self._open.discard(id(node))
        self._built[id(node)] = value
        return value

    def _where(self, node: Node) -> Where:
        return Where(self._file, node.start_mark.line + 1)

    def _tagged(self, node: Node, depth: int) -> Value:
        tag = str(node.tag)
        if tag in _TAGS:
            return self._function(_TAGS[tag], node, depth)
        if isinstance(node, ScalarNode) and tag.removeprefix(_STANDARD) in _SCALAR_TAGS:
            return _SCALAR_TAGS[tag.removeprefix(_STANDARD)](str(node.value))
        if tag in (f"{_STANDARD}map", f"{_STANDARD}seq", "!"):
            return self._untagged(node, depth)
        place = f"column {node.start_mark.column + 1}"
        cure = "use a tag of CloudFormation such as !Ref, !GetAtt or !Sub, or quote the text"
        raise ProjectRefused(self._where(node), f"unknown tag {tag.replace(_STANDARD, '!!')}, {place}", cure)

    def _function(self, name: str, node: Node, depth: int) -> Value:
        argument = self._untagged(node, depth)
        if name == "Fn::GetAtt" and isinstance(argument, str) and "." in argument:
            parts = Row(self._where(node))
            for part in argument.split(".", 1):
                parts.add(part, parts.where)
            argument = parts
        return block(self._where(node), [(name, argument)])

    def _untagged(self, node: Node, depth: int) -> Value:
        if isinstance(node, MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, SequenceNode):
            items = Row(self._where(node))
            for item in node.value:
                items.add(self.build(item, depth + 1), self._where(item))
            return items
        text = str(node.value)
        return plain_scalar(text) if getattr(node, "style", None) is None else text

    def _mapping(self, node: MappingNode, depth: int) -> Block:
        made = Block(self._where(node))
        merged: list[Block] = []
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise ProjectRefused(self._where(key_node), "a key that is not text", "write a plain key")
            key, value = str(key_node.value), self.build(value_node, depth + 1)
            if key == "<<" and key_node.tag == _PLAIN:
                merged += self._merge_sources(value, key_node)
            elif key in made:
                raise ProjectRefused(self._where(key_node), f"the key {key} stands twice", "remove one of the two")
            else:
                made.put(key, value, self._where(key_node))
        for source in merged:
            for key in [key for key in source if key not in made]:
                made.put(key, source[key], source.at(key))
        return made

    def _merge_sources(self, value: Value, node: Node) -> list[Block]:
        sources = value if isinstance(value, Row) else [value]
        blocks = [source for source in sources if isinstance(source, Block)]
        if len(blocks) != len(sources):
            raise ProjectRefused(self._where(node), "<< merges something that is not a mapping", "merge mappings only")
        return blocks


_SCALAR_TAGS: dict[str, Callable[[str], Scalar]] = {
    _PLAIN: plain_scalar,
    "str": str,
    "int": plain_scalar,
    "float": plain_scalar,
    "bool": plain_scalar,
    "null": plain_scalar,
    "timestamp": str,
    "binary": str,
}
