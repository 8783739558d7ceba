"""Events have the shapes recorded from API Gateway."""

from __future__ import annotations

import base64

from .requesting import Gateway, http, http_api

REST = [http("POST", "/users/{id}"), http("ANY", "/files/{name+}", binary_types=("image/png",))]
HTTP_API = [http_api("POST", "/users/{id}"), http_api("ANY", "$default")]


def test_a_rest_event_has_every_field_of_format_1() -> None:
    event = Gateway(REST).event(
        "POST", "/users/a%20b?x=1&x=2&y", headers={"content-type": "application/json"}, body=b'{"n": 1}'
    )

    context = event.pop("requestContext")
    assert event == {
        "resource": "/users/{id}",
        "path": "/users/a%20b",
        "httpMethod": "POST",
        "headers": event["headers"],
        "multiValueHeaders": {name: [value] for name, value in event["headers"].items()},
        "queryStringParameters": {"x": "2", "y": ""},
        "multiValueQueryStringParameters": {"x": ["1", "2"], "y": [""]},
        "pathParameters": {"id": "a%20b"},
        "stageVariables": None,
        "body": '{"n": 1}',
        "isBase64Encoded": False,
    }
    assert context == {
        "accountId": "000000000000",
        "apiId": context["apiId"],
        "deploymentId": context["deploymentId"],
        "domainName": "localhost",
        "domainPrefix": "localhost",
        "extendedRequestId": context["extendedRequestId"],
        "httpMethod": "POST",
        "identity": dict.fromkeys(context["identity"]) | {"sourceIp": "127.0.0.9"},
        "path": "/dev/users/a%20b",
        "protocol": "HTTP/1.1",
        "requestId": context["requestId"],
        "requestTime": "20/Oct/2025:22:40:00 +0000",
        "requestTimeEpoch": 1_761_000_000_000,
        "resourceId": context["resourceId"],
        "resourcePath": "/users/{id}",
        "stage": "dev",
    }


def test_a_rest_event_adds_the_headers_of_the_way_and_drops_those_of_the_connection() -> None:
    event = Gateway(REST).event(
        "POST", "/users/1", headers={"connection": "close", "x-own": "1", "etag": "e", "content-length": "0"}
    )

    assert event["headers"] == {
        "Host": "localhost:3000",
        "X-Own": "1",
        "ETag": "e",
        "X-Forwarded-For": "127.0.0.9",
        "X-Forwarded-Port": "3000",
        "X-Forwarded-Proto": "http",
        "X-Amzn-Trace-Id": event["headers"]["X-Amzn-Trace-Id"],
    }


def test_what_is_empty_is_null_in_format_1() -> None:
    event = Gateway([http("GET", "/x")]).event("GET", "/x")

    assert event["queryStringParameters"] is None
    assert event["multiValueQueryStringParameters"] is None
    assert event["pathParameters"] is None
    assert event["body"] is None


def test_only_binary_media_types_are_base64_in_a_rest_event() -> None:
    gateway = Gateway(REST)

    picture = gateway.event("PUT", "/files/a", headers={"content-type": "image/png"}, body=b"\x89PNG")
    other = gateway.event("PUT", "/files/a", headers={"content-type": "image/gif"}, body=b"GIF")

    assert (picture["body"], picture["isBase64Encoded"]) == (base64.b64encode(b"\x89PNG").decode(), True)
    assert (other["body"], other["isBase64Encoded"]) == ("GIF", False)


def test_an_http_api_event_has_every_field_of_format_2() -> None:
    event = Gateway(HTTP_API).event(
        "POST",
        "/users/a%20b?x=1&x=2",
        headers={"content-type": "application/json", "cookie": "a=1; b=2", "user-agent": "curl"},
        body=b"{}",
    )

    context = event.pop("requestContext")
    assert event == {
        "version": "2.0",
        "routeKey": "POST /users/{id}",
        "rawPath": "/users/a b",
        "rawQueryString": "x=1&x=2",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "host": "localhost:3000",
            "content-type": "application/json",
            "user-agent": "curl",
            "x-forwarded-for": "127.0.0.9",
            "x-forwarded-port": "3000",
            "x-forwarded-proto": "http",
            "x-amzn-trace-id": event["headers"]["x-amzn-trace-id"],
        },
        "queryStringParameters": {"x": "1,2"},
        "pathParameters": {"id": "a b"},
        "body": "{}",
        "isBase64Encoded": False,
    }
    assert context == {
        "accountId": "000000000000",
        "apiId": context["apiId"],
        "domainName": "localhost",
        "domainPrefix": "localhost",
        "http": {
            "method": "POST",
            "path": "/users/a b",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.9",
            "userAgent": "curl",
        },
        "requestId": context["requestId"],
        "routeKey": "POST /users/{id}",
        "stage": "$default",
        "time": "20/Oct/2025:22:40:00 +0000",
        "timeEpoch": 1_761_000_000_000,
    }


def test_what_is_empty_is_absent_in_format_2() -> None:
    event = Gateway(HTTP_API).event("GET", "/anything")

    assert event["routeKey"] == "$default"
    assert event["rawQueryString"] == ""
    assert event.keys().isdisjoint(
        {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body", "multiValueHeaders"}
    )
    assert event["isBase64Encoded"] is False


def test_types_that_are_no_text_are_base64_in_format_2() -> None:
    event = Gateway(HTTP_API).event("PUT", "/x", headers={"content-type": "image/png"}, body=b"\x89")

    assert (event["body"], event["isBase64Encoded"]) == ("iQ==", True)


def test_an_http_api_with_format_1_differs_from_a_rest_api() -> None:
    event = Gateway([http_api("POST", "/users/{id}", payload="1.0")]).event(
        "POST", "/users/a%20b", headers={"content-length": "2"}, body=b"{}"
    )

    assert next(iter(event)) == "version"
    assert event["version"] == "1.0"
    assert event["headers"]["Content-Length"] == "2"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["requestContext"]["resourceId"] == "POST /users/{id}"
    assert event["requestContext"]["requestId"] == event["requestContext"]["extendedRequestId"]
    assert event["requestContext"]["stage"] == "$default"


def test_an_iam_route_names_a_local_caller() -> None:
    rest = Gateway([http("GET", "/x", is_iam=True)]).event("GET", "/x")
    http_api_event = Gateway([http_api("GET", "/x", is_iam=True)]).event("GET", "/x")

    assert rest["requestContext"]["identity"]["userArn"] == "arn:aws:iam::000000000000:user/local"
    assert http_api_event["requestContext"]["authorizer"]["iam"]["accountId"] == "000000000000"


def test_the_trace_of_the_client_goes_on_to_the_function() -> None:
    root = "1-5759e988-bd862e3fe1be46a994272793"
    gateway = Gateway(REST)

    event = gateway.event("POST", "/users/1", headers={"x-amzn-trace-id": f"Root={root};Parent=53995c3f42cd8ad8"})

    assert gateway.events[0][2] == root
    assert event["headers"]["X-Amzn-Trace-Id"] == f"Root={root}"
