"""The application of the mission, end to end, from one command."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import wait_for
from tests.end_to_end.signup_app import Signup, wait_until_all_reacted


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signup]:
    with Signup(tmp_path_factory.mktemp("signup") / "data") as running:
        # The first of each reaction imports its vendor's client; nobody signs up within that second.
        running.sign_up(email="first@pelton.example", fullname="Warm Up")
        wait_until_all_reacted(running, 1)
        yield running


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": ""}, "email"),
        ({"fullname": ""}, "fullname"),
        ({"date_of_birth": "1990-02-30"}, "date_of_birth"),
        ({"date_of_birth": "soon"}, "date_of_birth"),
    ],
)
def test_bad_input_is_refused_with_the_field_and_the_reason(app: Signup, changed: dict[str, str], field: str) -> None:
    body = {"email": "x@example.com", "fullname": "X Y", "date_of_birth": "1990-01-01"} | changed

    status, answer = app.request("POST", "/users", body)

    assert status == 400
    assert field in answer["error"]


def test_an_address_is_taken_once_whoever_writes_it_and_however(app: Signup) -> None:
    app.sign_up(email="taken@example.com")

    status, answer = app.request(
        "POST", "/users", {"email": "Taken@Example.com", "fullname": "A B", "date_of_birth": "1990-01-01"}
    )

    assert status == 400
    assert "email" in answer["error"]


def test_a_new_user_is_found_with_one_typo(app: Signup) -> None:
    user = app.sign_up(email="grace@example.com", fullname="Grace Hopper")

    wait_for(lambda: user in app.found("hoper"), "the search")

    for typed in ("grac", "gracr", "grce", "garce", "hopp", "hopepr", "hoppper"):
        assert user in app.found(typed), typed


def test_a_user_is_read_changed_and_removed_and_every_copy_follows(app: Signup) -> None:
    user = app.sign_up(email="first@example.com", fullname="Before Marriage")
    wait_for(lambda: user in app.found("marriage"), "the search")

    status, _ = app.request(
        "PUT",
        f"/users/{user}",
        {"email": "second@example.com", "fullname": "After Wedding", "date_of_birth": "1990-01-01"},
    )

    assert status == 200
    assert app.request("GET", f"/users/{user}")[1]["email"] == "second@example.com"
    wait_for(lambda: user in app.found("wedding") and user not in app.found("marriage"), "the changed name")
    app.sign_up(email="first@example.com", fullname="Somebody Else")  # The old address is free again.

    assert app.request("DELETE", f"/users/{user}")[0] in (200, 204)
    assert app.request("GET", f"/users/{user}")[0] == 404
    wait_for(lambda: user not in app.found("wedding"), "the removal")


def test_the_page_never_gets_the_write_key(app: Signup) -> None:
    status, config = app.request("GET", "/config.json")

    assert status == 200
    assert set(map(str, config.values())) >= {"PELTON", "pelton-search-only"}
    assert "pelton-companion" not in str(config)


def test_the_site_is_served_beside_the_routes(app: Signup) -> None:
    status, page = app.request("GET", "/")

    assert status == 200
    assert "<form" in page


def test_commands_beside_a_running_pelton(app: Signup) -> None:
    user = app.sign_up(email="commands@example.com")
    wait_for(lambda: user in app.found("lovelace"), "the search")

    tail = app.command("tail", "users", "--no-follow").stdout
    invoked = app.command("invoke", "get_user", json.dumps({"pathParameters": {"id": user}}), "--json")
    logs = app.command("logs", "index_users")
    triggers = app.command("triggers", "--json")

    assert user in tail
    assert "commands@example.com" in invoked.stdout
    assert "REPORT RequestId" in logs.stdout
    assert triggers.stdout.count('"function": "sync_crm"') == 1


def test_with_the_crm_stopped_everything_else_goes_on_and_it_catches_up_in_order(tmp_path: Path) -> None:
    with Signup(tmp_path / "data") as app:
        assert app.command("companion", "crm", "stop").returncode == 0
        for number in range(3):
            app.sign_up(email=f"u{number}@example.com", fullname=f"Numbered {'abc'[number]}")

        wait_for(lambda: (app.counted(), app.mails(), app.announcements()) == (3, 3, 3), "the other reactions")
        wait_for(lambda: len(app.found("numbered")) == 3, "the search")
        assert app.contacts() == []
        assert any("sync_crm" in line["subject"] for line in app.events("stuck"))

        assert app.command("companion", "crm", "start").returncode == 0
        wait_until_all_reacted(app, 3)


def test_after_kill_9_every_acknowledged_sign_up_is_there_and_gets_every_reaction(tmp_path: Path) -> None:
    app = Signup(tmp_path / "data")
    app.command("companion", "crm", "fail")
    users = [app.sign_up(email=f"k{number}@example.com") for number in range(5)]
    app.kill()

    with Signup(tmp_path / "data") as again:
        for user in users:
            assert again.request("GET", f"/users/{user}")[0] == 200
        wait_until_all_reacted(again, 5)
        wait_for(lambda: set(users) <= set(again.found("lovelace")), "the search")
