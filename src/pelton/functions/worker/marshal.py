"""Events from JSON and results to JSON, as the Python runtime of Lambda does it.

None is ``null``, tuples are arrays, named tuples objects, Decimals numbers, NaN is written, bytes at top
level go out as they are; a set or a datetime fails. Source: the runtime interface client's marshaller.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from .faults import Fault

#: Largest response of a synchronous invocation, bytes.
RESPONSE_BYTES_MAX = 6291556
#: What is said of a larger one.
RESPONSE_TOO_LARGE = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."


def escapes(runtime: str) -> bool:
    """True for runtimes that escape what is not ASCII: those before python3.12."""
    return int(runtime.rpartition(".")[2]) < 12


def parse_event(payload: bytes) -> Any:
    """The event.

    Raises:
        Fault: the payload is not JSON.
    """
    try:
        return json.loads(payload)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def render_result(result: Any, *, is_ascii: bool) -> bytes:
    """The result as JSON text.

    Args:
        is_ascii: escape all other characters, as runtimes before python3.12 do.

    Raises:
        Fault: the result holds what JSON cannot.
    """
    if isinstance(result, bytes):
        return result
    try:
        if _is_plain(result):
            return json.dumps(result, ensure_ascii=is_ascii).encode()
        return _render(result, is_ascii).encode()
    except Exception as error:  # An object's own methods may raise anything while it is being read.
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return "Circular reference detected" if isinstance(error, RecursionError) else str(error)


def _is_plain(value: Any) -> bool:
    """True when the standard library writes the value as the runtime would; it is several times faster."""
    if isinstance(value, dict):
        return all(_is_plain(each) for each in value.values())
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return False
    if isinstance(value, (list, tuple)):
        return all(_is_plain(each) for each in value)
    return not _is_decimal(value)


def _is_decimal(value: Any) -> bool:
    decimal = sys.modules.get("decimal")
    return decimal is not None and isinstance(value, decimal.Decimal)


def _render(value: Any, is_ascii: bool) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(_member(key, each, is_ascii) for key, each in value.items()) + "}"
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return _render(value._asdict(), is_ascii)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_render(each, is_ascii) for each in value) + "]"
    if _is_decimal(value):
        return "NaN" if value.is_nan() else str(value)
    return json.dumps(value, ensure_ascii=is_ascii)


def _member(key: Any, value: Any, is_ascii: bool) -> str:
    """``"key": value``; the standard library turns numbers, booleans and None into keys."""
    name = json.dumps({key: None}, ensure_ascii=is_ascii)[1 : -len(": null}")]
    return f"{name}: {_render(value, is_ascii)}"
