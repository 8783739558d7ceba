"""Signed requests, made with botocore's own signer: byte for byte what its clients send and sign."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_KEY = "AKIABENCH"
_SECRET = "a-secret-that-only-measurements-use"
_REGION = "us-east-1"
_SIGNED = ("Content-Type", "X-Amz-Target")


def write_credentials(file: Path) -> Path:
    """A credentials file for ``pelton up --credentials`` with the key that ``signed`` uses."""
    file.write_text(json.dumps([{"key": _KEY, "secret": _SECRET}]), encoding="utf-8")
    return file


def signed(requests: Iterable[bytes], port: int) -> list[bytes]:
    """The requests with a signature that holds for fifteen minutes."""
    signer = SigV4Auth(Credentials(_KEY, _SECRET), "dynamodb", _REGION)
    return [_signed(request, port, signer) for request in requests]


def _signed(request: bytes, port: int, signer: SigV4Auth) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    kept = {name: value for name, value in lines if name in _SIGNED}
    prepared = AWSRequest(method="POST", url=f"http://127.0.0.1:{port}/", data=body, headers=kept)
    signer.add_auth(prepared)
    headers = {"Host": f"127.0.0.1:{port}", **dict(prepared.headers), "Content-Length": str(len(body))}
    rendered = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{rendered}\r\n".encode() + body
