"""Making, finding, listing, changing, purging and deleting queues, and their tags.

Source: SQS API reference. Differences to the service, which make no sense on one machine: a deleted queue's name
is free at once (there: after 60 seconds), and a queue can be purged as often as wanted (there: once in 60 seconds).
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace

from pelton.operations import Access, JsonObject, Operation, RequestContext
from pelton.queues.attributes import FIFO, check_together, checked_attributes, redrive_of
from pelton.queues.definitions import create, named, set_attributes
from pelton.queues.errors import InvalidParameterValue, MissingParameter, QueueDoesNotExist
from pelton.queues.names import checked_name, name_in_url, queue_url
from pelton.queues.service import Queues, queue_of
from pelton.queues.told import told_attributes
from pelton.storage.queues import drop_queue, find_queue, list_queues, purge_queue, replace_queue
from pelton.storage.transaction import Snapshot, WriteTransaction

_PAGE = range(1, 1001)
_TAGS_MAX = 50

_Read = Callable[[Snapshot], JsonObject]
_Write = Callable[[WriteTransaction], JsonObject]


def managing_operations(queues: Queues) -> tuple[Operation, ...]:
    """All operations on queues as such."""

    def deleting(body: JsonObject, context: RequestContext) -> _Write:
        return _delete_queue(queues, body, context)

    written = {
        "CreateQueue": _create_queue,
        "SetQueueAttributes": _set_queue_attributes,
        "PurgeQueue": _purge,
        "TagQueue": _tag,
        "UntagQueue": _untag,
    }
    read = {
        "GetQueueUrl": _get_queue_url,
        "ListQueues": _list_queues,
        "GetQueueAttributes": _get_queue_attributes,
        "ListQueueTags": _list_tags,
        "ListDeadLetterSourceQueues": _list_sources,
    }
    return (
        Operation(name="DeleteQueue", access=Access.WRITE, prepare=deleting),
        *(Operation(name=name, access=Access.WRITE, prepare=prepare) for name, prepare in written.items()),
        *(Operation(name=name, access=Access.READ, prepare=prepare) for name, prepare in read.items()),
    )


def _create_queue(body: JsonObject, context: RequestContext) -> _Write:
    asked: dict[str, str] = body.get("Attributes") or {}
    name = checked_name(body.get("QueueName"), is_fifo=asked.get(FIFO) == "true")
    attributes = checked_attributes(asked, name)
    check_together(attributes)
    tags = _checked_tags(body.get("tags") or {}, name)

    def decide(transaction: WriteTransaction) -> JsonObject:
        identity = named(context.account, context.region, name)
        queue = create(transaction, identity, attributes, tags, context.now_ms)
        return {"QueueUrl": queue_url(context, queue.account, queue.name)}

    return decide


def _set_queue_attributes(body: JsonObject, context: RequestContext) -> _Write:
    if not body.get("Attributes"):
        raise MissingParameter("Attribute.Name")
    attributes = checked_attributes(body["Attributes"], name_in_url(body.get("QueueUrl"), context))

    def decide(transaction: WriteTransaction) -> JsonObject:
        set_attributes(transaction, queue_of(transaction, body, context), attributes, context.now_ms)
        return {}

    return decide


def _purge(body: JsonObject, context: RequestContext) -> _Write:
    def decide(transaction: WriteTransaction) -> JsonObject:
        purge_queue(transaction, queue_of(transaction, body, context))
        return {}

    return decide


def _delete_queue(queues: Queues, body: JsonObject, context: RequestContext) -> _Write:
    """Delete the queue; receivers that wait for its messages hear that it is gone."""

    def decide(transaction: WriteTransaction) -> JsonObject:
        queue = queue_of(transaction, body, context)
        drop_queue(transaction, queue)
        queues.wake((queue.arn,))
        return {}

    return decide


def _tag(body: JsonObject, context: RequestContext) -> _Write:
    tags: dict[str, str] = body.get("Tags") or {}
    if not tags:
        raise MissingParameter("Tags")

    def decide(transaction: WriteTransaction) -> JsonObject:
        queue = queue_of(transaction, body, context)
        replace_queue(transaction, replace(queue, tags=_checked_tags({**queue.tags, **tags}, queue.name)))
        return {}

    return decide


def _checked_tags(tags: dict[str, str], name: str) -> dict[str, str]:
    if len(tags) > _TAGS_MAX:
        raise InvalidParameterValue(f"Too many tags added for queue {name}.")
    return tags


def _untag(body: JsonObject, context: RequestContext) -> _Write:
    gone = set(body.get("TagKeys") or ())
    if not gone:
        raise MissingParameter("TagKeys")

    def decide(transaction: WriteTransaction) -> JsonObject:
        queue = queue_of(transaction, body, context)
        tags = {name: value for name, value in queue.tags.items() if name not in gone}
        replace_queue(transaction, replace(queue, tags=tags))
        return {}

    return decide


def _get_queue_url(body: JsonObject, context: RequestContext) -> _Read:
    name = body.get("QueueName")
    if not name:
        raise MissingParameter("QueueName")

    def decide(snapshot: Snapshot) -> JsonObject:
        account = body.get("QueueOwnerAWSAccountId") or context.account
        queue = find_queue(snapshot, account, context.region, name) if account == context.account else None
        if queue is None:
            raise QueueDoesNotExist
        return {"QueueUrl": queue_url(context, account, name)}

    return decide


def _list_queues(body: JsonObject, context: RequestContext) -> _Read:
    prefix = body.get("QueueNamePrefix") or ""
    start, limit = _page(body)

    def decide(snapshot: Snapshot) -> JsonObject:
        there = list_queues(snapshot, context.account, context.region)
        names = [queue.name for queue in there if queue.name.startswith(prefix)]
        return _paged("QueueUrls", [queue_url(context, context.account, name) for name in names], start, limit)

    return decide


def _list_sources(body: JsonObject, context: RequestContext) -> _Read:
    """Queues whose dead letters go to this one."""
    start, limit = _page(body)

    def decide(snapshot: Snapshot) -> JsonObject:
        target = queue_of(snapshot, body, context).arn
        urls = [
            queue_url(context, queue.account, queue.name)
            for queue in list_queues(snapshot, context.account, context.region)
            if (redrive := redrive_of(queue.attributes)) is not None and redrive.target_arn == target
        ]
        return {"queueUrls": [], **_paged("queueUrls", urls, start, limit)}

    return decide


def _get_queue_attributes(body: JsonObject, context: RequestContext) -> _Read:
    def decide(snapshot: Snapshot) -> JsonObject:
        queue = queue_of(snapshot, body, context)
        told = told_attributes(snapshot, queue, body.get("AttributeNames") or [], context.now_ms)
        return {"Attributes": told} if told else {}

    return decide


def _list_tags(body: JsonObject, context: RequestContext) -> _Read:
    def decide(snapshot: Snapshot) -> JsonObject:
        tags = queue_of(snapshot, body, context).tags
        return {"Tags": tags} if tags else {}

    return decide


def _page(body: JsonObject) -> tuple[int, int]:
    """Where a page begins, and how many it holds at most."""
    limit = body.get("MaxResults")
    if limit is not None and limit not in _PAGE:
        raise InvalidParameterValue(
            f"Value {limit} for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and "
            f"{_PAGE[-1]}."
        )
    token = body.get("NextToken")
    if not token:
        return 0, limit or _PAGE[-1]
    try:
        return max(int(urlsafe_b64decode(token)), 0), limit or _PAGE[-1]
    except (ValueError, binascii.Error):
        raise InvalidParameterValue("Invalid or expired next token.") from None


def _paged(name: str, urls: list[str], start: int, limit: int) -> JsonObject:
    page = urls[start : start + limit]
    answer: JsonObject = {name: page} if page else {}
    if start + limit < len(urls):
        answer["NextToken"] = urlsafe_b64encode(str(start + limit).encode()).decode()
    return answer
