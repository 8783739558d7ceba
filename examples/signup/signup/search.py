"""The search index ``users`` at Algolia, or wherever ``ALGOLIA_HOST`` points.

The official client keeps a host that answered 5xx as down for five minutes, and with a single host
then raises without sending anything: so every attempt begins with all hosts up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algoliasearch.http.hosts import Host, HostsCollection
from algoliasearch.search.client import SearchClientSync
from algoliasearch.search.config import SearchConfig
from algoliasearch.search.models.action import Action
from algoliasearch.search.models.batch_request import BatchRequest
from algoliasearch.search.models.batch_write_params import BatchWriteParams

from signup.accounts import User

#: A page may search names; the address is kept for people with the other key.
SETTINGS = {"searchableAttributes": ["fullname"], "unretrievableAttributes": ["emailAddress"]}


class UserIndex:
    """The index behind Algolia's client."""

    def __init__(self, config: SearchConfig, name: str) -> None:
        self._config = config
        self._client = SearchClientSync(config=config)
        self._name = name
        self._is_set_up = False

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> UserIndex:
        """The index that the environment names."""
        config = SearchConfig(environment["ALGOLIA_APP_ID"], environment["ALGOLIA_API_KEY"])
        host = environment.get("ALGOLIA_HOST")
        if host:
            config.hosts = HostsCollection([_host(host)])
        return UserIndex(config, environment.get("SEARCH_INDEX", "users"))

    def update(self, saved: Mapping[str, User], removed: set[str]) -> None:
        """Store and remove users in one request; raises when the index did not take it.

        The index is changed a moment later, in the order of the requests.
        """
        hosts = self._config.hosts
        for host in [*hosts.read(), *hosts.write()] if hosts is not None else []:
            host.reset()
        if not self._is_set_up:
            self._client.set_settings(self._name, SETTINGS)
            self._is_set_up = True
        requests = [BatchRequest(action=Action.ADDOBJECT, body=_record(user)) for user in saved.values()]
        requests += [BatchRequest(action=Action.DELETEOBJECT, body={"objectID": user_id}) for user_id in removed]
        self._client.batch(self._name, BatchWriteParams(requests=requests))


def _record(user: User) -> dict[str, Any]:
    return {"objectID": user.user_id, "fullname": user.fullname, "emailAddress": user.email}


def _host(text: str) -> Host:
    """``host:port`` on this machine, or with ``https://`` before it anywhere."""
    scheme, _, rest = text.rpartition("://")
    name, _, port = rest.partition(":")
    return Host(url=name, scheme=scheme or "http", port=int(port) if port else None)
