"""The programs that are measured, each a child process: the floor, and ``pelton up`` on a project."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from pelton.control.client import RunningPelton
from pelton.control.run_file import NotRunning

EMPTY_PROJECT = "service: bench\nframeworkVersion: '3'\nprovider: {name: aws}\n"
#: Ports of the kernel's choice: nothing that runs on this machine is disturbed.
FREE_PORTS = ("--port", "0", "--http-port", "0", "--companions-port", "0", "--mail-port", "0")
_PATIENCE_S = 30.0
_LOOK_S = 0.02
_VENDORS = ("ALGOLIA_", "HUBSPOT_", "FULLCONTACT_", "SLACK_", "SMTP_", "AWS_", "PELTON_")


class DidNotStart(Exception):
    """A program ended or hung; what it said last is on standard error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pelton:
    """A running ``pelton up``."""

    port: int  #: of the AWS endpoint
    application: int  #: port of the application
    pid: int
    data_dir: Path

    def client(self, service: str) -> Any:
        """A boto3 client of its AWS endpoint."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def settle(self, timeout_s: float = 60.0) -> None:
        """Wait until every reaction to what is written is done.

        Raises:
            TimeoutError: something is outstanding after that time.
        """
        answer = RunningPelton(self.data_dir).post("settle", timeout_s=str(timeout_s))
        if not answer["settled"]:
            raise TimeoutError(f"outstanding after {timeout_s:g} s: {answer['outstanding']}")


@contextmanager
def floor(folder: Path) -> Iterator[int]:
    """The floor program; its port."""
    command = [sys.executable, "-m", "bench.floor", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None, "asked for above"
            yield int(child.stdout.readline())
        finally:
            child.terminate()


@contextmanager
def pelton(folder: Path, *options: str, project: Path | None = None, data_dir: Path | None = None) -> Iterator[Pelton]:
    """``pelton up`` on a project, by default an empty one, from ready to its end."""
    project = project or empty_project(folder / "project")
    data_dir = data_dir or folder / "data"
    with launched(project, data_dir, *FREE_PORTS, "--no-watch", *options) as child:
        yield wait_until_ready(child, data_dir)


@contextmanager
def launched(project: Path, data_dir: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The process of ``pelton up``, just begun; what it shows goes to ``pelton.log`` in its data folder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).with_name("pelton")), "up", str(project), "--data-dir", str(data_dir), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_VENDORS)}
    with (data_dir / "pelton.log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        yield child
    except BaseException:
        print(_said(data_dir), file=sys.stderr)  # The scratch folder does not outlive the failure.
        raise
    finally:
        end(child)


def wait_until_ready(child: subprocess.Popen[bytes], data_dir: Path) -> Pelton:
    """Until its run file is there and ``GET /_pelton/health`` answers 200.

    Raises:
        DidNotStart: it ended, or is not ready in time.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and child.poll() is None:
        with contextlib.suppress(OSError, NotRunning):
            run = RunningPelton(data_dir).run
            with urllib.request.urlopen(f"{run.aws_url}/_pelton/health"):
                port, application = urlsplit(run.aws_url).port, urlsplit(run.gateway_url).port
                assert port is not None and application is not None, "the run file names both"
                return Pelton(port=port, application=application, pid=run.pid, data_dir=data_dir)
        time.sleep(_LOOK_S)
    raise DidNotStart(f"pelton is not ready after {_PATIENCE_S:g} s, or has ended")


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask a program to end, and make it when it does not."""
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _said(data_dir: Path) -> str:
    """The last of what a program showed."""
    return (data_dir / "pelton.log").read_text(encoding="utf-8", errors="replace")[-4000:]


def empty_project(folder: Path) -> Path:
    """A project with nothing in it."""
    folder.mkdir(parents=True)
    (folder / "serverless.yml").write_text(EMPTY_PROJECT, encoding="utf-8")
    return folder


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
