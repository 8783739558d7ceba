from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelton.gateway.routes import Match, NoRoute, RouteTable

from .requesting import http, http_api

REST = RouteTable(
    [
        http("GET", "/", "root"),
        http("GET", "/users", "list"),
        http("POST", "/users", "create"),
        http("GET", "/users/{id}", "get"),
        http("ANY", "/users/me", "me"),
        http("ANY", "/files/{name+}", "files"),
        http("GET", "/users/{id}/posts/{post}", "post"),
    ],
    "dev",
)
HTTP_API = RouteTable(
    [
        http_api("GET", "/users/{id}", "get"),
        http_api("GET", "/users/me", "me"),
        http_api("ANY", "/users/{proxy+}", "any"),
        http_api("ANY", "$default", "default"),
    ],
    "dev",
)


def answered(table: RouteTable, method: str, path: str) -> str | None:
    match = table.match(method, path)
    return match.route.function_key if isinstance(match, Match) else None


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/", "root"),
        ("GET", "/users", "list"),
        ("GET", "/users/", "list"),  # a REST API does not mind the slash
        ("POST", "/users", "create"),
        ("GET", "/users/5", "get"),
        ("GET", "/users/me", "me"),  # an exact segment beats a parameter
        ("DELETE", "/users/me", "me"),  # ANY takes every method
        ("GET", "/dev/users/5", "get"),  # with the stage in front
        ("GET", "/dev", "root"),
        ("GET", "/files/a/b/c", "files"),
        ("GET", "/files/", None),  # a greedy parameter is not empty
        ("DELETE", "/users/5", None),  # the resource is there, the method is not
        ("GET", "/nothing", None),
        ("GET", "/us%65rs", "list"),  # encoding does not hide a path
        ("GET", "/users/a%2Fb", "get"),  # an encoded slash stays inside its segment
        ("GET", "//users", "list"),
        ("GET", "/users/5/posts/7", "post"),
    ],
)
def test_a_rest_api_finds_the_resource_then_its_method(method: str, path: str, key: str | None) -> None:
    assert answered(REST, method, path) == key


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/users/me", "me"),
        ("GET", "/users/5", "get"),
        ("POST", "/users/5", "any"),  # falls to a less specific route that has the method
        ("GET", "/users/5/6", "any"),
        ("GET", "/users/me/", "any"),  # the slash counts in an HTTP API
        ("GET", "/", "default"),
    ],
)
def test_an_http_api_looks_among_the_routes_that_have_the_method(method: str, path: str, key: str | None) -> None:
    assert answered(HTTP_API, method, path) == key


def test_parameters_keep_their_encoding_and_a_greedy_one_has_no_slash_at_the_end() -> None:
    single = REST.match("GET", "/users/a%20b")
    greedy = REST.match("GET", "/files/x//y/")

    assert isinstance(single, Match)
    assert isinstance(greedy, Match)
    assert single.parameters == (("id", "a%20b"),)
    assert greedy.parameters == (("name", "x//y"),)


def test_a_greedy_root_below_the_stage_does_not_see_the_stage() -> None:
    match = RouteTable([http("ANY", "/{proxy+}")], "dev").match("GET", "/dev/users")

    assert isinstance(match, Match)
    assert match.parameters == (("proxy", "users"),)


def test_a_path_that_begins_with_the_name_of_the_stage_wins_over_the_stage() -> None:
    table = RouteTable([http("GET", "/dev/x", "own"), http("ANY", "/{proxy+}", "greedy")], "dev")

    assert answered(table, "GET", "/dev/x") == "own"
    assert answered(table, "GET", "/dev/y") == "greedy"


def test_each_kind_of_api_says_no_in_its_own_way() -> None:
    assert REST.match("GET", "/nothing") == NoRoute("http")
    assert RouteTable([http_api("GET", "/x")], "dev").match("GET", "/nothing") == NoRoute("httpApi")
    assert RouteTable([], "dev").match("GET", "/") == NoRoute("httpApi")


segment = st.sampled_from(["users", "me", "5", "dev", "files", "", "a%2Fb", "{id}", "..", "%", "é"])


@given(st.lists(segment, max_size=5), st.sampled_from(["GET", "POST", "OPTIONS", "BREW"]))
def test_any_path_matches_one_route_or_none(segments: list[str], method: str) -> None:
    path = "/" + "/".join(segments)

    for table in (REST, HTTP_API):
        found = table.match(method, path)
        assert isinstance(found, Match | NoRoute)
        if isinstance(found, Match):
            assert found.route.method in (method, "ANY")
            assert all(value for _, value in found.parameters)
