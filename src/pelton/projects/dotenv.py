"""``.env`` files: they feed ``${env:…}``. Source: dotenv's documentation, Rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[\w.-]+)[ \t]*(?:=|:[ \t])[ \t]*
    (?: '(?P<single>[^']*)' | "(?P<double>(?:\\.|[^"\\])*)" | `(?P<back>[^`]*)` | (?P<plain>[^\#\r\n]*) )""",
    re.MULTILINE | re.VERBOSE,
)
_REFERENCE = re.compile(r"(?<!\\)\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<bare>\w+))")


def parse_dotenv(text: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of a ``.env`` file.

    Values in single quotes are taken as they are; others have ``$NAME`` and ``${NAME:-default}`` replaced from
    ``environ``, then from the lines above; double quotes also know ``\\n``.
    """
    values: dict[str, str] = {}
    for match in _LINE.finditer(text):
        values[match["name"]] = _value(match, {**values, **environ})
    return values


def _value(match: re.Match[str], known: Mapping[str, str]) -> str:
    if match["single"] is not None:
        return match["single"]
    if match["double"] is not None:
        unescaped = match["double"].replace("\\n", "\n").replace("\\r", "\r").replace('\\"', '"')
        return _expanded(unescaped, known)
    if match["back"] is not None:
        return match["back"]
    return _expanded(match["plain"].strip(), known)


def _expanded(text: str, known: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return known.get(match["braced"] or match["bare"]) or match["default"] or ""

    return _REFERENCE.sub(value, text).replace("\\$", "$")
