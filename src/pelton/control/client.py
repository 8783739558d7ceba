"""The commands' side of the control API: find the running Pelton by its run file and ask it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from pelton.control.run_file import NotRunning, RunFile, read_run_file
from pelton.operations import JsonObject


class CallRefused(Exception):
    """The running Pelton said no: one line with cause and cure."""


class RunningPelton:
    """A Pelton that runs on a data folder."""

    def __init__(self, data_dir: Path) -> None:
        """Raises NotRunning when none runs there."""
        self._data_dir = data_dir
        self.run: RunFile = read_run_file(data_dir)

    def get(self, *path: str, **query: str) -> JsonObject:
        """A GET call's answer."""
        return self._parsed(self._send("GET", path, query))

    def post(self, *path: str, body: bytes = b"", **query: str) -> JsonObject:
        """A POST call's answer; it may take as long as it takes."""
        return self._parsed(self._send("POST", path, query, body))

    def lines(self, *path: str, **query: str) -> Iterator[JsonObject]:
        """A followed call's rows as they come, until the running Pelton ends or the caller stops."""
        yield from self._rows(self._send("GET", path, query))

    def post_lines(self, *path: str, **query: str) -> Iterator[JsonObject]:
        """The rows that a POST call's work tells as it goes."""
        yield from self._rows(self._send("POST", path, query))

    def _rows(self, answer: http.client.HTTPResponse) -> Iterator[JsonObject]:
        response = self._checked(answer)
        while line := response.readline():
            yield json.loads(line)

    def _send(
        self, method: str, path: tuple[str, ...], query: dict[str, str], body: bytes = b""
    ) -> http.client.HTTPResponse:
        target = "/" + "/".join(quote(part, safe="") for part in path)
        connection = http.client.HTTPConnection(self.run.host, self.run.port)
        headers = {"Authorization": f"Bearer {self.run.token}", "Connection": "close"}
        try:
            connection.request(method, f"{target}?{urlencode(query)}", body=body, headers=headers)
            return connection.getresponse()
        except OSError:
            raise NotRunning(self._data_dir) from None

    def _checked(self, response: http.client.HTTPResponse) -> http.client.HTTPResponse:
        if response.status != http.client.OK:
            body = response.read()
            try:
                text = str(json.loads(body)["error"])
            except (ValueError, KeyError, TypeError):
                text = f"the running Pelton answered {response.status}: {body[:200].decode(errors='replace')}"
            raise CallRefused(text)
        return response

    def _parsed(self, response: http.client.HTTPResponse) -> JsonObject:
        parsed: JsonObject = json.loads(self._checked(response).read())
        return parsed
