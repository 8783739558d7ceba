"""Tells the team's chat about a new user.

Slack's client does not raise when Slack refuses: the status has to be looked at. A message cannot
be taken back, so the batch is one record; one that is delivered twice is announced twice.
"""

from __future__ import annotations

import os
from typing import Any

from slack_sdk.webhook import WebhookClient

from signup.records import Kind, UserChange, user_changes

webhook = WebhookClient(os.environ["SLACK_WEBHOOK_URL"], timeout=10)


class NotAnnounced(Exception):
    """The chat did not take the message."""


def handler(event: dict[str, Any], context: object) -> None:
    """Raises when the chat did not take a message: the stream delivers it again."""
    for change in user_changes(event):
        if change.kind is Kind.INSERT:
            answer = webhook.send(text=message(change))
            if answer.status_code != 200:
                raise NotAnnounced(f"the webhook answered {answer.status_code}: {answer.body}")


def message(change: UserChange) -> str:
    """The announcement; a name cannot hold markup of the chat."""
    assert change.after is not None, "an insert has a new image"
    name = change.after.fullname.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{name} signed up."
