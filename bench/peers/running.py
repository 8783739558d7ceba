"""A peer as a process: started on a free port, asked until it answers, ended or killed, with all that it started."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bench import wire
from bench.peers.catalog import Peer
from bench.processes import tree_resident_mb
from bench.programs import free_port

_PATIENCE_S = 60.0
_LOOK_S = 0.01


class DidNotAnswer(Exception):
    """It ended, or did not answer in time, or answered what it should not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPeer:
    """A peer that answers."""

    peer: Peer
    process: subprocess.Popen[bytes]
    port: int
    start_s: float  #: from its start to its first answer

    def ask(self, operation: str, body: object, service: str = "DynamoDB_20120810") -> dict[str, Any]:
        """One request and its answer.

        Raises:
            DidNotAnswer: it was not a 200.
        """
        status, answer = asked(self.port, operation, body, service)
        if status != http.client.OK:
            raise DidNotAnswer(f"{operation}: {status} {json.dumps(answer)[:200]}")
        return answer

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def memory_mb(self) -> float:
        """What it and all that it started have in memory."""
        return tree_resident_mb(self.process.pid)

    def kill(self) -> None:
        """kill -9 of the process and its children at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(peer: Peer, data: Path) -> Iterator[RunningPeer]:
    """The peer, from its first answer to its end.

    Raises:
        DidNotAnswer: it did not in time; with the last that it said.
    """
    data.mkdir(parents=True, exist_ok=True)
    port = free_port()
    launch = peer.launch(port, data)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PELTON_"))}
    with (data / "said.log").open("ab") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            list(launch.command),
            cwd=launch.folder or data,
            env={**environment, **launch.environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = RunningPeer(peer=peer, process=process, port=port, start_s=0.0)
    try:
        _wait(process, port, data)
        yield RunningPeer(peer=peer, process=process, port=port, start_s=time.monotonic() - began)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
    finally:
        started.kill()


def asked(port: int, operation: str, body: object, service: str = "DynamoDB_20120810") -> tuple[int, dict[str, Any]]:
    """Status and body of one request; raises OSError where nothing listens."""
    head, _, payload = wire.request(operation, body).partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    headers = {name: value for name, value in lines if name not in ("Host", "Content-Length")}
    headers["X-Amz-Target"] = f"{service}.{operation}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        connection.request("POST", "/", payload, headers)
        response = connection.getresponse()
        text = response.read()
    finally:
        connection.close()
    try:
        return response.status, json.loads(text or b"{}")
    except ValueError:
        return response.status, {"text": text[:200].decode(errors="replace")}


def _wait(process: subprocess.Popen[bytes], port: int, data: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if asked(port, "ListTables", {})[0] == http.client.OK:
                return
        time.sleep(_LOOK_S)
    said = (data / "said.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise DidNotAnswer(said[-1][:200] if said else f"it does not answer after {_PATIENCE_S:g} s")
