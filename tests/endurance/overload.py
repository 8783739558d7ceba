"""More than Pelton can do: 2,000 connections, each with several requests on their way at once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.wire import Client

_BACKOFF_S = 0.02


@dataclass(slots=True)
class Figures:
    """What the clients saw."""

    answers: Counter[str] = field(default_factory=Counter)  #: by status or error
    stored_by_connection: list[int] = field(default_factory=list)
    per_s: float = 0.0
    recovery_s: float = 0.0
    peak_mb: float = 0.0


def request(number: int) -> bytes:
    """A PutItem of about 200 bytes."""
    body = b'{"TableName":"things","Item":{"id":{"S":"%d"},"body":{"S":"%b"}}}' % (number, b"x" * 150)
    return (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n"
        b"Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\n"
        b"Authorization: AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, "
        b"Signature=0\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )


def overload(port: int, pid: int, *, connections: int, ahead: int, seconds: float) -> Figures:
    """Keep ``ahead`` requests on their way on each connection for so long; then see how long one takes."""
    figures = Figures()
    asyncio.run(_all(port, connections, ahead, seconds, figures))
    began = time.monotonic()
    key = {"id": {"S": "after"}}
    client = Client(port)
    client.call("PutItem", TableName="things", Item=key)
    assert client.call("GetItem", TableName="things", Key=key)["Item"] == key
    figures.recovery_s = time.monotonic() - began
    client.close()
    status = Path(f"/proc/{pid}/status").read_text()
    figures.peak_mb = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    return figures


async def _all(port: int, connections: int, ahead: int, seconds: float, figures: Figures) -> None:
    opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(connections)))
    began = time.monotonic()
    stored = await asyncio.gather(
        *(
            _client(reader, writer, number, ahead, began + seconds, figures)
            for number, (reader, writer) in enumerate(opened)
        )
    )
    figures.per_s = figures.answers.total() / (time.monotonic() - began)
    figures.stored_by_connection = list(stored)


async def _client(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    number: int,
    ahead: int,
    until: float,
    figures: Figures,
) -> int:
    stored = 0
    while time.monotonic() < until:
        is_throttled = False
        writer.write(b"".join(request(number * ahead + each) for each in range(ahead)))
        for _ in range(ahead):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r", 1)[0])
            body = await reader.readexactly(length)
            kind = "200" if head[9:12] == b"200" else body.partition(b"#")[2].partition(b'"')[0].decode()
            figures.answers[kind] += 1
            stored += kind == "200"
            is_throttled = is_throttled or kind != "200"
        if is_throttled:
            await asyncio.sleep(_BACKOFF_S * (1 + number % 10))  # As SDKs do, each at a time of its own.
    writer.close()
    await writer.wait_closed()
    return stored
