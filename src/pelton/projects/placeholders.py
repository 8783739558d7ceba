"""The grammar of ``${source(argument):address, fallback}``: from text to parts, nothing is looked up.

A ``${…}`` without a colon and without parentheses is no variable; nor are ``${AWS::Region}``, ``${!Literal}`` and
``${iot:…}``, which belong to CloudFormation. Source: Serverless Framework documentation, Variables.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from pelton.projects.documents import Scalar

#: ``self:a.b``, ``file(x.yml):a``, ``strToBool(x)``; what a source's address must look like.
_SOURCE = re.compile(r"(?P<name>[A-Za-z][\w-]*)(?:\((?P<argument>.*)\))?(?::(?P<address>.*))?", re.DOTALL)
_FOREIGN = re.compile(r"AWS::|iot:|!")
_STARTS_VARIABLE = re.compile(r"\s*(?:[A-Za-z][\w-]*\s*[:(]|\$\{)")
_JSON_WORD = re.compile(r"null|true|false|-?\d+(\.\d+)?([eE][-+]?\d+)?|[\[{].*[\]}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One ``${…}``: its text without the braces, cut at its top-level commas, spaces around pieces removed."""

    text: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A piece that names a source: ``name(argument):address``; what is absent is None."""

    name: str
    argument: str | None
    address: str | None


def parts_of(text: str) -> list[str | Placeholder]:
    """The text cut into literal parts and placeholders, in order; what is no variable stays literal."""
    parts: list[str | Placeholder] = []
    literal_from = position = 0
    while (start := text.find("${", position)) != -1:
        end = _closing_brace(text, start + 2)
        if end is None:
            break
        content = text[start + 2 : end]
        if not _is_variable(content):
            position = start + 2  # What is inside may be one: ``${Table${sls:stage}}``.
            continue
        if literal_from < start:
            parts.append(text[literal_from:start])
        parts.append(Placeholder(content, _split(content)))
        literal_from = position = end + 1
    if literal_from < len(text) or not parts:
        parts.append(text[literal_from:])
    return parts


def whole_placeholder(text: str) -> Placeholder | None:
    """The placeholder that is the whole text (spaces around it do not count), or None."""
    parts = parts_of(text.strip()) if "${" in text else []
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Placeholder) else None


def address_of(piece: str) -> Address | None:
    """The source a piece names, or None when it is a word."""
    match = _SOURCE.fullmatch(piece)
    if match is None or (match["argument"] is None and match["address"] is None):
        return None
    return Address(match["name"], match["argument"], match["address"])


def quoted_text(piece: str) -> str | None:
    """The text between quotes, or None for a piece without."""
    is_quoted = len(piece) >= 2 and piece[0] in "'\"" and piece[-1] == piece[0]
    return piece[1:-1] if is_quoted else None


def json_word(piece: str) -> tuple[Scalar] | None:
    """A piece that is a JSON scalar, as a tuple of one; None when it is something else."""
    if not _JSON_WORD.fullmatch(piece):
        return None
    try:
        value = json.loads(piece)
    except ValueError:
        return None
    return None if isinstance(value, dict | list) else (value,)


def _is_variable(content: str) -> bool:
    return bool(_STARTS_VARIABLE.match(content)) and not _FOREIGN.match(content)


def _closing_brace(text: str, position: int) -> int | None:
    """Index of the brace that closes the placeholder whose content starts at ``position``."""
    depth, can_quote = 1, True
    while position < len(text):
        character = text[position]
        if character in "'\"" and can_quote and (end := text.find(character, position + 1)) != -1:
            position = end
        elif text.startswith("${", position):
            depth, position = depth + 1, position + 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return position
        can_quote = character in ",({" or (can_quote and character.isspace())
        position += 1
    return None


def _split(content: str) -> tuple[str, ...]:
    """Cut at commas outside quotes, parentheses and nested placeholders."""
    pieces, start, depth, quote = [], 0, 0, ""
    for position, character in enumerate(content):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and not content[start:position].strip():
            quote = character
        elif character in "({":
            depth += 1
        elif character in ")}":
            depth -= 1
        elif character == "," and depth == 0:
            pieces.append(content[start:position].strip())
            start = position + 1
    return (*pieces, content[start:].strip())
