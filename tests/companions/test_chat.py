"""The chat companion through Slack's own client: messages last, errors are Slack's plain text, faults heal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from slack_sdk.webhook import WebhookClient, WebhookResponse

from pelton_companions.chat.companion import ChatCompanion
from pelton_companions.faults import Fault, FaultMode, Faults
from pelton_companions.program import Front, Options, listen


async def post(data: Path, *texts: str, fault: Fault | None = None) -> tuple[list[WebhookResponse], int]:
    """Post each text to a companion on ``data``, which ends then; the answers and how many messages it keeps."""
    options = Options(port=0, http_port=0, data=data, token=None, allowed_origins=frozenset(), dies_with_parent=False)
    companion, faults = ChatCompanion(data), Faults()
    faults.set(fault or Fault())
    server, connections = await listen(Front(companion, options, faults, lambda: None).handle, 0)
    client = WebhookClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/services/T/B/X", retry_handlers=[])
    answers = [await asyncio.to_thread(client.send, text=text) for text in texts]
    server.close()
    for connection in list(connections):
        connection.close()
    kept = int(companion.state()["messages"])
    await companion.close()
    return answers, kept


def test_messages_are_kept_over_a_restart(tmp_path: Path) -> None:
    answers, kept = asyncio.run(post(tmp_path, "Ada", "Grace"))
    assert [(each.status_code, each.body) for each in answers] == [(200, "ok")] * 2
    assert kept == 2
    assert asyncio.run(post(tmp_path))[1] == 2


def test_a_message_without_text_is_refused_in_slacks_words(tmp_path: Path) -> None:
    (answer,), kept = asyncio.run(post(tmp_path, ""))
    assert (answer.status_code, answer.body, kept) == (400, "no_text", 0)


def test_a_fault_meets_so_many_messages_as_asked_and_keeps_none_of_them(tmp_path: Path) -> None:
    fault = Fault(mode=FaultMode.FAIL, status=429, count=1)
    answers, kept = asyncio.run(post(tmp_path, "Ada", "Ada", fault=fault))
    assert [(each.status_code, each.body) for each in answers] == [(429, "rate_limited"), (200, "ok")]
    assert kept == 1
