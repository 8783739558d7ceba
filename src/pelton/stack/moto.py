"""Everything else of AWS, answered by moto's server where the extra ``pelton[aws]`` is installed.

A child process, started by the first request for a service that Pelton does not offer itself. moto keeps what it
holds in memory, so it is empty after each start of Pelton: topics and buckets that mappings name are made again.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from urllib.parse import urlencode

from pelton.arns import DEFAULT_ACCOUNT
from pelton.operations import JsonObject
from pelton.server.http import HttpRequest, HttpResponse, Reply
from pelton.stack.ports import listen, port_of
from pelton.triggers.elsewhere import NO_ATTRIBUTES, NotTaken, bucket_of

HOST = "127.0.0.1"
#: How long it may take to import and listen.
START_TIMEOUT_S = 60.0
_LOOK_S = 0.1
_REQUEST_TIMEOUT_S = 60
#: Headers that belong to one connection and are not passed on (RFC 9110, 7.6.1), and those the edge writes itself.
_OWN_HEADERS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"})


class Moto:
    """The child, and what is asked of it."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        """``say(name, line)`` is told when it starts."""
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0
        self.named: Callable[[], Iterable[str]] = tuple  #: ARNs of topics and buckets that mappings name

    @staticmethod
    def is_installed() -> bool:
        """Whether the extra is there."""
        return find_spec("moto") is not None and find_spec("flask") is not None

    def answer(self, request: HttpRequest, reply: Reply) -> None:
        """Pass a client's request on."""
        task = asyncio.get_running_loop().create_task(self._answer(request, reply))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def has(self, arn: str) -> bool:
        """Whether the topic or bucket is there."""
        bucket = bucket_of(arn)
        if bucket is not None:
            status, _ = await self._ask("HEAD", f"/{bucket}", "s3", "us-east-1")
        else:
            status, _ = await self._ask_sns(arn, {"Action": "GetTopicAttributes", "TopicArn": arn})
        return status == 200

    async def make(self, arn: str) -> None:
        """Make the topic or bucket, unless it is there."""
        if not await self.has(arn):
            await self._make(arn)

    async def publish(self, topic_arn: str, message: str, attributes: Mapping[str, JsonObject] = NO_ATTRIBUTES) -> None:
        """Publish a message to a topic, with attributes of SQS's form."""
        asked = {"Action": "Publish", "TopicArn": topic_arn, "Message": message}
        for number, (name, attribute) in enumerate(attributes.items(), start=1):
            place = f"MessageAttributes.entry.{number}"
            asked |= {f"{place}.Name": name, f"{place}.Value.DataType": attribute["DataType"]}
            asked[f"{place}.Value.StringValue"] = attribute["StringValue"]
        _check(await self._ask_sns(topic_arn, asked), topic_arn)

    async def put(self, bucket: str, key: str, body: bytes) -> None:
        """Store an object."""
        _check(await self._ask("PUT", f"/{bucket}/{key}", "s3", "us-east-1", body), f"{bucket}/{key}")

    async def close(self) -> None:
        """End the child."""
        for task in (*self._tasks, *filter(None, (self._starting,))):
            task.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _answer(self, request: HttpRequest, reply: Reply) -> None:
        try:
            await self._started()
            response = await asyncio.to_thread(_forward, self._port, request)
        except (NotTaken, OSError, HTTPException) as error:
            response = HttpResponse(502, ((b"Content-Type", b"text/plain"),), f"moto does not answer: {error}".encode())
        reply(response)

    async def _ask_sns(self, arn: str, asked: dict[str, str]) -> tuple[int, bytes]:
        body = urlencode({**asked, "Version": "2010-03-31"}).encode()
        return await self._ask("POST", "/", "sns", arn.split(":")[3], body)

    async def _ask(self, method: str, path: str, service: str, region: str, body: bytes = b"") -> tuple[int, bytes]:
        await self._started()
        return await self._ask_child(method, path, service, region, body)

    async def _ask_child(
        self, method: str, path: str, service: str, region: str, body: bytes = b""
    ) -> tuple[int, bytes]:
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential=pelton/20250101/{region}/{service}/aws4_request, "
            "SignedHeaders=host, Signature=none",
        }
        if service == "sns":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            return await asyncio.to_thread(_request, self._port, method, path, headers, body)
        except (OSError, HTTPException) as error:
            raise NotTaken(f"moto does not answer: {error}") from error

    async def _make(self, arn: str) -> None:
        bucket = bucket_of(arn)
        if bucket is not None:
            _check(await self._ask_child("PUT", f"/{bucket}", "s3", "us-east-1"), bucket)
            return
        region, name = arn.split(":")[3], arn.rsplit(":", 1)[-1]
        body = urlencode({"Action": "CreateTopic", "Name": name, "Version": "2010-03-31"}).encode()
        _check(await self._ask_child("POST", "/", "sns", region, body), name)

    async def _started(self) -> None:
        """Wait until the child answers; start it when it does not run."""
        if self._process is not None and self._process.returncode is not None:
            self._starting = None
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start())
        starting = self._starting
        try:
            await asyncio.shield(starting)
        except NotTaken:
            self._starting = None if self._starting is starting else self._starting
            raise

    async def _start(self) -> None:
        with listen(HOST, 0, purpose="moto", option="") as free:
            self._port = port_of(free)
        self._say("moto", "starts: it answers for the services that Pelton does not offer itself")
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pelton.stack.moto_child", str(self._port)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "MOTO_ACCOUNT_ID": DEFAULT_ACCOUNT},
            start_new_session=True,
        )
        await self._listens(self._process)
        for arn in self.named():
            await self._make(arn)

    async def _listens(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_TIMEOUT_S
        while loop.time() < deadline and process.returncode is None:
            try:
                _, writer = await asyncio.open_connection(HOST, self._port)
            except OSError:
                await asyncio.sleep(_LOOK_S)
            else:
                writer.close()
                return
        raise NotTaken(f"moto did not start within {START_TIMEOUT_S:.0f} s")


def _check(answer: tuple[int, bytes], what: str) -> None:
    status, body = answer
    if status != 200:
        raise NotTaken(f"{what} was not taken: {status} {body[:300].decode(errors='replace')}")


def _request(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection(HOST, port, timeout=_REQUEST_TIMEOUT_S)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _forward(port: int, request: HttpRequest) -> HttpResponse:
    """The request as it came, to moto; its answer as it came."""
    target = request.path + (b"?" + request.query if request.query else b"")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.items()}
    kept = {name: value for name, value in headers.items() if name not in _OWN_HEADERS}
    connection = HTTPConnection(HOST, port, timeout=_REQUEST_TIMEOUT_S)
    try:
        connection.request(request.method.decode(), target.decode("latin-1"), request.body, kept)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    answered = tuple(
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in response.getheaders()
        if name.lower() not in _OWN_HEADERS
    )
    return HttpResponse(response.status, answered, body)
