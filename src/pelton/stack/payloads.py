"""The newest invocations' payloads, kept in memory so that one can be invoked again as it was: ``--like``."""

from __future__ import annotations

from collections import OrderedDict

from pelton.functions.invocation import Invocation, Outcome

#: How many are kept, and how large one may be (bytes).
KEPT_MAX = 200
PAYLOAD_BYTES_MAX = 64 * 1024


class Payloads:
    """Payloads by request id; the oldest go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def on_outcome(self, invocation: Invocation, outcome: Outcome) -> None:
        """Keep the payload of an invocation that has ended."""
        if len(invocation.payload) > PAYLOAD_BYTES_MAX:
            return
        self._kept[outcome.request_id] = invocation.payload
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    def get(self, request_id: str) -> bytes | None:
        """The payload of the invocation with that request id, or the only one whose id begins so."""
        found = [kept for kept in self._kept if kept.startswith(request_id)] if request_id else []
        return self._kept[found[0]] if len(found) == 1 else None
