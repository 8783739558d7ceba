"""The page of the example, used in a browser as a visitor would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import wait_for
from tests.end_to_end.signup_app import Signup
from tests.examples.chromium import EXECUTABLE, Chromium

pytestmark = pytest.mark.skipif(EXECUTABLE is None, reason="chromium is not installed")

FIELDS = {"#fullname": "Katherine Johnson", "#email": "katherine@example.com"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signup]:
    with Signup(tmp_path_factory.mktemp("page") / "data") as running:
        yield running


def fill(page: Chromium, values: dict[str, str]) -> None:
    """Fill the form in and send it; dates are set, not typed, since how they are typed depends on the locale."""
    for selector, text in values.items():
        page.type(selector, text)
    page.evaluate("document.querySelector('#date_of_birth').value = '1918-08-26'")
    page.evaluate("document.querySelector('#sign-up button').click()")


def test_a_visitor_signs_up_is_told_of_a_taken_address_and_found_with_a_typo(app: Signup, tmp_path: Path) -> None:
    with Chromium(app.application) as page:
        page.wait_for("document.querySelector('#people').innerText.includes('Nobody has signed up yet')")

        fill(page, FIELDS)
        page.wait_for("document.querySelector('#outcome').innerText.startsWith('Welcome, Katherine Johnson')")

        fill(page, FIELDS)
        told = page.wait_for("document.querySelector('#email-error').innerText")
        assert "taken" in told

        wait_for(lambda: app.found("katherine"), "the search index")
        page.type("#search-box input", "jonhson")
        page.wait_for("document.querySelector('#people').innerText.includes('Katherine Johnson')")
        assert page.evaluate("document.querySelector('#found').innerText") == "1 person found"
        page.screenshot(tmp_path / "page.png")
        assert (tmp_path / "page.png").stat().st_size > 10_000


def test_the_page_loads_nothing_from_elsewhere(app: Signup) -> None:
    with Chromium(app.application) as page:
        page.wait_for("document.querySelector('#search-box input')")
        loaded = page.evaluate("JSON.stringify(performance.getEntriesByType('resource').map(entry => entry.name))")

    assert json.loads(loaded)
    assert all(url.startswith("http://127.0.0.1:") for url in json.loads(loaded) if not url.startswith("data:"))
