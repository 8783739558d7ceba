"""What events say about the API a route belongs to: made up, and the same in every run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pelton.arns import DEFAULT_ACCOUNT, DEFAULT_REGION


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiIdentity:
    """Account, region and stage of the APIs."""

    stage: str = "dev"
    region: str = DEFAULT_REGION
    account: str = DEFAULT_ACCOUNT

    @property
    def api_id(self) -> str:
        """Ten lower-case letters and digits."""
        return hashlib.sha256(f"api/{self.stage}/{self.region}".encode()).hexdigest()[:10]

    def resource_id(self, path: str) -> str:
        """Six letters and digits that name a REST resource."""
        return hashlib.sha256(f"resource/{path}".encode()).hexdigest()[:6]

    def key_id(self, key: str) -> str:
        """Ten letters and digits that name an API key."""
        return hashlib.sha256(f"key/{key}".encode()).hexdigest()[:10]

    @property
    def caller_arn(self) -> str:
        """Who calls an ``aws_iam`` route here, signed or not."""
        return f"arn:aws:iam::{self.account}:user/local"


#: Access key and user id of the local caller.
CALLER_KEY = "AKIALOCAL00000000000"
CALLER_ID = "AIDALOCAL00000000000"
