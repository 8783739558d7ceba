"""boto3 without a socket: botocore's own requests, answered by a dispatcher in the same thread.

botocore offers a response before it sends a request (the ``before-send`` event); answering there keeps
all of it in play: serialising, signing, retries, parsing. Nothing of botocore is patched.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from pelton.server import Dispatcher, HttpRequest, HttpResponse

#: Where the clients believe they send to; nothing is ever resolved or opened.
ENDPOINT = "http://pelton.localhost"


class InProcessClients:
    """Makes boto3 sessions whose requests go to a dispatcher."""

    def __init__(self, dispatcher: Dispatcher, region: str) -> None:
        self._dispatcher = dispatcher
        self._region = region

    def session(self) -> Any:
        """A boto3 session; its clients and resources speak to the dispatcher."""
        core = botocore.session.Session()
        core.register_component("data_loader", _models())
        session = boto3.Session(
            botocore_session=core,
            aws_access_key_id="pelton",
            aws_secret_access_key="pelton",
            region_name=self._region,
        )
        session.events.register("before-send", self.answer)
        return session

    def client(self, service: str) -> Any:
        """A boto3 client. One attempt: an error shows at once."""
        return self.session().client(service, endpoint_url=ENDPOINT, config=Config(retries={"total_max_attempts": 1}))

    def resource(self, service: str) -> Any:
        """A boto3 resource."""
        return self.session().resource(service, endpoint_url=ENDPOINT)

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """What the dispatcher answers to a request of botocore."""
        answers: list[HttpResponse] = []
        self._dispatcher.dispatch(_http_request(request), answers.append)
        if not answers:
            raise AssertionError("the operation waits for something that cannot happen in one thread")
        response = answers[0]
        headers = {name.decode(): value.decode() for name, value in response.headers}
        return AWSResponse(request.url, response.status, headers, _Raw(response.body))


@cache
def _models() -> Loader:
    """botocore's service models, read once for all sessions: a client then takes 7 ms to make, not 90."""
    return create_loader()


class _Raw(io.BytesIO):
    """A body as botocore reads it from urllib3."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """The whole body at once."""
        yield self.read()


def _http_request(request: AWSPreparedRequest) -> HttpRequest:
    parts = urlsplit(request.url)
    body = request.body or b""
    headers = {_bytes(name).lower(): _bytes(value) for name, value in request.headers.items()}
    headers.setdefault(b"host", parts.netloc.encode())  # botocore's HTTP layer, which is left out here, adds it.
    return HttpRequest(
        method=request.method.encode(),
        path=(parts.path or "/").encode(),
        query=parts.query.encode(),
        headers=headers,
        body=body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else str(body).encode(),
    )


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")
