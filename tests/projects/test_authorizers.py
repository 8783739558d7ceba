"""Authorizers and API keys of projects: who is asked for which route, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from pelton.projects.options import ReadOptions
from pelton.projects.project import Authorizer, Project, ProjectRefused
from pelton.projects.reader import read_project
from tests.projects.reading import ROOT, files_of, read, service, texts_of

HEADER = (("header", "Authorization"),)


def rest(authorizer: str, **options: Any) -> Project:
    return read(
        service(f"""
        functions:
          guard: {{handler: app.guard}}
          open: {{handler: app.open, events: [{{http: {{path: a, method: get, authorizer: {authorizer}}}}}]}}
        """),
        **options,
    )


def http_api(authorizers: str, event: str, **options: Any) -> Project:
    return read(
        service(
            f"""
            functions:
              guard: {{handler: app.guard}}
              open: {{handler: app.open, events: [{{httpApi: {{path: /a, method: get, authorizer: {event}}}}}]}}
            """,
            provider=f"{{name: aws, runtime: python3.12, httpApi: {{authorizers: {authorizers}}}}}",
        ),
        **options,
    )


def sam(api: str, auth: str = "{}", kind: str = "Api", reference: str = "RestApiId") -> Project:
    text = f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Gate: {{Type: AWS::Serverless::{kind}, Properties: {api}}}
  Guard: {{Type: AWS::Serverless::Function, Properties: {{Handler: app.guard, Runtime: python3.12}}}}
  Open:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.open
      Runtime: python3.12
      Events:
        Get: {{Type: {kind}, Properties: {{{reference}: !Ref Gate, Path: /a, Method: get, Auth: {auth}}}}}
"""
    files = files_of({"template.yaml": text, "app.py": ""})
    return read_project(ROOT / "template.yaml", options=ReadOptions(), files=files)


@pytest.mark.parametrize(
    "written",
    [
        "guard",
        "{name: guard}",
        "{name: guard, type: token, identitySource: method.request.header.Authorization, resultTtlInSeconds: 300}",
        "!GetAtt GuardLambdaFunction.Arn",
        "{arn: !GetAtt GuardLambdaFunction.Arn}",
        "{arn: 'arn:aws:lambda:us-east-1:000000000000:function:shop-dev-guard'}",
    ],
)
def test_a_function_may_be_named_by_key_reference_or_arn(written: str) -> None:
    project = rest(written)

    expected = Authorizer(function_key="guard", kind="TOKEN", sources=HEADER, ttl_s=300)
    assert project.routes[0].authorizer == expected
    assert texts_of(project) == []


def test_a_request_authorizer_has_sources_of_its_own() -> None:
    sources = "'method.request.querystring.key, context.identity.sourceIp'"
    project = rest(f"{{name: guard, type: request, identitySource: {sources}, resultTtlInSeconds: 0}}")

    assert project.routes[0].authorizer == Authorizer(
        function_key="guard",
        kind="REQUEST",
        sources=(("querystring", "key"), ("context", "identity.sourceIp")),
    )


def test_a_tokens_expression_is_kept() -> None:
    authorizer = rest("{name: guard, identityValidationExpression: '^Bearer .*'}").routes[0].authorizer

    assert authorizer is not None
    assert authorizer.pattern == "^Bearer .*"


def test_an_http_apis_authorizers_are_declared_once_and_named() -> None:
    written = "{one: {type: request, functionName: guard, enableSimpleResponses: true, resultTtlInSeconds: 60}}"

    for event in ("one", "{name: one}"):
        assert http_api(written, event).routes[0].authorizer == Authorizer(
            function_key="guard",
            kind="REQUEST",
            payload="2.0",
            sources=(("header", "Authorization"),),
            ttl_s=60,
            is_simple=True,
        )


def test_an_http_apis_authorizer_may_ask_for_format_1() -> None:
    written = "{one: {type: request, functionArn: !GetAtt GuardLambdaFunction.Arn, payloadVersion: '1.0'}}"

    authorizer = http_api(written, "one").routes[0].authorizer

    assert authorizer is not None
    assert (authorizer.function_key, authorizer.payload, authorizer.ttl_s) == ("guard", "1.0", 0)


def test_aws_iam_needs_no_function() -> None:
    for route in (rest("aws_iam").routes[0], http_api("{}", "{type: aws_iam}").routes[0]):
        assert route.is_iam
        assert route.authorizer is None


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("elsewhere", "the authorizer elsewhere is no function of this project; the route would be open"),
        ("{type: COGNITO_USER_POOLS, arn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/a'}", "COGNITO_USER"),
        ("{name: guard, identitySource: stageVariables.a}", "the identity source stageVariables.a is not supported"),
        ("{name: guard, resultTtlInSeconds: 3601}", "resultTtlInSeconds"),
        ("{name: guard, identityValidationExpression: '('}", "no regular expression"),
    ],
)
def test_a_rest_authorizer_that_cannot_be_asked_is_refused(event: str, reason: str) -> None:
    with pytest.raises(ProjectRefused, match=reason):
        rest(event)


@pytest.mark.parametrize(
    ("written", "event", "reason"),
    [
        (
            "{one: {issuerUrl: https://a, audience: b}}",
            "one",
            r"one \(jwt\) is not supported, its tokens would go unch",
        ),
        ("{one: {type: request, functionName: x}}", "one", "the authorizer x is no function"),
        ("{one: {type: request, functionName: guard, payloadVersion: '3.0'}}", "one", "payloadVersion is 3.0"),
        ("{}", "two", "the API has no authorizer two"),
    ],
)
def test_an_http_apis_authorizer_that_cannot_be_asked_is_refused(written: str, event: str, reason: str) -> None:
    with pytest.raises(ProjectRefused, match=reason):
        http_api(written, event)


def test_what_is_refused_may_be_left_open_on_purpose() -> None:
    project = rest("elsewhere", allow_unsupported=True)

    assert project.routes[0].authorizer is None
    assert "the route would be open" in texts_of(project)[0]


def test_sams_token_and_request_authorizers_are_read() -> None:
    token = (
        "{FunctionArn: !GetAtt Guard.Arn, Identity: {Header: X-Token, ValidationExpression: a.*, ReauthorizeEvery: 9}}"
    )
    request = "{FunctionArn: !GetAtt Guard.Arn, FunctionPayloadType: REQUEST, Identity: {QueryStrings: [key]}}"
    api = f"{{StageName: dev, Auth: {{DefaultAuthorizer: T, Authorizers: {{T: {token}, R: {request}}}}}}}"

    assert sam(api).routes[0].authorizer == Authorizer(
        function_key="Guard", kind="TOKEN", sources=(("header", "X-Token"),), pattern="a.*", ttl_s=9
    )
    assert sam(api, "{Authorizer: R}").routes[0].authorizer == Authorizer(
        function_key="Guard", kind="REQUEST", sources=(("querystring", "key"),), ttl_s=300
    )
    assert sam(api, "{Authorizer: NONE}").routes[0].authorizer is None


def test_sams_http_apis_have_simple_authorizers() -> None:
    written = (
        "{FunctionArn: !GetAtt Guard.Arn, AuthorizerPayloadFormatVersion: '2.0', EnableSimpleResponses: true,"
        " Identity: {Headers: [Authorization]}}"
    )

    route = sam(f"{{Auth: {{Authorizers: {{S: {written}}}}}}}", "{Authorizer: S}", "HttpApi", "ApiId").routes[0]

    assert route.authorizer == Authorizer(
        function_key="Guard", kind="REQUEST", payload="2.0", sources=HEADER, is_simple=True
    )


@pytest.mark.parametrize(
    ("written", "kind", "reference"),
    [
        ("{UserPoolArn: 'arn:aws:cognito-idp:us-east-1:000000000000:userpool/a'}", "Api", "RestApiId"),
        ("{JwtConfiguration: {issuer: https://a, audience: [b]}}", "HttpApi", "ApiId"),
    ],
)
def test_sams_authorizers_that_need_another_service_are_refused(written: str, kind: str, reference: str) -> None:
    stage = "StageName: dev, " if kind == "Api" else ""
    with pytest.raises(ProjectRefused, match="would be open"):
        sam(f"{{{stage}Auth: {{DefaultAuthorizer: A, Authorizers: {{A: {written}}}}}}}", "{}", kind, reference)


PRIVATE = "functions: {f: {handler: app.f, events: [{http: {path: a, method: get, private: true}}]}}"


def test_api_keys_have_values_of_their_own_or_made_up_ones_that_are_told() -> None:
    keys = "[plain, {name: given, value: abc-123}, {name: off, enabled: false}, {free: [{value: in-a-plan}]}]"
    provider = f"{{name: aws, runtime: python3.12, apiGateway: {{apiKeys: {keys}}}}}"

    project = read(service(PRIVATE, provider=provider))

    made_up, *given = project.api_keys
    assert given == ["abc-123", "in-a-plan"]
    assert len(made_up) == 40
    assert project.routes[0].needs_key
    assert f"the API key plain is {made_up} here (send it as x-api-key)" in texts_of(project)[0]
    assert read(service(PRIVATE, provider=provider)).api_keys == project.api_keys


def test_a_resource_is_a_key_too() -> None:
    resources = "resources: {Resources: {K: {Type: AWS::ApiGateway::ApiKey, Properties: {Value: abc-123}}}}"

    assert read(service(f"{PRIVATE}\n{resources}")).api_keys == ("abc-123",)


def test_a_private_route_without_any_key_says_that_nobody_gets_in() -> None:
    assert "needs an API key and there is none: it answers 403" in "\n".join(texts_of(read(service(PRIVATE))))


def test_sams_usage_plan_makes_a_key() -> None:
    project = sam("{StageName: dev, Auth: {ApiKeyRequired: true, UsagePlan: {CreateUsagePlan: PER_API}}}")

    assert project.routes[0].needs_key
    assert len(project.api_keys) == 1
