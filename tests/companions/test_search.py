"""The search companion through Algolia's own client: batches, tasks, typos, highlights, settings, faults, restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from algoliasearch.http.exceptions import AlgoliaUnreachableHostException, RequestException
from algoliasearch.http.hosts import Host, HostsCollection
from algoliasearch.search.client import SearchClientSync
from algoliasearch.search.config import SearchConfig

from pelton_companions.faults import Fault, FaultMode
from pelton_companions.registry import SEARCH_ONLY_KEY
from pelton_companions.search.companion import SearchCompanion
from tests.end_to_end.running import wait_for

from .serving import Served, serving

USERS = [
    {"objectID": "1", "fullname": "Ada Lovelace", "city": "London"},
    {"objectID": "2", "fullname": "Grace Hopper", "city": "New York"},
    {"objectID": "3", "fullname": "Łukasz Lovegood", "city": "Gdańsk"},
]


def search_server(data: Path, fault: Fault | None = None) -> Any:
    return serving(lambda options, _: SearchCompanion(options.data), data, fault)


def client_of(served: Served, key: str = "write") -> SearchClientSync:
    config = SearchConfig("app", key)
    config.hosts = HostsCollection([Host(url="127.0.0.1", scheme="http", port=served.port)])
    config.wait_task_time_before_retry = 10
    return SearchClientSync(config=config)


def saved(served: Served) -> SearchClientSync:
    client = client_of(served)
    client.save_objects("users", USERS, wait_for_tasks=True)
    return client


def found(client: SearchClientSync, query: str, **parameters: Any) -> list[str]:
    answer = client.search_single_index("users", {"query": query, **parameters})
    return [hit.object_id for hit in answer.hits]


@pytest.mark.parametrize(
    "typed",
    [
        *("Love", "lovelace", "ada", "ada love"),  # Whole, the beginning, several words.
        *("lovelaxe", "lovlace", "lovvelace", "lvoelace"),  # Wrong, missing, added, swapped.
        "lovw",  # Four letters, one of them wrong.
    ],
)
def test_a_name_is_found_by_its_beginning_with_one_typo(tmp_path: Path, typed: str) -> None:
    with search_server(tmp_path) as served:
        assert "1" in found(saved(served), typed)


@pytest.mark.parametrize("typed", ["kovelace", "lvo", "adx", "zzzz"])
def test_a_wrong_first_letter_and_a_typo_in_a_short_word_find_nobody(tmp_path: Path, typed: str) -> None:
    with search_server(tmp_path) as served:
        assert "1" not in found(saved(served), typed)


def test_folded_letters_are_found_and_what_fits_better_comes_first(tmp_path: Path) -> None:
    with search_server(tmp_path) as served:
        client = saved(served)
        assert found(client, "lukasz") == ["3"]
        assert found(client, "gdansk") == ["3"]
        assert found(client, "lovelace")[0] == "1"


def test_changes_come_in_the_order_of_the_requests_and_deleted_objects_are_gone(tmp_path: Path) -> None:
    with search_server(tmp_path) as served:
        client = saved(served)
        client.save_objects("users", [{"objectID": "1", "fullname": "Augusta King"}])
        client.delete_objects("users", ["2"], wait_for_tasks=True)

        assert (found(client, "lovelace"), found(client, "augusta"), found(client, "grace")) == ([], ["1"], [])
        with pytest.raises(RequestException, match="ObjectID does not exist"):
            client.get_object("users", "2")


def test_what_was_acknowledged_is_found_after_a_restart_also_without_its_index(tmp_path: Path) -> None:
    with search_server(tmp_path) as served:
        client_of(served).save_objects("users", USERS)  # Not waited for.

    for folder in [path for path in tmp_path.iterdir() if path.is_dir()]:
        for file in folder.rglob("meta.json"):
            file.unlink()  # A lost index is built again from what is durable.

    with search_server(tmp_path) as served:
        wait_for(lambda: served.state()["indices"]["users"]["pendingTasks"] == 0, "the tasks of the last run")
        assert found(client_of(served), "lovelace") == ["1"]


def test_highlights_bear_the_callers_tags_and_say_what_matched(tmp_path: Path) -> None:
    with search_server(tmp_path) as served:
        tags = {"highlightPreTag": "<b>", "highlightPostTag": "</b>"}
        hit = saved(served).search_single_index("users", {"query": "lovel", **tags}).hits[0]

    marked = hit.to_dict()["_highlightResult"]["fullname"]
    assert (marked["value"], marked["matchLevel"], marked["matchedWords"]) == ("Ada <b>Lovel</b>ace", "full", ["lovel"])


def test_facets_filters_and_settings_work_together(tmp_path: Path) -> None:
    with search_server(tmp_path) as served:
        client = saved(served)
        task = client.set_settings("users", {"attributesForFaceting": ["city"], "searchableAttributes": ["fullname"]})
        client.wait_for_task("users", task.task_id)
        answer = client.search_single_index("users", {"query": "", "facets": ["city"], "filters": "city:London"})

        assert ([hit.object_id for hit in answer.hits], answer.facets) == (["1"], {"city": {"London": 1}})
        assert found(client, "london") == []  # The city is not searched any more.


def test_the_search_only_key_reads_and_never_writes(tmp_path: Path) -> None:
    with search_server(tmp_path) as served:
        saved(served)
        page = client_of(served, SEARCH_ONLY_KEY)
        assert found(page, "lovelace") == ["1"]
        with pytest.raises(RequestException, match="not allowed"):
            page.save_objects("users", USERS)


def test_a_fault_of_500_takes_the_clients_host_down_until_it_is_reset(tmp_path: Path) -> None:
    with search_server(tmp_path, Fault(mode=FaultMode.FAIL, status=500, count=1)) as served:
        client = client_of(served)
        with pytest.raises(AlgoliaUnreachableHostException):
            client.save_objects("users", USERS)
        with pytest.raises(AlgoliaUnreachableHostException):
            client.save_objects("users", USERS)  # Nothing was sent: the reason why the example resets its hosts.

        assert served.state()["indices"] == {}
        assert found(saved(served), "lovelace") == ["1"]


def test_what_is_not_served_says_so_by_name(tmp_path: Path) -> None:
    with search_server(tmp_path) as served:
        headers = {"x-algolia-application-id": "app", "x-algolia-api-key": "write"}
        answer = httpx.post(f"{served.url}/1/indexes/users/synonyms/search", json={}, headers=headers)

    assert answer.status_code == 501
    assert "/synonyms/search is not supported by this companion" in answer.json()["message"]
