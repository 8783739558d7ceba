"""``POST /users`` and ``GET``, ``PUT``, ``DELETE /users/{id}``: they only write and read the tables.

Search index, CRM, chat, mail and counts follow from the table's stream; nothing of them is waited
for here, so none of them can slow down or fail a sign-up.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3

from signup.accounts import Accounts, Busy, EmailTaken, NoSuchUser
from signup.validation import Refused, SignUp, read_sign_up

Event = dict[str, Any]
Answer = dict[str, Any]

accounts = Accounts(
    boto3.client("dynamodb"), users_table=os.environ["USERS_TABLE"], emails_table=os.environ["EMAILS_TABLE"]
)


def create(event: Event, context: object) -> Answer:
    """Store a new user: 200 with its id, or 400 when a field is wrong or the e-mail taken."""
    return _answer(lambda: _create(_sign_up(event)))


def get(event: Event, context: object) -> Answer:
    """The user as last written: 200, or 404."""
    return _answer(lambda: _shown(_user_id(event)))


def replace(event: Event, context: object) -> Answer:
    """Replace a user's data, its e-mail too: 200 with what is stored, 400 or 404."""
    return _answer(lambda: _replace(_user_id(event), _sign_up(event)))


def delete(event: Event, context: object) -> Answer:
    """Remove a user: 200 with its id, or 404."""
    return _answer(lambda: _delete(_user_id(event)))


def _create(sign_up: SignUp) -> Answer:
    user_id = str(uuid.uuid4())
    accounts.create(user_id, sign_up)
    return {"id": user_id}


def _shown(user_id: str) -> Answer:
    user = accounts.get(user_id)
    return {"id": user_id, "email": user.email, "fullname": user.fullname, "date_of_birth": user.date_of_birth}


def _replace(user_id: str, sign_up: SignUp) -> Answer:
    accounts.replace(user_id, sign_up)
    return {
        "id": user_id,
        "email": sign_up.email,
        "fullname": sign_up.fullname,
        "date_of_birth": sign_up.date_of_birth,
    }


def _delete(user_id: str) -> Answer:
    accounts.delete(user_id)
    return {"id": user_id}


def _sign_up(event: Event) -> SignUp:
    return read_sign_up(event, datetime.now(UTC).date())


def _user_id(event: Event) -> str:
    return str(event["pathParameters"]["id"])


def _answer(serve: Callable[[], Answer]) -> Answer:
    try:
        return _json(200, serve())
    except Refused as error:
        return _json(400, {"error": str(error), "field": error.field})
    except EmailTaken:
        return _json(400, {"error": "email: is taken by another user", "field": "email"})
    except NoSuchUser as error:
        return _json(404, {"error": f"id: no user has the id {error}", "field": "id"})
    except Busy:
        return _json(409, {"error": "the user is being changed by other requests: try again"})


def _json(status: int, body: Answer) -> Answer:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
