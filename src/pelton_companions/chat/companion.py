"""The chat companion: ``POST /services/T/B/X`` as Slack's incoming webhook takes it.

``GET /`` is a page for people, ``GET /messages?after=N`` a list for programs; faults do not meet them.
"""

from __future__ import annotations

from pathlib import Path

import orjson

from pelton_companions.inbox import Inbox, Received
from pelton_companions.messages import BadBody, JsonObject, Request, Response, json_response, text_response
from pelton_companions.pages import Entry, page

#: Messages on the page and in one list.
SHOWN_MAX = 1000


class ChatCompanion:
    """Keeps what is posted."""

    name = "chat"
    paths_without_faults = frozenset({"/", "/messages"})

    def __init__(self, data: Path) -> None:
        self._inbox = Inbox(data / "chat.db")

    async def start(self) -> None:
        """Nothing to do: the inbox is open."""

    async def handle(self, request: Request) -> Response:
        """Take a message, or show those that came."""
        segments = request.path.strip("/").split("/")
        if request.method == "POST" and segments[0] == "services" and len(segments) == 4:
            return self._post(request)
        if request.method == "GET" and request.path == "/":
            entries = [Entry(each.received, "#signups", _text(each)) for each in self._inbox.newest(SHOWN_MAX)]
            return page("Chat", entries, "Nothing yet: sign up on the page, and the announcement comes here.")
        if request.method == "GET" and request.path == "/messages":
            return self._list(request)
        return text_response("no_service", 404)

    def failure(self, status: int) -> Response:
        """Slack's errors are plain text."""
        if status == 429:
            return text_response("rate_limited", 429, {"retry-after": "1"})
        return text_response("rollup_error" if status >= 500 else "invalid_payload", status)

    def state(self) -> JsonObject:
        """How many messages came."""
        return {"messages": self._inbox.count()}

    async def close(self) -> None:
        """Close the inbox."""
        self._inbox.close()

    def _post(self, request: Request) -> Response:
        try:
            message = request.json()
        except BadBody:
            return text_response("invalid_payload", 400)
        if not any(message.get(name) for name in ("text", "blocks", "attachments")):
            return text_response("no_text", 400)
        self._inbox.keep(orjson.dumps(message))
        return text_response("ok")

    def _list(self, request: Request) -> Response:
        after = request.query.get("after", "0")
        if not after.isdigit():
            return json_response({"error": "after must be a number"}, 400)
        messages = [
            {"id": each.id, "received": each.received, **orjson.loads(each.content)}
            for each in self._inbox.after(int(after), SHOWN_MAX)
        ]
        return json_response({"messages": messages})


def _text(received: Received) -> str:
    message: JsonObject = orjson.loads(received.content)
    text = message.get("text") or orjson.dumps(message, option=orjson.OPT_INDENT_2).decode()
    return str(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
