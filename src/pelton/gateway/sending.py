"""Answers as ASGI messages."""

from __future__ import annotations

import asyncio

from starlette.types import Send

from pelton.gateway.answer import Answer
from pelton.gateway.site import SiteFile

#: A file of the site is sent in pieces of this many bytes.
_PIECE_BYTES = 256 * 1024
_WITHOUT_BODY = (204, 304)


async def send_answer(answer: Answer, method: str, send: Send) -> None:
    """Send an answer; to HEAD, all but its body."""
    has_body = answer.status not in _WITHOUT_BODY
    headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in answer.headers]
    if has_body:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    body = answer.body if has_body and method != "HEAD" else b""
    await send({"type": "http.response.body", "body": body})


async def send_file(file: SiteFile, method: str, send: Send) -> None:
    """Send a file in pieces; what grows meanwhile is cut at the size announced."""
    handle = await asyncio.to_thread(file.path.open, "rb")
    try:
        headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in file.answer.headers]
        headers.append((b"content-length", str(file.size).encode()))
        await send({"type": "http.response.start", "status": file.answer.status, "headers": headers})
        left = file.size if method != "HEAD" else 0
        while left > 0:
            piece = await asyncio.to_thread(handle.read, min(left, _PIECE_BYTES))
            if not piece:
                break
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        handle.close()
