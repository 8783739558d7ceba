"""The CRM companion through HubSpot's own client: batches, conflicts, archives, faults, and what a restart keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInputUpsert,
    Filter,
    FilterGroup,
    PublicObjectSearchRequest,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectInput,
    SimplePublicObjectInputForCreate,
)

from pelton_companions.crm.companion import CrmCompanion
from pelton_companions.faults import Fault, FaultMode

from .serving import Served, serving


def crm(data: Path, fault: Fault | None = None) -> Any:
    return serving(lambda options, _: CrmCompanion(options.data), data, fault)


def contacts_of(served: Served) -> Any:
    return HubSpot(access_token="any", host=served.url).crm.contacts


def upsert(contacts: Any, *rows: tuple[str, dict[str, str]]) -> Any:
    inputs = [SimplePublicObjectBatchInputUpsert(id=e, id_property="email", properties=p) for e, p in rows]
    return contacts.batch_api.upsert(BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs))


def test_an_upsert_by_email_makes_a_contact_once_and_then_changes_it(tmp_path: Path) -> None:
    with crm(tmp_path) as served:
        contacts = contacts_of(served)
        first = upsert(contacts, ("ada@a.example", {"firstname": "Ada"})).results[0]
        second = upsert(contacts, ("ada@a.example", {"lastname": "Lovelace"})).results[0]

        assert (first.new, second.new, first.id == second.id) == (True, False, True)
        found = contacts.basic_api.get_by_id("ada@a.example", id_property="email", properties=["firstname", "lastname"])
        assert (found.properties["firstname"], found.properties["lastname"]) == ("Ada", "Lovelace")


def test_contacts_are_there_after_a_restart_under_the_same_ids(tmp_path: Path) -> None:
    with crm(tmp_path) as served:
        made = upsert(contacts_of(served), ("ada@a.example", {}), ("grace@a.example", {})).results

    with crm(tmp_path) as served:
        kept = contacts_of(served).basic_api.get_page(limit=10).results

    assert {each.id for each in kept} == {each.id for each in made}


def test_a_second_contact_with_the_same_email_is_a_conflict_that_names_the_first(tmp_path: Path) -> None:
    with crm(tmp_path) as served:
        basic = contacts_of(served).basic_api
        made = basic.create(SimplePublicObjectInputForCreate(properties={"email": "ada@a.example"}, associations=[]))
        with pytest.raises(ApiException) as caught:
            basic.create(SimplePublicObjectInputForCreate(properties={"email": "ada@a.example"}, associations=[]))

    assert caught.value.status == 409
    assert f"Contact already exists. Existing ID: {made.id}" in str(caught.value.body)


def test_an_archived_contact_is_gone_and_archiving_it_again_is_no_error(tmp_path: Path) -> None:
    with crm(tmp_path) as served:
        contacts = contacts_of(served)
        made = upsert(contacts, ("ada@a.example", {})).results[0]
        contacts.basic_api.archive(made.id)
        contacts.basic_api.archive(made.id)
        with pytest.raises(ApiException) as caught:
            contacts.basic_api.get_by_id("ada@a.example", id_property="email")

    assert caught.value.status == 404


def test_pages_follow_one_another_and_a_search_finds_by_email(tmp_path: Path) -> None:
    with crm(tmp_path) as served:
        contacts = contacts_of(served)
        upsert(contacts, *((f"user{number}@a.example", {}) for number in range(5)))
        first = contacts.basic_api.get_page(limit=3)
        rest = contacts.basic_api.get_page(limit=3, after=first.paging.next.after)
        asked = Filter(property_name="email", operator="EQ", value="user4@a.example")
        found = contacts.search_api.do_search(PublicObjectSearchRequest(filter_groups=[FilterGroup(filters=[asked])]))

    assert (len(first.results), len(rest.results), rest.paging) == (3, 2, None)
    assert (found.total, found.results[0].properties["email"]) == (1, "user4@a.example")


def test_a_contact_moves_to_another_address_and_meets_the_one_that_has_it(tmp_path: Path) -> None:
    with crm(tmp_path) as served:
        contacts = contacts_of(served)
        upsert(contacts, ("ada@a.example", {}), ("grace@a.example", {}))
        change = SimplePublicObjectInput(properties={"email": "grace@a.example"})
        with pytest.raises(ApiException) as caught:
            contacts.basic_api.update("ada@a.example", change, id_property="email")

    assert caught.value.status == 409


@pytest.mark.parametrize(("status", "category"), [(429, "RATE_LIMITS"), (500, "INTERNAL_ERROR")])
def test_a_fault_is_raised_by_the_client_and_changes_nothing(tmp_path: Path, status: int, category: str) -> None:
    with crm(tmp_path, Fault(mode=FaultMode.FAIL, status=status, count=1)) as served:
        contacts = contacts_of(served)
        with pytest.raises(ApiException) as caught:
            upsert(contacts, ("ada@a.example", {}))
        assert served.state()["contacts"] == 0
        upsert(contacts, ("ada@a.example", {}))
        assert served.state()["contacts"] == 1

    assert caught.value.status == status
    assert category in str(caught.value.body)
