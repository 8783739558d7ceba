"""Small requests that would cost much: each gets its error, quickly, and Pelton stays as it was."""

from __future__ import annotations

import base64
import gzip
import http.client
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.running import Up
from tests.end_to_end.running import http as ask

#: Largest resident size of the process, through all of it (bytes): bodies are 16 MB at most, and parsed once.
MEMORY_MAX = 900 << 20


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("bombs")
    with Up(folder, folder / "data", "--ephemeral") as up:
        up.client("dynamodb").create_table(
            TableName="things",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield up


def post(up: Up, operation: str, body: bytes, service: str = "dynamodb", **headers: str) -> tuple[int, bytes]:
    address = urlsplit(up.aws)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    given = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "X-Amz-Date": "20260101T000000Z",
        "Content-Type": "application/x-amz-json-1.0",
        **headers,
    }
    path = "/2015-03-31/functions" if service == "lambda" else "/"
    if service == "dynamodb":
        given["X-Amz-Target"] = f"DynamoDB_20120810.{operation}"
    connection.request("POST", path, body, given)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, answer


def scan(expression: str) -> bytes:
    values = {":v": {"N": "1"}}
    return json.dumps(
        {"TableName": "things", "FilterExpression": expression, "ExpressionAttributeValues": values}
    ).encode()


def statement(text: str) -> bytes:
    return json.dumps({"Statement": text}).encode()


def zipped(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


BOMBS = {
    "brackets": ("PutItem", b"[" * 8_000_000),
    "braces": ("PutItem", b'{"a":' * 1_000_000),
    "pairs": ("PutItem", b"[" + b"{}," * 5_000_000 + b"{}]"),
    "quotes": ("PutItem", b'{"a":"' + b'\\"' * 4_000_000 + b'"}'),
    "members": ("PutItem", b'{"Item":{' + b",".join(b'"k%d":{"S":"x"}' % n for n in range(300_000)) + b"}}"),
    "number": ("Scan", b'{"TableName":"things","Limit":' + b"9" * 1_000_000 + b"}"),
    "exponent": ("PutItem", b'{"TableName":"things","Item":{"id":{"S":"a"},"n":{"N":"1E' + b"9" * 100_000 + b'"}}}'),
    "parentheses": ("Scan", scan("(" * 2000 + "n = :v" + ")" * 2000)),
    "negations": ("Scan", scan("NOT " * 1000 + "n = :v")),
    "operands": ("Scan", scan("n IN (" + ",".join([":v"] * 900) + ")")),
    "path": ("Scan", scan("a" + ".b" * 2000 + " = :v")),
    "long": ("Scan", scan("(" * 3_000_000)),
    "statement": ("ExecuteStatement", statement("SELECT * FROM things WHERE " + "(" * 4000 + "id = 'a'" + ")" * 4000)),
    "list": ("ExecuteStatement", statement("INSERT INTO things VALUE {'id':'z','l':" + "[" * 4000 + "]" * 4000 + "}")),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_request_that_would_cost_much_is_a_400(up: Up, name: str) -> None:
    status, answer = post(up, *BOMBS[name])

    assert status == 400, answer[:300]


def test_a_compressed_body_is_not_opened(up: Up) -> None:
    status, answer = post(up, "PutItem", gzip.compress(b"0" * 50_000_000), **{"Content-Encoding": "gzip"})

    assert status == 400
    assert b"send the body as it is" in answer


@pytest.mark.parametrize(
    ("archive", "text"),
    [
        (zipped(*((f"f{n}", bytes(20_000_000)) for n in range(15))), "Unzipped size must be smaller"),
        (zipped(("../../evil", b"x")), "is not a file inside"),
        (zipped(("/etc/evil", b"x")), "is not a file inside"),
    ],
)
def test_an_archive_that_grows_or_climbs_is_refused(up: Up, archive: bytes, text: str) -> None:
    code = {"ZipFile": base64.b64encode(archive).decode()}
    body = {"FunctionName": "f", "Runtime": "python3.11", "Role": "arn:aws:iam::000000000000:role/x"}
    status, answer = post(up, "", json.dumps({**body, "Handler": "a.b", "Code": code}).encode(), service="lambda")

    assert status == 400
    assert text in answer.decode()


@pytest.mark.parametrize("name", ["../../x", "..", "/etc/passwd", "a/b", "things\\x00"])
def test_a_name_that_climbs_is_no_name(up: Up, name: str) -> None:
    assert post(up, "DescribeTable", json.dumps({"TableName": name}).encode())[0] == 400


def test_after_all_of_it_pelton_is_as_it_was(up: Up) -> None:
    assert ask("GET", f"{up.aws}/_pelton/health")[0] == 200
    assert up.client("dynamodb").scan(TableName="things")["Count"] == 0
    status = Path(f"/proc/{up.process.pid}/status").read_text()
    peak = next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM"))
    assert peak < MEMORY_MAX
    assert [line for line in up.lines if "Traceback" in line.get("text", "")] == []
