from __future__ import annotations

import pytest

from pelton.server import HttpRequest, HttpResponse, ServerOptions
from pelton.server.admission import Admission

SITE = b"http://localhost:3000"


def admitted(options: ServerOptions, method: bytes = b"POST", path: bytes = b"/", **headers: bytes) -> HttpResponse:
    """What comes back; 299 stands for a request that was let through."""
    replies: list[HttpResponse] = []
    admission = Admission(lambda _, reply: reply(HttpResponse(299)), options)
    given = {name.replace("_", "-").encode(): value for name, value in {"host": b"localhost", **headers}.items()}
    admission.handle(HttpRequest(method, path, b"", given, b""), replies.append)
    return replies[0]


@pytest.mark.parametrize(
    "host",
    [
        b"localhost",
        b"LOCALHOST:8000",
        b"127.0.0.1:8000",
        b"[::1]:8000",
        b"bucket.localhost:8000",
        b"192.168.1.5:8000",
        b"pelton.test:8000",
        b"host.docker.internal:8000",
    ],
)
def test_a_known_host_is_let_through(host: bytes) -> None:
    assert admitted(ServerOptions(allow_hosts=("pelton.test",)), host=host).status == 299


@pytest.mark.parametrize("host", [b"", b"evil.example", b"localhost.evil.example:8000", b"127.0.0.1.evil.example"])
def test_a_name_that_resolves_here_by_rebinding_is_refused(host: bytes) -> None:
    assert admitted(ServerOptions(), host=host).status == 403


@pytest.mark.parametrize("origin", [b"http://evil.example", b"null", b"http://localhost:3001"])
def test_a_foreign_origin_is_refused(origin: bytes) -> None:
    options = ServerOptions(allow_origins=("http://localhost:3000",))

    assert admitted(options, origin=origin).status == 403
    assert admitted(options, b"OPTIONS", origin=origin).status == 403


def test_what_a_foreign_page_embeds_is_refused() -> None:
    assert admitted(ServerOptions(), b"GET", sec_fetch_site=b"cross-site").status == 403


def test_an_allowed_origin_may_read_the_answer() -> None:
    response = admitted(ServerOptions(allow_origins=("http://localhost:3000/",)), origin=SITE)

    assert response.status == 299
    assert (b"Access-Control-Allow-Origin", b"*") in response.headers


def test_an_allowed_origin_may_ask_first() -> None:
    response = admitted(
        ServerOptions(allow_origins=("http://localhost:3000",)),
        b"OPTIONS",
        origin=SITE,
        access_control_request_method=b"POST",
        access_control_request_headers=b"x-amz-target",
    )

    assert (response.status, response.body) == (200, b"")
    assert dict(response.headers) == {
        b"Access-Control-Allow-Origin": b"*",
        b"Access-Control-Allow-Methods": b"POST",
        b"Access-Control-Allow-Headers": b"x-amz-target",
        b"Access-Control-Max-Age": b"172800",
    }


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
def test_health_says_whether_it_is_ready(is_ready: bool, status: int) -> None:
    options = ServerOptions(health=lambda: (is_ready, {"ready": is_ready}))

    response = admitted(options, b"GET", b"/_pelton/health")

    assert response.status == status
    assert response.body.startswith(b'{"ready":')


def test_metrics_are_text() -> None:
    response = admitted(ServerOptions(metrics=lambda: "puts 1\n"), b"GET", b"/_pelton/metrics")

    assert response.body == b"puts 1\n"


def test_other_own_pages_do_not_exist() -> None:
    assert admitted(ServerOptions(), b"GET", b"/_pelton/secrets").status == 404
    assert admitted(ServerOptions(), b"POST", b"/_pelton/health").status == 405
