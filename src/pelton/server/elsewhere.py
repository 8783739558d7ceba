"""Services of AWS that Pelton does not offer itself: forwarded when something can answer, else named with the cure."""

from __future__ import annotations

from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson

from pelton.server.http import HttpRequest, HttpResponse

_CODE = "ServiceNotOffered"
#: What a topic can send to that lives in Pelton, by the protocol of its subscription, and the cure.
_OWN_PROTOCOLS = {"sqs": "queues: send to the queue itself", "lambda": "functions: invoke the function itself"}


def not_offered_response(request: HttpRequest, service: str | None) -> HttpResponse:
    """Says which service was asked, in a form that the service's own clients can read.

    The status is 501: clients do not try it again, as they would 500 or 503.
    """
    name = service or "unknown (the request is not signed)"
    text = (
        f"Pelton does not offer this service: {name}. "
        "Install pelton[aws] to have moto answer for it, or point this client at another endpoint."
    )
    content_type = request.headers.get(b"content-type", b"").lower()
    if service == "s3":
        return _xml(f"<Error><Code>{_CODE}</Code><Message>{escape(text)}</Message></Error>")
    if content_type.startswith(b"application/x-www-form-urlencoded"):
        error = f"<Error><Type>Sender</Type><Code>{_CODE}</Code><Message>{escape(text)}</Message></Error>"
        return _xml(f"<ErrorResponse>{error}<RequestId>-</RequestId></ErrorResponse>")
    body = orjson.dumps({"__type": _CODE, "message": text})
    return HttpResponse(501, ((b"Content-Type", b"application/json"), (b"x-amzn-errortype", _CODE.encode())), body)


def refused_subscription(request: HttpRequest) -> HttpResponse | None:
    """Refuses a subscription that would be accepted and never served; None: any other request.

    What answers for SNS knows neither the queues nor the functions of Pelton, so it would drop their messages.
    """
    if b"Action=Subscribe" not in request.body.split(b"&"):
        return None
    protocol = dict(parse_qsl(request.body.decode("latin-1"))).get("Protocol", "")
    if protocol not in _OWN_PROTOCOLS:
        return None
    text = (
        f"Pelton does not deliver from topics to {_OWN_PROTOCOLS[protocol]}, "
        "or subscribe with another protocol (http, https, email)."
    )
    error = f"<Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>{escape(text)}</Message></Error>"
    return _xml(f"<ErrorResponse>{error}<RequestId>-</RequestId></ErrorResponse>", 400)


def _xml(text: str, status: int = 501) -> HttpResponse:
    return HttpResponse(status, ((b"Content-Type", b"text/xml"),), text.encode())
