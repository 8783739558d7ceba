"""Batch calls of the CRM: up to 100 contacts each, every input answered or named as an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pelton_companions.crm.contacts import Conflict, Contact, Contacts
from pelton_companions.crm.shapes import BadRequest, found_contact, read_properties, shown
from pelton_companions.messages import JsonObject

#: HubSpot's limit.
INPUTS_MAX = 100


def read_inputs(body: JsonObject) -> list[JsonObject]:
    """The inputs of a batch.

    Raises:
        BadRequest: not a list of 1 to 100 objects, or two with the same id.
    """
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs or not all(isinstance(each, dict) for each in inputs):
        raise BadRequest("inputs must be a list of at least one object")
    if len(inputs) > INPUTS_MAX:
        raise BadRequest(f"The number of inputs is greater than the limit of {INPUTS_MAX}")
    ids = [str(each["id"]).strip().lower() for each in inputs if each.get("id") is not None]
    if len(set(ids)) < len(ids):
        raise BadRequest("Duplicate IDs found in batch input. IDs must be unique")
    return inputs


def create(contacts: Contacts, body: JsonObject) -> list[JsonObject]:
    """New contacts.

    Raises:
        Conflict: one of them exists; none is stored.
    """
    return [shown(contacts.create(read_properties(each))) for each in read_inputs(body)]


def upsert(contacts: Contacts, body: JsonObject) -> list[JsonObject]:
    """Contacts by e-mail (``idProperty``), updated where they exist and made where not."""
    results = []
    for each in read_inputs(body):
        if each.get("idProperty") != "email":
            raise BadRequest("idProperty must be email: it is the contacts' unique property")
        properties = {**read_properties(each), "email": str(each.get("id") or "")}
        old = contacts.by_email(properties["email"])
        new = contacts.create(properties) if old is None else contacts.update(old, properties)
        results.append({**shown(new), "new": old is None})
    return results


def read(contacts: Contacts, body: JsonObject) -> tuple[list[JsonObject], list[JsonObject]]:
    """Contacts by id or e-mail, and an error that names the missing ones."""
    names = body.get("properties") or None
    return _each(contacts, body, lambda contact, _: shown(contact, names))


def update(contacts: Contacts, body: JsonObject) -> tuple[list[JsonObject], list[JsonObject]]:
    """Contacts with changed properties, and an error that names the missing ones."""

    def change(contact: Contact, each: JsonObject) -> JsonObject:
        return shown(contacts.update(contact, read_properties(each)))

    return _each(contacts, body, change)


def archive(contacts: Contacts, body: JsonObject) -> None:
    """Mark contacts deleted; those that are not there are no error."""
    for each in read_inputs(body):
        contact = found_contact(contacts, str(each.get("id")), None)
        if contact is not None:
            contacts.archive(contact.id)


def _each(
    contacts: Contacts, body: JsonObject, answer: Callable[[Contact, JsonObject], JsonObject]
) -> tuple[list[JsonObject], list[JsonObject]]:
    results: list[JsonObject] = []
    missing: list[Any] = []
    for each in read_inputs(body):
        contact = found_contact(contacts, str(each.get("id")), each.get("idProperty") or body.get("idProperty"))
        if contact is None:
            missing.append(each.get("id"))
        else:
            results.append(answer(contact, each))
    return results, [_not_found(missing)] if missing else []


def _not_found(ids: list[Any]) -> JsonObject:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
        "context": {"ids": [str(each) for each in ids]},
    }


__all__ = ["Conflict", "archive", "create", "read", "read_inputs", "update", "upsert"]
