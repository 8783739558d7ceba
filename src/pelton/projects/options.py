"""What the one who starts a project says about it: stage, region, values, and how strict to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pelton.arns import DEFAULT_ACCOUNT

#: Settings of a mapping whose value may differ from Lambda's default. The stack widens it to what triggers serve.
PLAIN_MAPPING_SETTINGS = frozenset(
    {"StartingPosition", "BatchSize", "Enabled", "MaximumBatchingWindowInSeconds", "FilterCriteria"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """Options of one reading, handed down whole."""

    stage: str | None = None  #: ``--stage``; None: the project's own, else ``dev``
    region: str | None = None  #: ``--region``; None: the project's own, else the environment's, else us-east-1
    environ: Mapping[str, str] = field(default_factory=dict)  #: feeds ``${env:}``, companions' variables included
    options: Mapping[str, str] = field(default_factory=dict)  #: further command-line options, for ``${opt:}``
    params: Mapping[str, str] = field(default_factory=dict)  #: ``--param`` (``${param:}`` and template parameters)
    overrides: Mapping[str, str] = field(default_factory=dict)  #: placeholder (``ssm:/path``) or import name to value
    account: str = DEFAULT_ACCOUNT
    instance_id: str = "local"  #: ``${sls:instanceId}``
    port: int = 8000  #: of the AWS endpoint, for queue URLs
    http_port: int = 3000  #: of the gateway, for API URLs
    allow_unsupported: bool = False  #: what is not supported is a warning instead of an error
    mapping_settings: frozenset[str] = PLAIN_MAPPING_SETTINGS  #: what the triggers serve
    has_topics_and_buckets: bool = False  #: something answers for SNS and S3, so they may be destinations
