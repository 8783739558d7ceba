"""Content types: which bodies are carried as text, which as base64.

Source: API Gateway developer guide, "Binary media types for REST APIs" and HTTP API payload format.
"""

from __future__ import annotations

from collections.abc import Collection

_TEXT_TYPES = frozenset(
    {
        *("application/json", "application/xml", "application/javascript", "application/x-www-form-urlencoded"),
        *("application/x-amz-json-1.0", "application/x-amz-json-1.1"),
    }
)


def media_type(content_type: str) -> str:
    """The type without its parameters, lower case."""
    return content_type.split(";", 1)[0].strip().lower()


def is_text_type(content_type: str) -> bool:
    """Whether an HTTP API hands a body of this type over as text; a body without a type is text too."""
    kind = media_type(content_type)
    return not kind or kind.startswith("text/") or kind.endswith(("+json", "+xml")) or kind in _TEXT_TYPES


def is_binary_type(content_types: str, binary_types: Collection[str]) -> bool:
    """Whether one of the types (a Content-Type, or the list of an Accept) is among a REST API's binary types."""
    kinds = {media_type(part) for part in content_types.split(",")}
    for binary in binary_types:
        kind = binary.strip().lower()
        if kind == "*/*" or kind in kinds:
            return True
        if kind.endswith("/*") and any(found.startswith(kind[:-1]) for found in kinds):
            return True
    return False
