"""InvokeWithResponseStream: a function's result as an event stream, told when it is whole.

A message is: length of all (4 bytes), length of headers (4), CRC-32 of both (4), headers, payload, CRC-32 of all
before (4); a header is: length of its name (1), name, type 7 for text (1), length (2), text. Functions here hand
over whole results, so a stream begins when its function has ended. Source: Smithy, "Amazon event stream".
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator

import orjson

from pelton.functions.invocation import Outcome
from pelton.operations import JsonObject

CONTENT_TYPE = "application/vnd.amazon.eventstream"
#: What one chunk holds at most, bytes.
_CHUNK_BYTES = 1 << 16
_TEXT = 7


def event_stream(outcome: Outcome, *, wants_log_tail: bool) -> bytes:
    """The stream of a finished invocation: its result in chunks, and how it ended."""
    complete: JsonObject = {}
    if wants_log_tail:
        complete["LogResult"] = base64.b64encode(outcome.log_tail).decode()
    if outcome.function_error is None:
        chunks = b"".join(
            _message("PayloadChunk", "application/octet-stream", part) for part in _parts(outcome.payload)
        )
    else:
        chunks = b""
        complete |= {"ErrorCode": outcome.function_error, "ErrorDetails": outcome.payload.decode("utf-8", "replace")}
    return chunks + _message("InvokeComplete", "application/json", orjson.dumps(complete))


def _parts(payload: bytes) -> Iterator[bytes]:
    for start in range(0, len(payload), _CHUNK_BYTES):
        yield payload[start : start + _CHUNK_BYTES]


def _message(event_type: str, content_type: str, payload: bytes) -> bytes:
    headers = b"".join(
        _header(name, value)
        for name, value in ((":event-type", event_type), (":content-type", content_type), (":message-type", "event"))
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + struct.pack(">BH", _TEXT, len(value)) + value.encode()
