"""How a contact looks on the wire, and what a request must look like."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelton_companions.crm.contacts import Contact, Contacts
from pelton_companions.messages import JsonObject

#: What is shown of a contact when a request does not name properties.
DEFAULT_PROPERTIES = ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class BadRequest(Exception):
    """A request the CRM refuses with 400; the text is the answer's message."""


def shown(contact: Contact, names: Sequence[str] | None = None) -> JsonObject:
    """The contact with the named properties; None: all it has."""
    everything = {
        **contact.properties,
        "hs_object_id": str(contact.id),
        "createdate": contact.created,
        "lastmodifieddate": contact.updated,
    }
    wanted = everything if names is None else {**dict.fromkeys(names), **_chosen(everything, names)}
    archived = {} if contact.archived_at is None else {"archivedAt": contact.archived_at}
    return {
        "id": str(contact.id),
        "properties": wanted,
        "createdAt": contact.created,
        "updatedAt": contact.updated,
        "archived": contact.archived_at is not None,
        **archived,
    }


def found_contact(contacts: Contacts, key: str, id_property: str | None, *, archived: bool = False) -> Contact | None:
    """The contact of an id, or of an e-mail when that is the property.

    Raises:
        BadRequest: another property, which need not be unique.
    """
    if id_property == "email":
        return contacts.by_email(key, archived=archived)
    if id_property not in {None, "hs_object_id"}:
        raise BadRequest(f"idProperty {id_property} is not a unique property of contacts: use email")
    return contacts.by_id(int(key), archived=archived) if key.isdigit() and len(key) < 19 else None


def read_properties(body: JsonObject) -> dict[str, str]:
    """The properties of a request as text.

    Raises:
        BadRequest: not an object of texts, or an e-mail that is none.
    """
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise BadRequest("properties must be an object")
    texts = {}
    for name, value in properties.items():
        if isinstance(value, dict | list):
            raise BadRequest(f"Property values were not valid: {name} must be text")
        texts[name] = "" if value is None else value if isinstance(value, str) else str(value)
    if texts.get("email") and not _EMAIL.fullmatch(texts["email"].strip()):
        raise BadRequest(f"Property values were not valid: Email address {texts['email']} is invalid")
    return texts


def _chosen(everything: dict[str, str], names: Sequence[str]) -> dict[str, str]:
    return {
        name: everything[name]
        for name in [*names, "hs_object_id", "createdate", "lastmodifieddate"]
        if name in everything
    }
