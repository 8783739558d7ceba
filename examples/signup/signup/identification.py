"""Who a person is, asked of FullContact's person.enrich over plain HTTP.

Nobody known (404), an answer that comes later (202) and an address the service does not take (422)
are answers: there is nothing to add. Too many requests (429) and an outage (503) are tried again
here a few times and then raised, so that the stream delivers the batch again. Every answer that
holds a person is billed: they are remembered for as long as this worker lives.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

ATTEMPTS_MAX = 3
WAIT_MAX_S = 2.0
#: Answers kept in memory.
REMEMBERED_MAX = 10_000


class IdentificationFailed(Exception):
    """The service could not answer now, or refuses this application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known beyond the sign-up; None where it is not."""

    company: str | None = None
    title: str | None = None
    city: str | None = None
    country: str | None = None
    website: str | None = None


class Identification:
    """The service behind an HTTP client."""

    def __init__(self, client: httpx.Client, wait: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._wait = wait
        self._known: OrderedDict[str, Profile | None] = OrderedDict()

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Identification:
        """The service that the environment names."""
        headers = {"authorization": f"Bearer {environment['FULLCONTACT_API_KEY']}"}
        return Identification(httpx.Client(base_url=environment["FULLCONTACT_URL"], headers=headers, timeout=10))

    def profile(self, email: str) -> Profile | None:
        """What is known of the person behind an address; None when nobody is known.

        Raises:
            IdentificationFailed: the service could not be reached, is too busy, or refuses the key.
        """
        if email not in self._known:
            self._known[email] = self._ask(email)
            if len(self._known) > REMEMBERED_MAX:
                self._known.popitem(last=False)
        return self._known[email]

    def _ask(self, email: str) -> Profile | None:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            answer = self._post(email)
            if answer.status_code == 200:
                return _profile(answer.json())
            if answer.status_code in {202, 404, 422}:
                return None
            if answer.status_code not in {429, 503} or attempt == ATTEMPTS_MAX:
                break
            self._wait(_wait_s(answer, attempt))
        raise IdentificationFailed(f"person.enrich answered {answer.status_code}: {answer.text[:200]}")

    def _post(self, email: str) -> httpx.Response:
        try:
            return self._client.post("/v3/person.enrich", json={"email": email})
        except httpx.TransportError as error:
            raise IdentificationFailed(f"person.enrich could not be reached: {error!r}") from error


def _wait_s(answer: httpx.Response, attempt: int) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(float(asked) if asked.isdigit() else 0.2 * 2**attempt, WAIT_MAX_S)


def _profile(body: dict[str, Any]) -> Profile:
    """Every field of an answer may be null or missing."""
    details = body.get("details") or {}
    places: list[dict[str, Any]] = details.get("locations") or [{}]
    place = places[0]
    return Profile(
        company=body.get("organization"),
        title=body.get("title"),
        city=place.get("city"),
        country=place.get("country"),
        website=body.get("website"),
    )
