"""What is known of a person, computed from the e-mail alone: the same address, the same answer. Pure.

Nobody is real here. Addresses of providers open to everybody, and one in ten of the others, are
unknown. Some beginnings of the local part ask for an answer: ``unknown``, ``queued``, ``busy`` and
``down`` give 404, 202, 429 and 503, also as ``busy+ada``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from pelton_companions.messages import JsonObject

#: Providers where anybody has an address: a domain that says nothing of its people.
OPEN_PROVIDERS = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "proton.me", "gmx.de"}
)
#: First words of a local part that ask for an answer, and its status.
ON_DEMAND = {"unknown": 404, "queued": 202, "busy": 429, "down": 503}

TITLES = ("Engineer", "Designer", "Product Manager", "Analyst", "Founder", "Researcher", "Architect", "Editor")
PLACES = (
    ("Berlin", "Germany", "DE"),
    ("Lisbon", "Portugal", "PT"),
    ("London", "United Kingdom", "GB"),
    ("Nairobi", "Kenya", "KE"),
    ("Osaka", "Japan", "JP"),
    ("Toronto", "Canada", "CA"),
    ("Warsaw", "Poland", "PL"),
    ("Zurich", "Switzerland", "CH"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer's status, and the person when it is 200."""

    status: int
    person: JsonObject | None = None


def identify(email: str, updated: str) -> Finding:
    """What is known of the person behind an address; ``updated`` is the date the answer carries."""
    local, _, domain = email.strip().lower().rpartition("@")
    wish = re.split(r"[+.\-_]", local, maxsplit=1)[0]
    if wish in ON_DEMAND:
        return Finding(ON_DEMAND[wish])
    digest = hashlib.sha256(f"{local}@{domain}".encode()).digest()
    if domain in OPEN_PROVIDERS or digest[0] % 10 == 0:
        return Finding(404)
    return Finding(200, _person(local, domain, digest, updated))


def _person(local: str, domain: str, digest: bytes, updated: str) -> JsonObject:
    """FullContact's summary and details; what is not known is null."""
    # The place belongs to the domain, the title to the person.
    city, country, code = PLACES[hashlib.sha256(domain.encode()).digest()[0] % len(PLACES)]
    title = TITLES[digest[1] % len(TITLES)]
    organization = domain.split(".")[-2].replace("-", " ").title() if "." in domain else domain.title()
    names = [part.title() for part in re.split(r"[.\-_+]", local) if part.isalpha()]
    full = " ".join(names) or None
    return {
        "fullName": full,
        "ageRange": None,
        "gender": None,
        "location": f"{city}, {country}",
        "title": title,
        "organization": organization,
        "twitter": None,
        "linkedin": None,
        "facebook": None,
        "bio": None,
        "avatar": None,
        "website": f"https://{domain}",
        "updated": updated,
        "dataAddOns": [],
        "details": {
            "name": {
                "given": names[0] if names else None,
                "family": names[1] if len(names) > 1 else None,
                "full": full,
            },
            "age": None,
            "gender": None,
            "emails": [],
            "phones": [],
            "profiles": {},
            "locations": [{"city": city, "country": country, "countryCode": code, "formatted": f"{city}, {country}"}],
            "employment": [{"name": organization, "title": title, "domain": domain, "current": True}],
            "photos": [],
            "education": [],
            "urls": [{"value": f"https://{domain}"}],
            "interests": [],
        },
    }
