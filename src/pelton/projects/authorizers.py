"""Authorizers of routes: functions that are asked first, ``aws_iam``, and what is refused by name.

SAM's definitions are read as serverless.yml would write them (``sam_authorizers.py``). Source: Serverless Framework
documentation, API Gateway and HTTP API (Lambda) authorizers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pelton.projects.documents import Block, Row, Value
from pelton.projects.names import function_logical_id, function_name_in
from pelton.projects.notes import Notes, did_you_mean
from pelton.projects.project import Authorizer, ProjectRefused, Where
from pelton.projects.scalars import block_of, text_of, texts_of, truth_of, whole_number_of

_REQUEST_SOURCE = re.compile(r"(?:method\.|\$)request\.(header|querystring)\.([^.\s]+)")
_CONTEXT_SOURCE = re.compile(r"\$?context\.(routeKey|httpMethod|path|identity\.sourceIp)")
_TTL_S = range(3601)
#: A REST API remembers answers for so long, unless told otherwise; an HTTP API does not.
_REST_TTL_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may call a route."""

    is_iam: bool = False
    authorizer: Authorizer | None = None


def function_spellings(names: Mapping[str, str]) -> dict[str, str]:
    """By key, logical id and Lambda name: the keys of functions, given their Lambda names by key."""
    found: dict[str, str] = {}
    for key, name in names.items():
        found |= {key: key, name: key, function_logical_id(key): key}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizerReader:
    """Reads the authorizers of one project's routes."""

    functions: Mapping[str, str]  #: every spelling of a function, and its key
    named: Mapping[str, Block]  #: authorizers that an HTTP API declares
    notes: Notes

    def rest(self, value: Value, where: Where, label: str) -> Access:
        """``authorizer`` of an ``http`` event: a function's key, an ARN, ``aws_iam`` or a mapping."""
        if value is None:
            return Access()
        written = value if isinstance(value, Block) and not _is_reference(value) else None
        kind = "token" if written is None else str(written.get("type", "token"))
        if kind.lower() == "aws_iam" or (isinstance(value, str) and value.lower() == "aws_iam"):
            return Access(is_iam=True)
        if kind.lower() not in ("token", "request"):
            return self._refused(where, f"{label}: an authorizer of the type {kind} is not supported")
        written = written if written is not None else Block(where)
        target = value if not written else written.get("arn", written.get("name"))
        key = self._function(target, where, label)
        if key is None:
            return Access()
        is_token = kind.lower() == "token"
        pattern = written.get("identityValidationExpression")
        default = "method.request.header.Authorization"
        return Access(
            authorizer=Authorizer(
                function_key=key,
                kind="TOKEN" if is_token else "REQUEST",
                sources=self._sources(written, default, label),
                pattern=_pattern(pattern, where, label) if is_token and pattern is not None else None,
                ttl_s=_ttl_s(written, _REST_TTL_S, label),
            )
        )

    def http_api(self, value: Value, where: Where, label: str) -> Access:
        """``authorizer`` of an ``httpApi`` event: the name of one that the API declares, or ``aws_iam``."""
        if value is None:
            return Access()
        written = value if isinstance(value, Block) else Block(where)
        name = value if isinstance(value, str) else written.get("name")
        if str(written.get("type", "")).lower() == "aws_iam" or name == "aws_iam":
            return Access(is_iam=True)
        if written.get("id") is not None:
            return self._refused(where, f"{label}: the authorizer of another API is not supported")
        definition = self.named.get(str(name))
        if definition is None:
            raise ProjectRefused(
                where, f"{label}: the API has no authorizer {name}", did_you_mean(str(name), self.named)
            )
        return self._of_http_api(definition, f"{label}: the authorizer {name}")

    def _of_http_api(self, definition: Block, label: str) -> Access:
        where = definition.where
        kind = str(definition.get("type", "jwt")).lower()
        if kind != "request":
            return self._refused(where, f"{label} ({kind}) is not supported, its tokens would go unchecked")
        target = definition.get("functionArn", definition.get("functionName"))
        key = self._function(target, where, label)
        if key is None:
            return Access()
        simple = definition.get("enableSimpleResponses", False)
        return Access(
            authorizer=Authorizer(
                function_key=key,
                kind="REQUEST",
                payload=_payload(definition, label),
                sources=self._sources(definition, "$request.header.Authorization", label),
                ttl_s=_ttl_s(definition, 0, label),
                is_simple=truth_of(simple, definition.at("enableSimpleResponses"), f"{label}: enableSimpleResponses"),
            )
        )

    def _function(self, target: Value, where: Where, label: str) -> str | None:
        """The key of the function that a name, an ARN or a reference leads to."""
        name = _referred(target) if isinstance(target, Block) else target
        key = self.functions.get(function_name_in(name)) if isinstance(name, str) else None
        if key is None:
            self._refused(where, f"{label}: the authorizer {name} is no function of this project")
        return key

    def _sources(self, written: Block, default: str, label: str) -> tuple[tuple[str, str], ...]:
        where = written.at("identitySource")
        found = []
        for text in texts_of(written.get("identitySource", default), where, f"{label}: identitySource"):
            if match := _REQUEST_SOURCE.fullmatch(text):
                found.append((match[1], match[2]))
            elif match := _CONTEXT_SOURCE.fullmatch(text):
                found.append(("context", match[1]))
            else:
                self._refused(where, f"{label}: the identity source {text} is not supported")
        return tuple(found)

    def _refused(self, where: Where, what: str) -> Access:
        cure = "use a function of the project or aws_iam, or check the caller in the function"
        self.notes.refuse_unsupported(where, f"{what}; the route would be open", cure)
        return Access()


def _is_reference(value: Block) -> bool:
    return len(value) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt")


def _referred(value: Block) -> str | None:
    """The logical id in ``Ref`` or ``Fn::GetAtt``."""
    target = value.get("Ref", value.get("Fn::GetAtt"))
    first = target[0] if isinstance(target, Row) and target else target
    return first.split(".")[0] if isinstance(first, str) else None


def _pattern(value: Value, where: Where, label: str) -> str:
    text = text_of(value, where, f"{label}: identityValidationExpression")
    try:
        re.compile(text)
    except re.error as error:
        what = f"{label}: identityValidationExpression is no regular expression: {error}"
        raise ProjectRefused(where, what, "correct it") from None
    return text


def _ttl_s(written: Block, default: int, label: str) -> int:
    value, where = written.get("resultTtlInSeconds", default), written.at("resultTtlInSeconds")
    return whole_number_of(value, where, f"{label}: resultTtlInSeconds", _TTL_S)


def _payload(written: Block, label: str) -> Literal["1.0", "2.0"]:
    value, where = written.get("payloadVersion", "2.0"), written.at("payloadVersion")
    text = (
        f"{float(value):.1f}" if isinstance(value, int | float) else text_of(value, where, f"{label}: payloadVersion")
    )
    if text == "1.0":
        return "1.0"
    if text == "2.0":
        return "2.0"
    raise ProjectRefused(where, f"{label}: payloadVersion is {text}", "write '1.0' or '2.0'")


def http_api_authorizers(api: Block) -> dict[str, Block]:
    """``provider.httpApi.authorizers`` by name."""
    where = api.at("authorizers")
    written = block_of(api.get("authorizers"), where, "provider.httpApi.authorizers")
    return {name: block_of(value, written.at(name), name) for name, value in written.items()}
