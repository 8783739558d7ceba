"""Credentials of callers: which key belongs to which account, and its secret.

The file is a JSON list: ``[{"key": "AKIA…", "secret": "…", "account": "111111111111"}]``; ``account`` may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from pelton.arns import DEFAULT_ACCOUNT

_ACCOUNT_DIGITS = 12


class CredentialsRefused(Exception):
    """The credentials are not in the documented form; the text says which entry and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One access key."""

    key: str
    secret: str = field(repr=False)
    account: str = DEFAULT_ACCOUNT


def read_credentials(text: str | bytes) -> Mapping[str, Credential]:
    """Credentials by key id, from the text of the file or of PELTON_CREDENTIALS.

    Raises:
        CredentialsRefused: not a JSON list of objects with ``key`` and ``secret``, an account that is not 12 digits,
            a key given twice, or none at all (a server that accepts nobody is a mistake).
    """
    try:
        entries = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise CredentialsRefused(f"credentials are not JSON: {fault}") from fault
    if not isinstance(entries, list) or not entries:
        raise CredentialsRefused('credentials must be a JSON list such as [{"key": "...", "secret": "..."}]')
    credentials: dict[str, Credential] = {}
    for number, entry in enumerate(entries, start=1):
        credential = _credential(number, entry)
        if credential.key in credentials:
            raise CredentialsRefused(f"credentials entry {number}: key {credential.key} is given twice")
        credentials[credential.key] = credential
    return credentials


def _credential(number: int, entry: object) -> Credential:
    if not isinstance(entry, dict):
        raise CredentialsRefused(f"credentials entry {number} is not an object")
    key, secret, account = entry.get("key"), entry.get("secret"), entry.get("account", DEFAULT_ACCOUNT)
    if not isinstance(key, str) or not isinstance(secret, str) or not key or not secret:
        raise CredentialsRefused(f"credentials entry {number} needs the texts 'key' and 'secret'")
    if not (isinstance(account, str) and account.isascii() and account.isdigit() and len(account) == _ACCOUNT_DIGITS):
        raise CredentialsRefused(f"credentials entry {number}: 'account' must be a text of {_ACCOUNT_DIGITS} digits")
    return Credential(key=key, secret=secret, account=account)
