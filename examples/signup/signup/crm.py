"""Contacts at HubSpot, or wherever ``HUBSPOT_HOST`` points.

HubSpot's search lags behind its writes, so nothing is searched for: contacts are upserted and read
by e-mail. The official client sends a request once and raises ``ApiException`` when it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubspot import HubSpot
from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInputUpsert,
    SimplePublicObjectBatchInputUpsert,
    SimplePublicObjectInput,
)

#: Contacts in one batch at most, HubSpot's limit.
BATCH_MAX = 100


class CrmFailed(Exception):
    """The CRM took only a part of a batch."""


class Contacts:
    """The contacts of one account."""

    def __init__(self, client: Any) -> None:
        self._basic = client.crm.contacts.basic_api
        self._batch = client.crm.contacts.batch_api

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Contacts:
        """The account that the environment names."""
        host = {"host": environment["HUBSPOT_HOST"]} if environment.get("HUBSPOT_HOST") else {}
        return Contacts(HubSpot(access_token=environment["HUBSPOT_ACCESS_TOKEN"], **host))

    def upsert(self, contacts: Mapping[str, dict[str, str]]) -> None:
        """Store contacts' properties by e-mail, making those that are missing.

        Raises:
            ApiException: the CRM failed. CrmFailed: it took only a part.
        """
        inputs = [
            SimplePublicObjectBatchInputUpsert(id=email, id_property="email", properties=properties)
            for email, properties in contacts.items()
        ]
        for start in range(0, len(inputs), BATCH_MAX):
            batch = BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs[start : start + BATCH_MAX])
            answer = self._batch.upsert(batch)
            # 207: the client returns another model instead of raising.
            if errors := getattr(answer, "errors", None):
                raise CrmFailed(f"{len(errors)} of {len(batch.inputs)} contacts were refused: {errors}")

    def move(self, old_email: str, email: str, properties: dict[str, str]) -> None:
        """Give the contact of one address another one, with its history.

        Where that is done already, or another contact has the new address, the old one is archived.
        """
        change = SimplePublicObjectInput(properties={**properties, "email": email})
        try:
            self._basic.update(old_email, change, id_property="email")
        except ApiException as error:
            if error.status not in {404, 409}:
                raise
            if error.status == 409:
                self.archive(old_email)
            self.upsert({email: {**properties, "email": email}})

    def archive(self, email: str) -> None:
        """Mark the contact of an address deleted; one that is not there is no error."""
        try:
            contact = self._basic.get_by_id(email, id_property="email")
        except ApiException as error:
            if error.status != 404:
                raise
            return
        self._basic.archive(contact.id)
