"""Results and errors of the AWS query protocol, which SQS spoke before it spoke JSON: XML.

Source: AWS query protocol; SQS service model of before November 2023; answers as recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from pelton.errors import WireError
from pelton.server.answers import Answer, Log
from pelton.server.claims import NotAuthenticated
from pelton.server.http import HttpResponse, Reply

_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"
#: How elements of lists are called, by the member's name; those of batches begin with the operation's.
_LISTS = {
    "Failed": "BatchResultErrorEntry",
    "Messages": "Message",
    "QueueUrls": "QueueUrl",
    "Results": "ListMessageMoveTasksResultEntry",
    "queueUrls": "QueueUrl",
}
#: How entries of maps are called, and their keys.
_MAPS = {
    "Attributes": ("Attribute", "Name"),
    "MessageAttributes": ("MessageAttribute", "Name"),
    "Tags": ("Tag", "Key"),
}
#: Operations whose answer is empty: it has no result element.
_WITHOUT_RESULT = frozenset(
    {
        *("AddPermission", "ChangeMessageVisibility", "DeleteMessage", "DeleteQueue", "PurgeQueue"),
        *("RemovePermission", "SetQueueAttributes", "TagQueue", "UntagQueue"),
    }
)
#: Line ends and quotes that a parser would change or stumble over.
_ENTITIES = {"\r": "&#xD;", '"': "&quot;"}


class QueryAnswer(Answer):
    """In the query protocol, to one operation."""

    __slots__ = ("operation",)

    def __init__(self, reply: Reply, request_id: bytes, log: Log) -> None:
        super().__init__(reply, request_id, log)
        self.operation = ""  #: known when the form has been read

    def _result(self, result: Any) -> HttpResponse:
        name = self.operation
        inner = "".join(_members(result, name))
        shown = "" if name in _WITHOUT_RESULT else f"<{name}Result>{inner}</{name}Result>"
        metadata = f"<ResponseMetadata><RequestId>{self.request_id.decode()}</RequestId></ResponseMetadata>"
        text = f'<{name}Response xmlns="{_NAMESPACE}">{shown}{metadata}</{name}Response>'
        return _xml(HTTPStatus.OK, text, self.request_id)

    def _error(self, error: WireError) -> HttpResponse:
        kind = "Sender" if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"
        code = getattr(error, "query_code", error.code.removesuffix("Exception"))
        message = getattr(error, "query_message", error.message) or ""
        shown = (
            f"<Error><Type>{kind}</Type><Code>{_escaped(code)}</Code><Message>{_escaped(message)}</Message>"
            f"<Detail/></Error><RequestId>{self.request_id.decode()}</RequestId>"
        )
        status = HTTPStatus.FORBIDDEN if isinstance(error, NotAuthenticated) else error.status
        return _xml(status, f'<ErrorResponse xmlns="{_NAMESPACE}">{shown}</ErrorResponse>', self.request_id)


def _members(values: Mapping[str, Any], operation: str) -> Iterator[str]:
    for name, value in values.items():
        if name in _MAPS and isinstance(value, dict):
            entry, key = _MAPS[name]
            for each, inner in value.items():
                yield f"<{entry}><{key}>{_escaped(each)}</{key}><Value>{_content(inner, operation)}</Value></{entry}>"
        elif isinstance(value, list):
            element = f"{operation}ResultEntry" if name == "Successful" else _LISTS.get(name, name)
            for inner in value:
                yield f"<{element}>{_content(inner, operation)}</{element}>"
        else:
            yield f"<{name}>{_content(value, operation)}</{name}>"


def _content(value: Any, operation: str) -> str:
    if isinstance(value, dict):
        return "".join(_members(value, operation))
    if isinstance(value, bool):
        return "true" if value else "false"
    return _escaped(str(value))


def _escaped(text: str) -> str:
    return escape(text, _ENTITIES)


def _xml(status: int, text: str, request_id: bytes) -> HttpResponse:
    headers = ((b"x-amzn-RequestId", request_id), (b"Content-Type", b"text/xml"))
    return HttpResponse(status, headers, f'<?xml version="1.0"?>{text}'.encode())
