"""Pages of Lambda's lists: markers are positions, opaque to clients. Pure."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import TypeVar

from pelton.functions.errors import InvalidParameterValue
from pelton.operations import JsonObject

T = TypeVar("T")

#: What a page holds unless asked for less.
PAGE_MAX = 50


def page_of(rows: Sequence[T], body: JsonObject) -> tuple[list[T], JsonObject]:
    """The page that a request's Marker and MaxItems ask for, and the member that leads to the next.

    Raises:
        InvalidParameterValue: a marker that was not given out.
    """
    start = _position(body.get("Marker"))
    end = start + min(int(body.get("MaxItems") or PAGE_MAX), PAGE_MAX)
    marker: JsonObject = {"NextMarker": b64encode(str(end).encode()).decode()} if end < len(rows) else {}
    return list(rows[start:end]), marker


def _position(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        return int(b64decode(marker, validate=True))
    except (ValueError, binascii.Error) as error:
        raise InvalidParameterValue("Invalid Marker") from error
