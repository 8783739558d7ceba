"""What a sign-up must hold: three texts, each with its rule. Pure.

A refusal names the field as the request does and says why, so that a form can show it in its place.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

EMAIL_LENGTH_MAX = 254
NAME_LENGTH_MAX = 200
#: Nobody alive was born before this year.
BIRTH_YEAR_MIN = 1900

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Refused(Exception):
    """A request that cannot be served as it is; ``field`` is the field at fault, if it is one."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A valid request: trimmed, the date a real one in the past."""

    email: str
    fullname: str
    date_of_birth: str

    @property
    def email_key(self) -> str:
        """What two addresses that are the same have in common."""
        return email_key(self.email)


def email_key(email: str) -> str:
    """The address in lower case: no provider of today tells cases apart."""
    return email.lower()


def read_sign_up(event: Mapping[str, Any], today: date) -> SignUp:
    """The sign-up in an API event's body.

    Raises:
        Refused: the body is not a JSON object, or a field is missing or breaks its rule.
    """
    body = _json_object(event)
    return SignUp(
        email=_email(_text(body, "email")),
        fullname=_fullname(_text(body, "fullname")),
        date_of_birth=_date_of_birth(_text(body, "date_of_birth"), today),
    )


def _json_object(event: Mapping[str, Any]) -> dict[str, Any]:
    raw = event.get("body") or ""
    try:
        text = base64.b64decode(raw).decode() if event.get("isBase64Encoded") else raw
        body = json.loads(text)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Refused("body", "is not valid JSON") from error
    if not isinstance(body, dict):
        raise Refused("body", "must be a JSON object with email, fullname and date_of_birth")
    return body


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if value is None or value == "":
        raise Refused(field, "is missing")
    if not isinstance(value, str):
        raise Refused(field, "must be text")
    stripped = unicodedata.normalize("NFC", value).strip()
    if not stripped:
        raise Refused(field, "is blank")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in stripped):
        raise Refused(field, "must not hold control characters")
    return stripped


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        raise Refused("email", "is not an e-mail address: it has the form name@example.com")
    if len(text) > EMAIL_LENGTH_MAX or len(local) > 64:
        raise Refused("email", f"is too long: at most {EMAIL_LENGTH_MAX} characters, 64 of them before the @")
    if not _LOCAL.fullmatch(local):
        raise Refused("email", "has a part before the @ that no e-mail address can have")
    labels = domain.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise Refused("email", f"has a domain that cannot exist: {domain}")
    return text


def _fullname(text: str) -> str:
    if len(text) > NAME_LENGTH_MAX:
        raise Refused("fullname", f"is too long: at most {NAME_LENGTH_MAX} characters")
    if not any(character.isalpha() for character in text):
        raise Refused("fullname", "must hold a letter")
    return text


def _date_of_birth(text: str, today: date) -> str:
    if not _DATE.fullmatch(text):
        raise Refused("date_of_birth", "must be a date of the form YYYY-MM-DD")
    try:
        born = date.fromisoformat(text)
    except ValueError as error:
        raise Refused("date_of_birth", f"is not a day that exists: {text}") from error
    if born > today:
        raise Refused("date_of_birth", "is in the future")
    if born.year < BIRTH_YEAR_MIN:
        raise Refused("date_of_birth", f"is before {BIRTH_YEAR_MIN}")
    return text
