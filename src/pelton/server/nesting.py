"""How deep a JSON text is nested, known before any parser sees it. Parsers and their callers recurse."""

from __future__ import annotations

_ALL = bytes(range(256))
#: What is left of a text without its strings: openers and closers, each kind made the same.
_BRACKETS = bytes.maketrans(b"[]", b"{}")
_NOT_BRACKETS = bytes(set(_ALL) - set(b"[]{}"))


def is_deeper_than(text: bytes, limit: int) -> bool:
    """Whether braces and brackets outside strings stand more than ``limit`` (>= 1) deep.

    A text that is not JSON gives some answer; refusing it is the parser's task.
    """
    if text.count(b"{") + text.count(b"[") <= limit:
        return False
    # Escaped backslashes first: after that each \\" is an escaped quote, and quotes delimit strings.
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    brackets = b"".join(plain.split(b'"')[::2]).translate(_BRACKETS, _NOT_BRACKETS)
    run = b"{" * (limit + 1)
    # Each pass takes the innermost level away. A run ends it early: its depth is certain.
    for _ in range(limit):
        if run in brackets:
            return True
        shorter = brackets.replace(b"{}", b"")
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    return b"{" in brackets
