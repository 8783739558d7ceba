"""The identification companion over plain HTTP: the same answer every time, and answers on demand."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from pelton_companions.faults import Fault, FaultMode
from pelton_companions.identification.companion import IdentificationCompanion

from .serving import serving


def enrich(data: Path, *emails: str, fault: Fault | None = None, key: str | None = "any") -> list[httpx.Response]:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    with (
        serving(lambda options, _: IdentificationCompanion(options.data), data, fault) as served,
        httpx.Client(base_url=served.url, headers=headers) as client,
    ):
        return [client.post("/v3/person.enrich", json={"email": email}) for email in emails]


def test_the_same_address_gets_the_same_person_also_after_a_restart(tmp_path: Path) -> None:
    (first,) = enrich(tmp_path, "ada.lovelace@engines.example")
    (second,) = enrich(tmp_path, "ada.lovelace@engines.example")

    assert first.status_code == 200
    assert first.json() == second.json()
    assert (first.json()["fullName"], first.json()["organization"]) == ("Ada Lovelace", "Engines")


@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("unknown@engines.example", 404),
        ("queued+ada@engines.example", 202),
        ("busy+ada@engines.example", 429),
        ("down@engines.example", 503),
        ("ada@gmail.com", 404),  # Anybody has an address there.
        ("no address", 400),
    ],
)
def test_some_addresses_get_the_answer_they_ask_for(tmp_path: Path, email: str, status: int) -> None:
    (answer,) = enrich(tmp_path, email)

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert ("retry-after" in answer.headers) is (status in (429, 503))


def test_a_question_without_a_key_is_refused(tmp_path: Path) -> None:
    (answer,) = enrich(tmp_path, "ada@engines.example", key=None)

    assert answer.status_code == 401


def test_a_fault_meets_so_many_questions_as_asked(tmp_path: Path) -> None:
    fault = Fault(mode=FaultMode.FAIL, status=503, count=1)

    first, second = enrich(tmp_path, "ada.l@engines.example", "ada.l@engines.example", fault=fault)

    assert (first.status_code, second.status_code) == (503, 200)
