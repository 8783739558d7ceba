"""The sign-up application as its users and its vendors see it."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.end_to_end.running import SIGNUP, Up, http, wait_for

ADA = {"email": "ada@example.com", "fullname": "Ada Lovelace", "date_of_birth": "1990-12-10"}


class Signup(Up):
    """The example, up."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        super().__init__(SIGNUP, data_dir, "--no-watch", *options)

    def sign_up(self, **changed: str) -> str:
        """Sign a user up; the id."""
        status, body = self.request("POST", "/users", ADA | changed)
        assert status == 200, body
        return str(body["id"])

    def found(self, typed: str) -> list[str]:
        """Ids that the search box shows for what is typed."""
        url = self.state["addresses"]["search"] + "/1/indexes/users/query"
        status, answer = http(
            "POST", url, {"query": typed}, {"x-algolia-application-id": "x", "x-algolia-api-key": "x"}
        )
        return [hit["objectID"] for hit in answer["hits"]] if status == 200 else []

    def contacts(self) -> list[dict[str, Any]]:
        """What the CRM holds."""
        url = self.state["addresses"]["crm"] + "/crm/v3/objects/contacts?limit=100"
        if self.is_down("crm"):
            return []
        status, answer = http("GET", url, headers={"Authorization": "Bearer x"})
        return [contact["properties"] for contact in answer["results"]] if status == 200 else []

    def is_down(self, companion: str) -> bool:
        """Whether nobody listens on a companion's port."""
        address = urlsplit(self.state["addresses"][companion])
        with socket.socket() as probe:
            return probe.connect_ex((address.hostname, address.port)) != 0

    def counted(self) -> int:
        """The total of sign-ups."""
        item = self.client("dynamodb").get_item(TableName="signup-counts", Key={"countId": {"S": "total"}}).get("Item")
        numbers = [int(value["N"]) for value in (item or {}).values() if "N" in value]
        return max(numbers, default=0)

    def mails(self) -> int:
        """How many mails were sent."""
        return self._rows("mail", "messages")

    def announcements(self) -> int:
        """How many chat messages were posted."""
        return self._rows("chat", "messages")

    def _rows(self, companion: str, table: str) -> int:
        file = next((self.data_dir / "companions" / companion).glob("*.db"), None)
        if file is None:
            return 0
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        finally:
            connection.close()


def all_reacted(app: Signup, users: int) -> bool:
    """Whether every reaction to so many sign-ups has happened: counts and contacts once, messages at least once."""
    is_exact = (app.counted(), len(app.contacts())) == (users, users)
    return is_exact and min(app.mails(), app.announcements()) >= users


def wait_until_all_reacted(app: Signup, users: int) -> None:
    """Wait for all five reactions to so many sign-ups."""
    wait_for(lambda: all_reacted(app, users), f"the reactions to {users} sign-ups")
