"""A real ``pelton up`` in a process of its own, driven as a user would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from typer.testing import CliRunner

from pelton.cli import app

ROOT = Path(__file__).parents[2]
SIGNUP = ROOT / "examples" / "signup"
#: A newcomer's patience; whatever waits for longer has failed.
PATIENCE_S = 30.0


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # As in a shell's background job, whose children inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pelton_command() -> str:
    """The installed command."""
    return str(Path(sys.executable).with_name("pelton"))


def wait_for(condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Look until the condition holds; real processes on real time have no other clock."""
    deadline = time.monotonic() + patience_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        if value := condition():
            return value
        pause.wait(0.02)
    raise AssertionError(f"waited {patience_s:g} s in vain for {what}")


class Up:
    """One ``pelton up``."""

    def __init__(
        self,
        project: Path,
        data_dir: Path,
        *options: str,
        environment: dict[str, str] | None = None,
        command: list[str] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Start it, or another ``command`` that ends as ``pelton up --json`` would, and wait until it is ready."""
        self.project = project
        self.data_dir = data_dir
        self.began = time.monotonic()
        ports = ("--port", "0", "--http-port", "0", "--companions-port", "0", "--mail-port", "0")
        self.process = subprocess.Popen(
            command or [pelton_command(), "up", str(project), "--data-dir", str(data_dir), "--json", *ports, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_clean_environment() | {"PYTHONFAULTHANDLER": "1"} | (environment or {}),
        )
        self._clients: dict[str, Any] = {}
        self.lines: list[dict[str, Any]] = []
        self.talk: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_talk, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            ready = wait_for(self._first_ready, "the ready line", patience_s)
        except AssertionError as error:
            self.process.send_signal(signal.SIGABRT)  # Where it hangs: its fault handler prints every thread.
            self.ended()
            raise AssertionError(f"{error}; it said:\n{''.join(self.talk)}") from None
        self.ready_s = time.monotonic() - self.began
        self.state: dict[str, Any] = ready
        self.application: str = ready["addresses"]["application"]
        self.aws: str = ready["addresses"]["AWS endpoint"]

    def __enter__(self) -> Up:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Ctrl-C, and how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.ended()

    def kill(self) -> None:
        """kill -9 of the parent process alone."""
        self.process.kill()
        self.ended()

    def ended_within(self, seconds: float) -> bool:
        """Wait for its end by itself, for at most so long: whether it came."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def client(self, service: str) -> Any:
        """A boto3 client of the AWS endpoint; one for each service."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.aws,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
            )
        return self._clients[service]

    def request(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """A request to the application: status and JSON."""
        return http(method, self.application + path, body)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command beside the running one, within this process: a start would cost more than the command."""
        command = [*arguments, "--data-dir", str(self.data_dir)]
        ended = CliRunner().invoke(app, command, catch_exceptions=False)
        return subprocess.CompletedProcess(command, ended.exit_code, ended.stdout, ended.stderr)

    @contextmanager
    def watching(self, *arguments: str) -> Iterator[list[dict[str, Any]]]:
        """A command that goes on until interrupted: its lines of JSON so far."""
        lines: list[dict[str, Any]] = []
        process = subprocess.Popen(
            [pelton_command(), *arguments, "--data-dir", str(self.data_dir)],
            stdout=subprocess.PIPE,
            text=True,
            env=_clean_environment(),
        )
        assert process.stdout is not None
        reader = threading.Thread(target=lambda out: lines.extend(map(json.loads, out)), args=(process.stdout,))
        reader.start()
        try:
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(15)
            reader.join(5)
            process.stdout.close()

    def events(self, kind: str, subject: str | None = None) -> list[dict[str, Any]]:
        """What it has shown so far of that kind."""
        return [line for line in self.lines if line.get("kind") == kind and subject in (None, line["subject"])]

    def ended(self) -> int:
        """How it ended, without another word to it: a second signal kills."""
        try:
            code = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("pelton did not end within 15 seconds") from None
        for reader in self._readers:
            reader.join(5)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return code

    def _first_ready(self) -> dict[str, Any] | None:
        ready = next((line for line in self.lines if line.get("ready")), None)
        if ready is None and self.process.poll() is not None:
            self._readers[1].join(1)
            raise AssertionError(f"pelton ended with {self.process.returncode}: {''.join(self.talk)}")
        return ready

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def _read_talk(self) -> None:
        assert self.process.stderr is not None
        self.talk.extend(self.process.stderr)


def http(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None, patience_s: float = PATIENCE_S
) -> tuple[int, Any]:
    """One HTTP request: status and body, parsed when it is JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=patience_s) as response:
            return response.status, _parsed(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _parsed(error.read())


def run_pelton(*arguments: str, patience_s: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
    """A command, to its end."""
    return subprocess.run(
        [pelton_command(), *arguments],
        capture_output=True,
        text=True,
        timeout=patience_s,
        env=_clean_environment(),
        check=False,
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _clean_environment() -> dict[str, str]:
    vendors = ("ALGOLIA_", "HUBSPOT_", "FULLCONTACT_", "SLACK_", "SMTP_", "AWS_", "PELTON_")
    return {name: value for name, value in os.environ.items() if not name.startswith(vendors)}
