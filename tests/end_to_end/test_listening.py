"""Beyond loopback, with keys and with TLS: as those run it who own the server."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.end_to_end.recording import recording_project, seen
from tests.end_to_end.running import Up, run_pelton, wait_for

PORTS = ("--port", "0", "--http-port", "0", "--companions-port", "0", "--mail-port", "0")
KEY, SECRET = "AKIDOWNER", "s3cret"

#: A function that writes back, with the keys it was given.
WRITER = """
import boto3
def again(event, context):
    table = boto3.resource("dynamodb").Table("things")
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["id"]["S"]
        if not key.startswith("copy-"):
            table.put_item(Item={"id": "copy-" + key, "n": 1})
"""


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps([{"key": KEY, "secret": SECRET}]))
    return file


def client(url: str, key: str = KEY, secret: str = SECRET, verify: str | bool | None = None) -> object:
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        verify=verify,
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_other_machines_need_keys_or_a_decision(tmp_path: Path) -> None:
    ended = run_pelton("up", str(tmp_path), *PORTS, "--host", "0.0.0.0", "--data-dir", str(tmp_path / "data"))

    assert ended.returncode == 2
    assert "--credentials FILE, or --allow-anyone" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    with Up(tmp_path, tmp_path / "data", "--host", "0.0.0.0", "--allow-anyone") as up:
        assert up.client("dynamodb").list_tables()["TableNames"] == []


def test_with_keys_only_they_may_call_and_functions_still_do(tmp_path: Path, keys: Path) -> None:
    project = recording_project(tmp_path / "project", "first")
    with (project / "handlers.py").open("a") as file:
        file.write(WRITER)
    (project / "serverless.yml").write_text(
        (project / "serverless.yml").read_text().replace("handlers.first", "handlers.again")
    )
    with Up(project, tmp_path / "data", "--no-watch", "--host", "0.0.0.0", "--credentials", str(keys)) as up:
        mine = client(up.aws)
        mine.put_item(TableName="things", Item={"id": {"S": "one"}, "n": {"N": "1"}})  # type: ignore[attr-defined]

        def copied() -> object:
            return mine.get_item(TableName="things", Key={"id": {"S": "copy-one"}}).get("Item")  # type: ignore[attr-defined]

        assert wait_for(copied, "the function, with keys of its own, to write")
        for stranger, error in ((client(up.aws, KEY, "wrong"), "InvalidSignature"), (client(up.aws, "X"), "Unrecogn")):
            with pytest.raises(ClientError, match=error):
                stranger.list_tables()  # type: ignore[attr-defined]
        assert json.loads((tmp_path / "data" / "run.json").read_text())["host"] == "127.0.0.1"
        assert up.command("status").returncode == 0


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for this machine and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("making a certificate needs openssl")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


def test_with_a_certificate_both_ports_speak_tls_and_functions_work(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    project = recording_project(tmp_path / "project", "first")
    with (project / "handlers.py").open("a") as file:
        file.write(WRITER)
    (project / "serverless.yml").write_text(
        (project / "serverless.yml").read_text().replace("handlers.first", "handlers.again")
    )
    options = ("--no-watch", "--tls-cert", str(cert), "--tls-key", str(key))
    with Up(project, tmp_path / "data", *options) as up:
        assert up.aws.startswith("https://")
        mine = client(up.aws, verify=str(cert))
        mine.put_item(TableName="things", Item={"id": {"S": "one"}, "n": {"N": "1"}})  # type: ignore[attr-defined]

        def copied() -> object:
            return mine.get_item(TableName="things", Key={"id": {"S": "copy-one"}}).get("Item")  # type: ignore[attr-defined]

        assert wait_for(copied, "the function to write over its own listener")
        trusting = ssl.create_default_context(cafile=str(cert))
        with urllib.request.urlopen(f"{up.aws}/_pelton/health", context=trusting) as response:
            assert response.status == 200
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{up.application}/nothing", context=trusting)
    assert seen(project, "first") == []


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--tls-cert", "cert.pem"), "belong together"),
        (("--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"), "No such file"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_one_line(tmp_path: Path, options: tuple[str, ...], text: str) -> None:
    ended = run_pelton("up", str(tmp_path), *PORTS, *options, "--data-dir", str(tmp_path / "data"))

    assert ended.returncode == 2
    assert text in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
