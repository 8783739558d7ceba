"""Amazon resource names of what lives here. Source: service authorization reference, resource types."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

DEFAULT_REGION = "us-east-1"
#: Account of a project's resources and of every caller without configured credentials.
DEFAULT_ACCOUNT = "000000000000"
#: Where function URLs begin on the AWS port.
FUNCTION_URLS = "/_url/"


def table_arn(region: str, account: str, table_name: str) -> str:
    """ARN of a table."""
    return f"arn:aws:dynamodb:{region}:{account}:table/{table_name}"


def index_arn(table: str, index_name: str) -> str:
    """ARN of a secondary index of the table with ARN ``table``."""
    return f"{table}/index/{index_name}"


def stream_label(created_ms: int) -> str:
    """Label of a stream created at that time: ``2015-05-11T21:21:33.291`` (UTC, no zone letter)."""
    moment = datetime.fromtimestamp(created_ms / 1000, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{created_ms % 1000:03d}"


def stream_arn(table: str, label: str) -> str:
    """ARN of a stream of the table with ARN ``table``."""
    return f"{table}/stream/{label}"


def function_arn(region: str, account: str, function_name: str, qualifier: str | None = None) -> str:
    """ARN of a function, qualified by version or alias when ``qualifier`` is given."""
    arn = f"arn:aws:lambda:{region}:{account}:function:{function_name}"
    return f"{arn}:{qualifier}" if qualifier else arn


def function_url_path(arn: str, qualifier: str = "") -> str:
    """Where the AWS port serves a function's URL: the same for the same function and alias, for ever."""
    return f"{FUNCTION_URLS}{hashlib.sha256(f'{arn}:{qualifier}'.encode()).hexdigest()[:32]}/"


def table_name_of(name_or_arn: str) -> str:
    """The table's name from what a request's TableName holds: a name or a table ARN."""
    if not name_or_arn.startswith("arn:"):
        return name_or_arn
    resource = name_or_arn.split(":", 5)[-1]
    return resource.removeprefix("table/").split("/", 1)[0]
