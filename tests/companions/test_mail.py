"""The mail companion through smtplib: what it says 250 to is kept, faults are temporary errors."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from pelton_companions.faults import Fault, FaultMode
from pelton_companions.mail.companion import MailCompanion

from .serving import Served, serving


def mail_server(data: Path, fault: Fault | None = None) -> Any:
    return serving(MailCompanion, data, fault)


def send(served: Served, subject: str, to: str = "ada@engines.example") -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "shop@a.example", to
    message.set_content("Willkommen, Frau Gräfin\n")
    assert isinstance(served.companion, MailCompanion)
    with smtplib.SMTP("127.0.0.1", served.companion.smtp_port, timeout=10) as client:
        client.send_message(message)


def inbox(served: Served, after: int = 0) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = httpx.get(f"{served.url}/messages?after={after}").json()["messages"]
    return messages


def test_a_mail_is_listed_with_its_envelope_and_text_and_kept_over_a_restart(tmp_path: Path) -> None:
    with mail_server(tmp_path) as served:
        send(served, "Welcome")
        send(served, "Again")

    with mail_server(tmp_path) as served:
        first, second = inbox(served)
        assert inbox(served, after=first["id"]) == [second]

    assert (first["subject"], first["to"], first["envelope_to"]) == (
        "Welcome",
        "ada@engines.example",
        ["ada@engines.example"],
    )
    assert first["text"].strip() == "Willkommen, Frau Gräfin"


def test_a_failing_server_is_a_temporary_error_and_keeps_nothing(tmp_path: Path) -> None:
    with mail_server(tmp_path, Fault(mode=FaultMode.FAIL, count=1)) as served:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            send(served, "Welcome")
        assert inbox(served) == []
        send(served, "Welcome")
        assert len(inbox(served)) == 1

    assert caught.value.smtp_code == 451


def test_the_inbox_has_a_page_that_shows_what_came_as_text(tmp_path: Path) -> None:
    with mail_server(tmp_path) as served:
        assert "Nothing yet" in httpx.get(served.url).text
        send(served, "<script>alert(1)</script>")
        shown = httpx.get(served.url).text

    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
