"""One real ``pelton up`` for all clients: a bare AWS endpoint, as a user starts it in an empty folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.end_to_end.running import Up

#: What every SDK finds in its environment.
KEYS = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
VARIABLES = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running Pelton."""
    project: Path = tmp_path_factory.mktemp("project")
    with Up(project, tmp_path_factory.mktemp("data"), "--no-watch") as up:
        yield up.aws


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    client = boto3.session.Session(**KEYS).client(
        "dynamodb", endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
    )
    yield client
    client.close()


@pytest.fixture
def resource(url: str) -> Iterator[Any]:
    resource = boto3.session.Session(**KEYS).resource("dynamodb", endpoint_url=url)
    yield resource
    resource.meta.client.close()


def environment(url: str) -> Mapping[str, str]:
    """Variables of a process that speaks to that Pelton."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **VARIABLES, "AWS_ENDPOINT_URL": url, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
