"""Frames on the socket pair between Pelton and a worker.

A frame is two big-endian 32-bit lengths, a header (JSON object) and a payload (bytes as they are, so an
event is parsed once, by the worker, and a result not at all):

    header_length payload_length header payload

Pelton sends one ``start`` header first and then one header per invocation; the worker answers the
first with ``ready`` or ``failed`` and each later one with ``result`` or ``error``; ``is_last`` says that it ends then.
"""

from __future__ import annotations

import json
import struct
from typing import Any

#: The two lengths.
LENGTHS = struct.Struct(">II")


def encode_frame(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """The frame's bytes."""
    head = json.dumps(header, separators=(",", ":")).encode()
    return b"".join((LENGTHS.pack(len(head), len(payload)), head, payload))


class FrameReader:
    """Collects bytes as they come and hands out whole frames; large payloads are not copied twice."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add what was received."""
        self._buffer += data

    def next_frame(self) -> tuple[dict[str, Any], bytes] | None:
        """The next whole frame, or None until more has come."""
        buffer = self._buffer
        if len(buffer) < LENGTHS.size:
            return None
        head_length, payload_length = LENGTHS.unpack_from(buffer)
        start = LENGTHS.size + head_length
        end = start + payload_length
        if len(buffer) < end:
            return None
        with memoryview(buffer) as view:
            header = json.loads(bytes(view[LENGTHS.size : start]))
            payload = bytes(view[start:end])
        del buffer[:end]
        return header, payload
