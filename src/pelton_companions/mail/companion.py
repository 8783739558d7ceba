"""The mail companion: SMTP on one port; on another the inbox, its page, health and control calls.

A message is durable when the server says 250. Faults meet the SMTP side: ``fail`` answers the
message with a temporary error (its ``status`` 450 to 599, else 451), ``refuse`` closes the connection.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from pelton_companions.faults import FaultMode, Faults
from pelton_companions.inbox import Inbox, Received
from pelton_companions.messages import JsonObject, Request, Response, json_response, text_response
from pelton_companions.pages import Entry, page
from pelton_companions.program import Options

#: Largest message, bytes.
MESSAGE_BYTES_MAX = 25 * 1024 * 1024
#: Messages on the page and in one list.
SHOWN_MAX = 1000


class MailCompanion:
    """Keeps what is sent to anybody."""

    name = "mail"
    #: Faults meet the SMTP side; the inbox stays readable.
    paths_without_faults = frozenset({"/", "/messages"})

    def __init__(self, options: Options, faults: Faults) -> None:
        self._port = options.port
        self._faults = faults
        self._inbox = Inbox(options.data / "mail.db")
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the SMTP port.

        Raises:
            OSError: the port is taken.
        """
        # aiosmtpd tells every command of every session.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self._port)

    @property
    def smtp_port(self) -> int:
        """The port that is listened on, once started."""
        assert self._server is not None, "started"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def handle(self, request: Request) -> Response:
        """The inbox, for people and for programs."""
        if request.method == "GET" and request.path == "/":
            entries = [_entry(each) for each in self._inbox.newest(SHOWN_MAX)]
            return page("Mail", entries, "Nothing yet: sign up on the page, and the welcome comes here.")
        if request.method == "GET" and request.path == "/messages":
            return self._list(request)
        return text_response("not found", 404)

    def failure(self, status: int) -> Response:
        """What is neither mail nor inbox."""
        return text_response("fault on demand", status)

    def state(self) -> JsonObject:
        """How many messages came, and the SMTP port."""
        return {"messages": self._inbox.count(), "smtp_port": self.smtp_port}

    async def close(self) -> None:
        """Close the port and the inbox."""
        if self._server is not None:
            self._server.close()
        self._inbox.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's.
        """Keep one message, with the addresses of its envelope; the reply line."""
        fault = await self._faults.before_request()
        if fault.mode is FaultMode.FAIL:
            status = fault.status if fault.status is not None and fault.status >= 450 else 451
            return f"{status} fault on demand"
        if fault.mode is FaultMode.REFUSE:
            assert server.transport is not None, "a message comes over a connection"
            server.transport.close()
            return "421 closing"
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        number = self._inbox.keep(head.encode() + cast(bytes, envelope.content))
        return f"250 OK: kept as {number}"

    def _session(self) -> SMTP:
        return SMTP(self, hostname="localhost", data_size_limit=MESSAGE_BYTES_MAX, enable_SMTPUTF8=True)

    def _list(self, request: Request) -> Response:
        after = request.query.get("after", "0")
        if not after.isdigit():
            return json_response({"error": "after must be a number"}, 400)
        return json_response({"messages": [_shown(each) for each in self._inbox.after(int(after), SHOWN_MAX)]})


def _parsed(received: Received) -> EmailMessage:
    return email.message_from_bytes(received.content, policy=email.policy.default)


def _text(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    return "" if body is None else str(body.get_content())


def _shown(received: Received) -> JsonObject:
    message = _parsed(received)
    return {
        "id": received.id,
        "received": received.received,
        "envelope_from": str(message["X-Envelope-From"]),
        "envelope_to": str(message["X-Envelope-To"]).split(", "),
        "from": str(message["From"] or ""),
        "to": str(message["To"] or ""),
        "subject": str(message["Subject"] or ""),
        "message_id": str(message["Message-ID"] or ""),
        "text": _text(message),
        "raw": received.content.decode(errors="replace"),
    }


def _entry(received: Received) -> Entry:
    message = _parsed(received)
    return Entry(received.received, f"{message['Subject']} (to {message['To']})", _text(message))
