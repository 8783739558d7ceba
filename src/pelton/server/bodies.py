"""JSON bodies. Those nested too deep are refused before any parser sees them: parsers and their callers recurse."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import orjson

from pelton.errors import SerializationFailed
from pelton.server.http import HttpRequest

_ALL = bytes(range(256))
#: What is left of a text without its strings: openers and closers, each kind made the same.
_BRACKETS = bytes.maketrans(b"[]", b"{}")
#: An opener is +1, a closer -1, as signed bytes.
_STEPS = bytes.maketrans(b"{}", b"\x01\xff")
#: Share of the length that a pass may leave; when it leaves more, counting costs less than the next passes.
_WORTH_A_PASS = 0.7
_NOT_BRACKETS = bytes(set(_ALL) - set(b"[]{}"))


def parsed(request: HttpRequest, nesting_max: int) -> Any:
    """The body of a request as JSON; None when it is empty.

    Raises:
        SerializationFailed: it is compressed, nested too deep or not JSON. Without a text, as the service does.
    """
    if not request.body:
        return None
    if request.headers.get(b"content-encoding", b"identity") != b"identity":
        raise SerializationFailed("Content-Encoding is not supported: send the body as it is")
    if is_deeper_than(request.body, nesting_max):
        raise SerializationFailed
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise SerializationFailed from None


def is_deeper_than(text: bytes, limit: int) -> bool:
    """Whether braces and brackets outside strings stand more than ``limit`` (>= 1) deep.

    A text that is not JSON gives some answer; refusing it is the parser's task.
    """
    if text.count(b"{") + text.count(b"[") <= limit:
        return False
    # Escaped backslashes first: after that each \\" is an escaped quote, and quotes delimit strings.
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    brackets = b"".join(plain.split(b'"')[::2]).translate(_BRACKETS, _NOT_BRACKETS)
    # Each pass takes the innermost level away, which leaves little of honest bodies.
    for level in range(limit):
        shorter = brackets.replace(b"{}", b"")
        if not shorter:
            return False
        if len(shorter) > len(brackets) * _WORTH_A_PASS:
            return _depth(shorter) > limit - level - 1
        brackets = shorter
    return True


def _depth(brackets: bytes) -> int:
    """The depth of what passes hardly shorten, counted one by one."""
    steps = memoryview(brackets.translate(_STEPS)).cast("b")
    return max(accumulate(steps))
