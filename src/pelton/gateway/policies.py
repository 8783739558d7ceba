"""What an authorizer's policy document says about calling a route. Pure.

Of IAM's grammar: effects, actions and resources with wildcards. A condition is no part of it here: the answer is
then that the document cannot be read, never that it allows. Source: API Gateway developer guide, "Output from an API
Gateway Lambda authorizer"; IAM user guide, policy evaluation logic.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

_CALL = "execute-api:invoke"
_KNOWN = frozenset({"Effect", "Action", "Resource", "Sid"})


class Decision(Enum):
    """What a document comes to; a denial wins over every permission."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_ALLOWED = "not allowed"  #: nothing says anything about it


class NotAPolicy(ValueError):
    """The document has another form; the text says which part."""


def decision(document: Any, arn: str) -> Decision:
    """What the document says about calling the route with that ARN.

    Raises:
        NotAPolicy: it has no statements, or one that cannot be read.
    """
    statements = document.get("Statement") if isinstance(document, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list):
        raise NotAPolicy("policyDocument has no Statement")
    effects = {_effect(statement) for statement in statements if _is_about(statement, arn)}
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def _effect(statement: dict[str, Any]) -> str:
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise NotAPolicy(f"the Effect of a statement is {effect!r} instead of Allow or Deny")
    return str(effect)


def _is_about(statement: Any, arn: str) -> bool:
    if not isinstance(statement, dict):
        raise NotAPolicy("a statement is no object")
    if unknown := sorted(statement.keys() - _KNOWN):
        raise NotAPolicy(f"{unknown[0]} of a statement is not supported: write Effect, Action and Resource")
    actions = _texts(statement.get("Action"), "Action")
    resources = _texts(statement.get("Resource"), "Resource")
    is_call = any(_matches(action.lower(), _CALL) for action in actions)
    return is_call and any(_matches(resource, arn) for resource in resources)


def _texts(value: Any, name: str) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise NotAPolicy(f"the {name} of a statement is no text and no list of texts")
    return texts


def _matches(pattern: str, text: str) -> bool:
    """``*`` stands for any characters, ``?`` for one."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
