"""Policy documents of authorizers: what they say about one call."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.gateway.policies import Decision, NotAPolicy, decision

ARN = "arn:aws:execute-api:us-east-1:000000000000:abc/dev/GET/orders/7"
ALL = "arn:aws:execute-api:*:*:abc/dev/*"


def statement(effect: str = "Allow", action: Any = "execute-api:Invoke", resource: Any = ALL) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("statements", "decided"),
    [
        ([statement()], Decision.ALLOWED),
        (statement(), Decision.ALLOWED),  # One statement needs no list.
        ([statement(resource="*")], Decision.ALLOWED),
        ([statement(resource=ARN)], Decision.ALLOWED),
        ([statement(resource=["x", ARN])], Decision.ALLOWED),
        ([statement(action="*")], Decision.ALLOWED),
        ([statement(action=["s3:Get*", "EXECUTE-API:in?oke"])], Decision.ALLOWED),  # Actions know no case.
        ([statement(resource=ARN[:-1] + "?")], Decision.ALLOWED),
        ([statement(resource=ARN + "?")], Decision.NOT_ALLOWED),
        ([statement(resource=ARN.replace("GET", "POST"))], Decision.NOT_ALLOWED),
        ([statement(resource=ARN.replace("abc", "a.c"))], Decision.NOT_ALLOWED),  # A dot is a dot.
        ([statement(action="execute-api:ManageConnections")], Decision.NOT_ALLOWED),
        ([], Decision.NOT_ALLOWED),
        ([statement("Deny")], Decision.DENIED),
        ([statement(), statement("Deny")], Decision.DENIED),  # Whatever the order.
        ([statement("Deny"), statement()], Decision.DENIED),
        ([statement(), statement("Deny", resource="elsewhere")], Decision.ALLOWED),
    ],
)
def test_a_document_allows_denies_or_says_nothing(statements: Any, decided: Decision) -> None:
    assert decision({"Version": "2012-10-17", "Statement": statements}, ARN) is decided


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "no Statement"),
        ({"Statement": "all"}, "no Statement"),
        ({"Statement": ["all"]}, "no object"),
        ({"Statement": [statement("allow")]}, "Effect"),
        ({"Statement": [statement(action=None)]}, "Action"),
        ({"Statement": [statement(resource=[])]}, "Resource"),
        ({"Statement": [{**statement(), "Condition": {}}]}, "Condition of a statement is not supported"),
        ({"Statement": [{**statement(), "NotAction": "x"}]}, "NotAction"),
    ],
)
def test_what_cannot_be_read_is_no_permission(document: Any, reason: str) -> None:
    with pytest.raises(NotAPolicy, match=reason):
        decision(document, ARN)
