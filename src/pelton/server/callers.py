"""Who calls, and where to: the account and region of a request, from its credential scope.

Without configured credentials any key and signature is accepted, but a header that is missing or malformed is refused
as the service does: such a request would fail there too.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pelton.server.claims import NotAuthenticated, Scope, claim_of, parsed_scope
from pelton.server.http import HttpRequest
from pelton.server.options import ServerOptions
from pelton.server.signatures import Verifier

#: What Amazon's regions look like; any other word in a scope is made up.
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")

#: Scopes kept parsed; a client has one per day and region.
_SCOPES_KEPT = 1024

#: Regions remembered; Amazon has some 40.
_REGIONS_KEPT = 64


class Caller(NamedTuple):
    """Names are keyed by these two."""

    account: str
    region: str


class Callers:
    """Knows callers by their requests."""

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._anyone = Caller(options.account, options.region)
        self._verifier = None if options.credentials is None else Verifier(options.credentials)
        self._known: dict[bytes, Caller] = {}
        self.regions = {options.region}  #: that were asked for so far

    def caller(self, request: HttpRequest, service: str, *, may_be_anonymous: bool) -> Caller:
        """The caller of a request for ``service`` (a signing name).

        Raises:
            NotAuthenticated: the signature is missing where one is needed, incomplete or, with credentials, wrong.
        """
        if self._verifier is not None:
            claim = claim_of(request)
            now_ms = self._options.real_now_ms()
            credential = self._verifier.verify(request, claim, service, now_ms)
            return Caller(credential.account, self._region(claim.scope))
        headers = request.headers
        # All of the header but the signature at its end is the same from request to request.
        constant, _, signature = headers.get(b"authorization", b"").rpartition(b"Signature=")
        # With a query there may be a second signature in it, which is for the unusual to find out.
        if signature and not request.query and (b"x-amz-date" in headers or b"date" in headers):
            known = self._known.get(constant) or self._remember(constant)
            if known is not None:
                return known
        return self._unusual(request, may_be_anonymous)

    def _unusual(self, request: HttpRequest, may_be_anonymous: bool) -> Caller:
        """The caller of a presigned request or of one without a well-formed header."""
        try:
            return Caller(self._options.account, self._region(claim_of(request).scope))
        except NotAuthenticated:
            if may_be_anonymous:
                return self._anyone
            raise

    def _remember(self, constant: bytes) -> Caller | None:
        """The caller that an Authorization header names before its signature; None: it is none of version 4."""
        credential = _credential_of(constant)
        if credential is None:
            return None
        caller = Caller(self._options.account, self._region(parsed_scope(credential.decode("latin-1"))))
        if len(self._known) >= _SCOPES_KEPT:
            self._known.clear()
        self._known[constant] = caller
        return caller

    def _region(self, scope: Scope) -> str:
        if scope.region not in self.regions:
            if not _REGION.fullmatch(scope.region):
                return self._options.region
            if len(self.regions) < _REGIONS_KEPT:
                self.regions.add(scope.region)
        return scope.region


def signed_service(request: HttpRequest) -> str | None:
    """The service a request was signed for, if it says one: which service is meant when the path does not tell."""
    try:
        return claim_of(request).scope.service
    except NotAuthenticated:
        return None


def _credential_of(constant: bytes) -> bytes | None:
    """The credential in an Authorization header up to its signature; None when something is missing or unusual."""
    if not constant.startswith(b"AWS4-") or b"SignedHeaders=" not in constant:
        return None
    _, marker, rest = constant.partition(b"Credential=")
    return rest.partition(b",")[0].strip() if marker else None
