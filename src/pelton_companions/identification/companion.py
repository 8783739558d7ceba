"""The identification companion: ``POST /v3/person.enrich``.

Nothing is durable here but the count of billed answers: the answers follow from the question.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from pelton_companions.identification.people import identify
from pelton_companions.messages import BadBody, JsonObject, Request, Response, json_response

_MESSAGES = {
    202: "Queued for search. Please retry your query later.",
    404: "Profile not found",
    429: "Rate limit exceeded",
    503: "Service unavailable",
}


class IdentificationCompanion:
    """Answers from the e-mail alone, and counts answers by their status."""

    name = "identification"
    paths_without_faults: frozenset[str] = frozenset()

    def __init__(self, data: Path) -> None:
        self._db = sqlite3.connect(data / "identification.db", isolation_level=None)
        # The counts are for people: losing the last ones with the power is no harm.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS answers (status INTEGER PRIMARY KEY, count INTEGER NOT NULL)")

    async def start(self) -> None:
        """Nothing to do."""

    async def handle(self, request: Request) -> Response:
        """Answer one question."""
        if (request.method, request.path) != ("POST", "/v3/person.enrich"):
            return _answer(501, f"{request.method} {request.path} is not supported by this companion")
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return _answer(401, "Authorization is missing")
        try:
            email = _email(request.json())
        except BadBody as error:
            return _answer(400, str(error))
        finding = identify(email, datetime.now(UTC).date().isoformat())
        self._count(finding.status)
        return json_response(finding.person) if finding.person is not None else self.failure(finding.status)

    def failure(self, status: int) -> Response:
        """FullContact's shape of an answer without a person."""
        answer = _answer(status, _MESSAGES.get(status, "fault on demand"))
        return answer.with_headers({"retry-after": "1"}) if status in {429, 503} else answer

    def state(self) -> JsonObject:
        """Answers by status since the data folder was made; those with 200 would be billed."""
        rows = self._db.execute("SELECT status, count FROM answers ORDER BY status")
        return {"answers": {str(status): count for status, count in rows}}

    async def close(self) -> None:
        """Close the counts."""
        self._db.close()

    def _count(self, status: int) -> None:
        self._db.execute(
            "INSERT INTO answers VALUES (?, 1) ON CONFLICT (status) DO UPDATE SET count = count + 1", (status,)
        )


def _email(question: JsonObject) -> str:
    """The address to look for; the other ways to name a person are not served."""
    emails = question.get("emails") or []
    email = question.get("email") or (emails[0] if isinstance(emails, list) and emails else None)
    if not isinstance(email, str) or "@" not in email:
        raise BadBody("this companion identifies people by email: name one")
    return email


def _answer(status: int, message: str) -> Response:
    return json_response({"status": status, "message": message}, status)
