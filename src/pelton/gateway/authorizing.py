"""Asking authorizers before a route's function runs, and remembering their answers for a while.

An answer is remembered by who asked, not by which route: a policy is looked into again for every route, as API
Gateway does. Source: API Gateway developer guide, "Lambda authorizer workflow".
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from pelton.errors import WireError
from pelton.functions.invocation import NotInvoked
from pelton.gateway.answer import Answer, authorizer_failed, denied, forbidden_key, timed_out_authorizer, unauthorized
from pelton.gateway.authorizers import NotAnAnswer, Unauthorized, arn_of, authorizer_event, identities, verdict
from pelton.gateway.environment import ApiIdentity
from pelton.gateway.options import GatewayOptions, Invoke
from pelton.gateway.patience import Patience
from pelton.gateway.policies import Decision
from pelton.gateway.request import GatewayRequest
from pelton.gateway.routes import Match
from pelton.operations import JsonObject
from pelton.projects.project import Authorizer

#: How many answers are remembered at most; the oldest goes first.
_REMEMBERED_MAX = 10_000
#: How long an authorizer may take. Source: API Gateway quotas.
_PATIENCE_S = 29.0


class _Broken(Exception):
    """The authorizer's function failed; the text says how."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    answer: bytes
    until: float  #: monotonic


class Gatekeeper:
    """Lets requests through to their routes, or says why not."""

    def __init__(self, invoke: Invoke, patience: Patience, api: ApiIdentity, options: GatewayOptions) -> None:
        self._invoke = invoke
        self._patience = patience
        self._api = api
        self._api_keys = options.api_keys
        self._clock = options.clock
        self._remembered: dict[tuple[Authorizer, tuple[str, ...]], _Remembered] = {}

    async def judge(self, request: GatewayRequest, match: Match) -> JsonObject | Answer | None:
        """``requestContext.authorizer`` of the event, None where there is no authorizer, or the refusal."""
        route = match.route
        judged = None if route.authorizer is None else await self._authorized(route.authorizer, request, match)
        if isinstance(judged, Answer):
            return judged
        if route.needs_key and request.header("x-api-key") not in self._api_keys:
            return forbidden_key()
        return judged

    async def _authorized(self, authorizer: Authorizer, request: GatewayRequest, match: Match) -> JsonObject | Answer:
        kind = match.route.kind
        began = self._clock.monotonic()
        try:
            values = identities(authorizer, request, match)
            answer = await self._answer(authorizer, request, match, values)
            judged = verdict(answer, authorizer, match, arn_of(request, match, self._api))
        except Unauthorized as error:
            return unauthorized(kind, str(error))
        except TimeoutError:
            return timed_out_authorizer(kind, _PATIENCE_S)
        except (_Broken, NotAnAnswer) as error:
            return authorizer_failed(kind, str(error)[:500])
        if judged.decision is Decision.ALLOWED:
            return judged.told(match, round((self._clock.monotonic() - began) * 1000))
        return denied(kind, is_explicit=judged.decision is Decision.DENIED)

    async def _answer(
        self, authorizer: Authorizer, request: GatewayRequest, match: Match, values: tuple[str, ...]
    ) -> bytes:
        """The authorizer's result: what it said not long ago, or says now."""
        key = (authorizer, values)
        known = self._remembered.get(key)
        if known is not None and self._clock.monotonic() < known.until:
            return known.answer
        event = authorizer_event(authorizer, request, match, self._api, values)
        answer = await self._asked(authorizer, event, request.trace_root)
        if authorizer.ttl_s and values:
            self._remembered.pop(key, None)
            self._remembered[key] = _Remembered(answer, self._clock.monotonic() + authorizer.ttl_s)
            if len(self._remembered) > _REMEMBERED_MAX:
                del self._remembered[next(iter(self._remembered))]
        return answer

    async def _asked(self, authorizer: Authorizer, event: JsonObject, trace: str) -> bytes:
        try:
            call = self._invoke(authorizer.function_key, orjson.dumps(event), trace)
            outcome = await self._patience.within(_PATIENCE_S, call)
        except (NotInvoked, WireError) as error:
            raise _Broken(f"the authorizer {authorizer.function_key} was not invoked: {error}") from None
        if outcome.function_error is None:
            return outcome.payload
        if outcome.error_message == "Unauthorized":
            raise Unauthorized(f"the authorizer {authorizer.function_key} said so")
        reason = f"{outcome.error_type or outcome.function_error}: {outcome.error_message or 'it failed'}"
        raise _Broken(f"the authorizer {authorizer.function_key} failed: {reason}")
