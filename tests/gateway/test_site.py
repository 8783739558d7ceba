from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pelton.gateway.answer import Answer
from pelton.gateway.site import Site, SiteFile

from .requesting import Gateway


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "docs").mkdir(parents=True)
    (site / "index.html").write_text("<h1>hello</h1>")
    (site / "docs" / "index.html").write_text("docs")
    (site / "app.js").write_text("1")
    (site / ".env").write_text("SECRET=1")
    (site / "über.txt").write_text("x")
    (tmp_path / "secret.txt").write_text("secret")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    return site


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/docs/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/%C3%BCber.txt", "text/plain; charset=utf-8"),
    ],
)
def test_files_have_their_content_types(folder: Path, path: str, content_type: str) -> None:
    reply = Gateway([], options={"site": folder}).get("GET", path)

    assert (reply.status, reply.header("content-type")) == (200, content_type)
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("cache-control") == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/docs/..%5c..%5csecret.txt",
        "/link.txt",  # a link that leads out of the folder
        "/.env",
        "/%2eenv",
        "/index.html%00.txt",
        "/missing.html",
        "/" + "a" * 5000,
        "//etc/passwd",
    ],
)
def test_nothing_outside_and_nothing_hidden_is_served(folder: Path, path: str) -> None:
    assert Site(folder).find(path, {}) is None


def test_a_folder_without_its_slash_is_redirected_within_the_site(folder: Path) -> None:
    found = Site(folder).find("//docs", {})

    assert isinstance(found, Answer)
    assert (found.status, dict(found.headers)["location"]) == (308, "/docs/")


def test_a_known_version_is_not_sent_again(folder: Path) -> None:
    gateway = Gateway([], options={"site": folder})
    etag = gateway.get("GET", "/app.js").header("etag") or ""

    again = gateway.get("GET", "/app.js", headers={"if-none-match": f'W/"x", {etag}'})

    assert (again.status, again.body) == (304, b"")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["..", ".", "%2e%2e", "docs", "secret.txt", "site", "", "link.txt", "%2f", "~"]), max_size=6
    )
)
def test_no_path_leaves_the_folder(folder: Path, segments: list[str]) -> None:
    found = Site(folder).find("/" + "/".join(segments), {})

    if isinstance(found, SiteFile):
        assert found.path.resolve().is_relative_to(folder.resolve())
        assert found.path.name == "index.html"
