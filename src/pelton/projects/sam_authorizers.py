"""Authorizers of SAM's APIs, as serverless.yml would write them.

Source: AWS SAM specification, LambdaTokenAuthorizer, LambdaRequestAuthorizer and LambdaAuthorizer (HttpApi).
"""

from __future__ import annotations

from pelton.projects.documents import Block, Row, Value, block, row
from pelton.projects.scalars import block_of, row_of

_IDENTITY = {"Headers": "header", "QueryStrings": "querystring"}


def rest_authorizer(name: str, definition: Block) -> Block:
    """An authorizer of ``AWS::Serverless::Api`` as the mapping of an ``http`` event."""
    where = definition.where
    kind = "COGNITO_USER_POOLS" if "UserPoolArn" in definition else definition.get("FunctionPayloadType", "TOKEN")
    identity = _identity(definition, name)
    entries: list[tuple[str, Value]] = [("name", name), ("arn", definition.get("FunctionArn")), ("type", kind)]
    if kind == "TOKEN":
        header = identity.get("Header", "Authorization")
        entries.append(("identitySource", f"method.request.header.{header}"))
    else:
        entries.append(("identitySource", _sources(identity, "method.request.", "context.", name)))
    entries.append(("identityValidationExpression", identity.get("ValidationExpression")))
    entries.append(("resultTtlInSeconds", identity.get("ReauthorizeEvery")))
    return block(where, [(key, value) for key, value in entries if value is not None])


def http_api_authorizer(name: str, definition: Block) -> Block:
    """An authorizer of ``AWS::Serverless::HttpApi`` as an entry of ``provider.httpApi.authorizers``."""
    where = definition.where
    if "FunctionArn" not in definition:
        return block(where, [("type", "jwt")])
    identity = _identity(definition, name)
    entries: list[tuple[str, Value]] = [
        ("type", "request"),
        ("functionArn", definition["FunctionArn"]),
        ("payloadVersion", definition.get("AuthorizerPayloadFormatVersion")),
        ("enableSimpleResponses", definition.get("EnableSimpleResponses")),
        ("identitySource", _sources(identity, "$request.", "$context.", name)),
        ("resultTtlInSeconds", identity.get("ReauthorizeEvery")),
    ]
    return block(where, [(key, value) for key, value in entries if value is not None])


def _identity(definition: Block, name: str) -> Block:
    return block_of(definition.get("Identity"), definition.at("Identity"), f"{name}.Identity")


def _sources(identity: Block, request: str, context: str, name: str) -> Row:
    """Every identity source, spelled as API Gateway does; stage variables are none here and are refused there."""
    found: list[Value] = []
    for member, kind in _IDENTITY.items():
        items = row_of(identity.get(member), identity.at(member), f"{name}.Identity.{member}")
        found += [f"{request}{kind}.{item}" for item in items]
    for member, prefix in (("Context", context), ("StageVariables", "stageVariables.")):
        items = row_of(identity.get(member), identity.at(member), f"{name}.Identity.{member}")
        found += [f"{prefix}{item}" for item in items]
    return row(identity.where, found)
