"""The load generator against servers that keep connections and servers that end them."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bench import wire
from bench.load import RequestsFailed, measure, send_all

REQUESTS = [wire.request("Nothing", {"number": number}) for number in range(10)]


class Keeping(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    is_keeping = True
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Content-Length", "2")
        if not self.is_keeping:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


class Ending(Keeping):
    is_keeping = False


class Refusing(Keeping):
    status = 400


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), request.param) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("port", [Keeping, Ending], indirect=True)
def test_every_request_is_sent_once_also_to_a_server_that_ends_each_connection(port: int) -> None:
    figures = send_all(port, REQUESTS, connections=3)

    assert (figures.requests, figures.errors) == (10, 0)


@pytest.mark.parametrize("port", [Keeping, Ending], indirect=True)
def test_a_load_goes_on_until_the_time_is_up(port: int) -> None:
    assert measure(port, REQUESTS, connections=2, seconds=0.05).requests > 2
    assert measure(port, REQUESTS, connections=2, seconds=0.05, rate=200).requests in (10, 11)


@pytest.mark.parametrize("port", [Refusing], indirect=True)
def test_a_refusal_is_told(port: int) -> None:
    with pytest.raises(RequestsFailed, match="10 of 10 requests failed"):
        send_all(port, REQUESTS)
