"""Welcomes a new user by mail.

The Message-ID comes from the record, so a mail that is sent twice is one mail to most mailboxes.
"""

from __future__ import annotations

import os
import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from signup.records import Kind, UserChange, user_changes


def handler(event: dict[str, Any], context: object) -> None:
    """Raises when the mail server did not take a mail: the stream delivers it again."""
    mails = [mail(change, os.environ["WELCOME_FROM"]) for change in user_changes(event) if change.kind is Kind.INSERT]
    if mails:
        with _connection() as server:
            for each in mails:
                server.send_message(each)


def mail(change: UserChange, sender: str) -> EmailMessage:
    """The welcome for one new user."""
    assert change.after is not None, "an insert has a new image"
    user = change.after
    local, _, domain = user.email.rpartition("@")
    message = EmailMessage()
    message["Subject"] = "Welcome"
    message["From"] = sender
    message["To"] = Address(user.fullname, local, domain)
    message["Date"] = format_datetime(change.happened)
    message["Message-ID"] = f"<{change.event_id}@{sender.rpartition('@')[2]}>"
    message.set_content(f"Hello {user.fullname},\n\nyour account is ready. Welcome!\n")
    return message


def _connection() -> smtplib.SMTP:
    server = smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"]), timeout=10)
    if os.environ.get("SMTP_USER"):
        server.starttls()
        server.login(os.environ["SMTP_USER"], os.environ["SMTP_PASSWORD"])
    return server
