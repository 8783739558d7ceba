"""How queues are named: names, ARNs, and URLs, whose host is the one the caller used. Pure.

Source: SQS developer guide, "Queue and message identifiers".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pelton.operations import RequestContext
from pelton.queues.errors import InvalidParameterValue, MissingParameter, QueueDoesNotExist

_NAME_LENGTH_MAX = 80
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]+\.fifo")
_ARN = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_.-]+)")
FIFO_SUFFIX = ".fifo"


def checked_name(name: str | None, *, is_fifo: bool) -> str:
    """The name of a queue that is to be made.

    Raises:
        MissingParameter, InvalidParameterValue: it is absent, or has another form.
    """
    if not name:
        raise MissingParameter("QueueName")
    if is_fifo and not (len(name) <= _NAME_LENGTH_MAX and _FIFO_NAME.fullmatch(name)):
        raise InvalidParameterValue(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with .fifo suffix and be 1 to 80 in length."
        )
    if not is_fifo and not _NAME.fullmatch(name):
        raise InvalidParameterValue(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    return name


def queue_url(context: RequestContext, account: str, name: str) -> str:
    """The URL of a queue as that caller can reach it."""
    return f"http://{context.host}/{account}/{name}"


def name_in_url(url: str | None, context: RequestContext) -> str:
    """The name of the queue a request means, by its URL or its bare name.

    Any host will do: a client may reach this server by several names. The last two parts of the path count.

    Raises:
        MissingParameter: there is no URL.
        QueueDoesNotExist: it leads to another account, or nowhere.
    """
    if not url:
        raise MissingParameter("QueueUrl")
    if "/" not in url:
        return url
    account, _, name = urlsplit(url).path.rstrip("/").rpartition("/")
    if account.rpartition("/")[2] != context.account or not name:
        raise QueueDoesNotExist
    return name


def parts_of_arn(arn: str) -> tuple[str, str, str] | None:
    """Account, region and name in a queue's ARN; None: it is no queue's."""
    match = _ARN.fullmatch(arn)
    return None if match is None else (match[2], match[1], match[3])
