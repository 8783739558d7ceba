"""A project's authorizer before its routes, from serverless.yml to the answer."""

from __future__ import annotations

from pathlib import Path

from pelton.testing import LocalPelton

PROJECT = """
service: shop
provider:
  name: aws
  runtime: python3.12
  apiGateway: {apiKeys: [{value: partner-key}]}
  httpApi: {authorizers: {simple: {type: request, functionName: simple, enableSimpleResponses: true}}}
functions:
  guard: {handler: app.guard}
  simple: {handler: app.simple}
  show:
    handler: app.show
    events:
      - http: {path: "orders/{id}", method: get, authorizer: guard}
      - http: {path: partner, method: get, private: true}
      - httpApi: {path: /simple, method: get, authorizer: simple}
"""
HANDLERS = """
import json

def guard(event, context):
    if event["authorizationToken"] == "broken":
        raise Exception("Unauthorized")
    effect = "Allow" if event["authorizationToken"] == "secret" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Statement": [statement]}, "context": {"plan": "gold"}}

def simple(event, context):
    return {"isAuthorized": event["identitySource"] == ["secret"], "context": {"plan": ["gold"]}}

def show(event, context):
    return {"statusCode": 200, "body": json.dumps(event["requestContext"].get("authorizer"))}
"""


def test_authorizers_and_keys_guard_a_projects_routes(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(PROJECT)
    (tmp_path / "app.py").write_text(HANDLERS)

    with LocalPelton(tmp_path) as pelton:

        def get(path: str, **headers: str) -> tuple[int, object]:
            answer = pelton.request("GET", path, headers={name.replace("_", "-"): v for name, v in headers.items()})
            return answer.status, answer.json()

        status, told = get("/orders/7", authorization="secret")
        assert status == 200
        assert isinstance(told, dict)
        assert (told["principalId"], told["plan"]) == ("me", "gold")
        assert get("/orders/7", authorization="other")[0] == 403
        assert get("/orders/7", authorization="broken") == (401, {"message": "Unauthorized"})
        assert get("/orders/7") == (401, {"message": "Unauthorized"})
        assert get("/partner") == (403, {"message": "Forbidden"})
        assert get("/partner", x_api_key="partner-key") == (200, None)
        assert get("/simple", authorization="secret") == (200, {"lambda": {"plan": ["gold"]}})
        assert get("/simple", authorization="other") == (403, {"message": "Forbidden"})
