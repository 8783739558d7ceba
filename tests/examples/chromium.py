"""Headless Chromium, driven over a pipe by its DevTools protocol: no driver, no open port.

``with Chromium(url) as page`` gives a page; ``evaluate`` runs an expression in it and returns its
value, ``wait_for`` evaluates until it is true.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

EXECUTABLE = shutil.which("chromium")
#: No traffic of its own: neither updates nor telemetry.
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1100,800",
]  # fmt: skip


class Chromium:
    """One browser with one page."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ids = itertools.count(1)
        self._buffer = b""

    def __enter__(self) -> Chromium:
        assert EXECUTABLE is not None, "chromium is not installed"
        self._profile = tempfile.mkdtemp()
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        # The browser reads descriptor 3 and writes descriptor 4.
        move = f'exec 3<&{requests} 4>&{answers}; exec "$@"'
        command = ["bash", "-c", move, "-", EXECUTABLE, *QUIET, "--remote-debugging-pipe"]
        self._process = subprocess.Popen(
            [*command, f"--user-data-dir={self._profile}", "about:blank"],
            pass_fds=(requests, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(requests)
        os.close(answers)
        target = self._call("Target.createTarget", {"url": self._url})["targetId"]
        self._session = self._call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._requests)
        self._process.terminate()
        self._process.wait(10)
        os.close(self._answers)
        shutil.rmtree(self._profile, ignore_errors=True)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited when it is a promise."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = self._call("Runtime.evaluate", asked, self._session)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str, timeout_s: float = 10) -> Any:
        """The first value of an expression that counts as true."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if value := self.evaluate(expression):
                return value
            time.sleep(0.02)
        raise AssertionError(f"never true: {expression}; the page says: {self.evaluate('document.body.innerText')}")

    def type(self, selector: str, text: str) -> None:
        """Replace a field's text, as if typed."""
        where = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{where}.focus(), {where}.select && {where}.select()")
        self._call("Input.insertText", {"text": text}, self._session)

    def screenshot(self, path: Path) -> None:
        """Save what is seen as a PNG."""
        answer = self._call("Page.captureScreenshot", {"format": "png"}, self._session)
        path.write_bytes(base64.b64decode(answer["data"]))

    def _call(self, method: str, parameters: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._requests, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != number:
            pass
        assert "error" not in answer, answer
        return dict(answer["result"])

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            part = os.read(self._answers, 1 << 16)
            assert part, "chromium ended"
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))
