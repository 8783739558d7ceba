"""Receipt handles: opaque to clients, they name a queue, a message and one receive of it. Pure."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

from pelton.queues.errors import MissingParameter, ReceiptHandleIsInvalid
from pelton.storage.messages import Message
from pelton.storage.queues import Queue


def new_receipt(queue: Queue, message: Message, token: str) -> str:
    """The handle of a receive."""
    return urlsafe_b64encode(f"{queue.id}:{message.id}:{token}".encode()).decode()


def message_in_receipt(queue: Queue, receipt: str | None) -> int:
    """The id of the message that a handle is of; whether it is the newest handle is for the caller to see.

    Raises:
        MissingParameter, ReceiptHandleIsInvalid: there is none, or it is no handle of this queue.
    """
    if not receipt:
        raise MissingParameter("ReceiptHandle")
    try:
        of_queue, message, token = urlsafe_b64decode(receipt).decode().split(":")
        if int(of_queue) == queue.id and len(token) == 16:
            return int(message)
    except (ValueError, binascii.Error):
        pass
    raise ReceiptHandleIsInvalid(receipt)
