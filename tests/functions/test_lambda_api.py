"""Lambda's operations on functions, over a storage without threads and the in-process executor."""

import asyncio
import base64
import contextlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from pelton.errors import WireError
from pelton.functions import operations, restore
from pelton.functions.archive import unpack
from pelton.functions.asynchronous.destinations import DestinationFailed
from pelton.functions.asynchronous.engine import AsyncInvocations
from pelton.functions.asynchronous.records import DeadLetter
from pelton.functions.attached import Attached
from pelton.functions.configuration import requested
from pelton.functions.errors import InvalidParameterValue
from pelton.functions.service import Functions
from pelton.operations import JsonObject, RequestContext
from pelton.storage.drivers import InlineDriver
from pelton.storage.engine import Storage
from pelton.storage.transaction import Snapshot, WriteTransaction
from tests.functions.conftest import Workshop

CODE = "import os\ndef handler(event, context): return [event, os.environ.get('GREETING')]"
NOW_MS = 1_761_000_000_123


def zipped(files: Mapping[str, str], mode: int = 0o644) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, text)
    return content.getvalue()


class NoQueues:
    """Destinations where there are none."""

    def check(self, snapshot: Snapshot, arn: str) -> None:
        raise InvalidParameterValue(f"The destination ARN {arn} is invalid.")

    def prepare(
        self, transaction: WriteTransaction, arn: str, message: DeadLetter, trace: str | None
    ) -> Callable[[], None]:
        raise DestinationFailed("no queues here")

    async def check_elsewhere(self, arn: str) -> None:
        pass

    def is_elsewhere(self, arn: str) -> bool:
        return False

    async def tell(self, arn: str, message: DeadLetter, function: str) -> None:
        raise DestinationFailed("nothing is elsewhere")

    def sent(self, arn: str) -> None:
        pass


class Client:
    """Calls operations as the edge does."""

    def __init__(self, functions: Functions, storage: Storage, region: str = "us-east-1") -> None:
        self.functions = functions
        self.storage = storage
        self.region = region
        self.events = AsyncInvocations(functions, storage, Attached(storage), NoQueues(), self._tell)
        self.told: list[str] = []
        self._operations = operations(functions, storage, self.events)

    def _tell(self, function: str, text: str) -> None:
        self.told.append(text)

    def call(self, name: str, **body: object) -> JsonObject:
        context = RequestContext(
            account="000000000000", region=self.region, now_ms=NOW_MS, request_id="r", trace="Root=bad"
        )

        async def call() -> JsonObject:
            reply: JsonObject = await self._operations[name].prepare(dict(body), context)()
            return reply

        return asyncio.run(call())

    def create(self, **body: object) -> JsonObject:
        settings = {"FunctionName": "made", "Runtime": "python3.12", "Role": "arn:aws:iam::0:role/r"}
        code = {"ZipFile": zipped({"app.py": CODE})}
        return self.call("CreateFunction", **{**settings, "Handler": "app.handler", "Code": code, **body})

    def refused(self, name: str, **body: object) -> tuple[int, str, str | None]:
        with pytest.raises(WireError) as caught:
            self.create(**body) if name == "CreateFunction" else self.call(name, **body)
        return caught.value.status, caught.value.code, caught.value.message


@pytest.fixture
def client(workshop: Workshop) -> Iterator[Client]:
    storage = Storage.open(workshop.folder / "storage", clock=workshop.clock, driver=InlineDriver())
    yield Client(workshop.here(workshop.function(CODE, "declared")), storage)
    storage.close()


def test_a_created_function_runs(client: Client) -> None:
    created = client.create(Environment={"Variables": {"GREETING": "hello"}})

    reply = client.call("Invoke", FunctionName="made", Payload=b'{"a": 1}')

    assert created["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:made"
    assert (created["State"], created["Timeout"], created["MemorySize"]) == ("Active", 3, 128)
    assert created["LastModified"] == "2025-10-20T22:40:00.123+0000"
    assert reply == {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": b'[{"a": 1}, "hello"]'}


def test_code_may_come_as_base64(client: Client) -> None:
    client.create(Code={"ZipFile": base64.b64encode(zipped({"app.py": CODE})).decode()})

    assert client.call("Invoke", FunctionName="made")["Payload"] == b'[{}, "inherited"]'


def test_a_created_function_is_there_after_a_restart(client: Client, workshop: Workshop) -> None:
    client.create()
    later = Client(workshop.here(), client.storage)

    restore(later.functions, client.storage, later.events)

    assert later.call("Invoke", FunctionName="made", Payload=b"1")["Payload"] == b'[1, "inherited"]'


def test_a_restart_removes_code_that_nobody_uses(client: Client, workshop: Workshop) -> None:
    client.create()
    client.call("UpdateFunctionCode", FunctionName="made", ZipFile=zipped({"app.py": "def handler(e, c): pass"}))
    folder = client.storage.path / "functions/code"
    assert len(list(folder.iterdir())) == 2

    restore(workshop.here(), client.storage, client.events)

    assert len(list(folder.iterdir())) == 1


def test_an_error_is_an_answer_with_its_log(client: Client) -> None:
    client.create(Code={"ZipFile": zipped({"app.py": "def handler(event, context): print('here'); 1/0"})})

    reply = client.call("Invoke", FunctionName="made", LogType="Tail", Payload=b"{}")

    assert (reply["StatusCode"], reply["FunctionError"]) == (200, "Unhandled")
    assert json.loads(reply["Payload"])["errorType"] == "ZeroDivisionError"
    assert b"\nhere\n[ERROR] ZeroDivisionError: division by zero\n" in base64.b64decode(reply["LogResult"])


def test_a_dry_run_runs_nothing(client: Client) -> None:
    reply = client.call("Invoke", FunctionName="declared", InvocationType="DryRun", Payload=b"{}")

    assert reply == {"StatusCode": 204, "Payload": b""}


def test_new_code_and_settings_take_effect(client: Client) -> None:
    created = client.create(Timeout=7)
    code = zipped({"other.py": "def main(event, context): return 'other'"})

    recoded = client.call("UpdateFunctionCode", FunctionName="made", ZipFile=code, RevisionId=created["RevisionId"])
    configured = client.call("UpdateFunctionConfiguration", FunctionName="made", Handler="other.main")

    assert client.call("Invoke", FunctionName="made")["Payload"] == b'"other"'
    assert (configured["Handler"], configured["Timeout"]) == ("other.main", 7)
    assert recoded["CodeSha256"] == configured["CodeSha256"] != created["CodeSha256"]
    assert len({created["RevisionId"], recoded["RevisionId"], configured["RevisionId"]}) == 3


def test_functions_are_shown_and_listed_by_page(client: Client) -> None:
    client.create(Tags={"a": "b"})

    shown = client.call("GetFunction", FunctionName="made")
    first = client.call("ListFunctions", MaxItems=1)
    second = client.call("ListFunctions", MaxItems=1, Marker=first["NextMarker"])

    assert shown["Configuration"] == client.call("GetFunctionConfiguration", FunctionName="made")
    assert shown["Tags"] == {"a": "b"}
    assert [f["FunctionName"] for page in (first, second) for f in page["Functions"]] == ["declared", "made"]
    assert "NextMarker" not in second


def test_a_deleted_function_is_gone_for_good(client: Client, workshop: Workshop) -> None:
    client.create()

    client.call("DeleteFunction", FunctionName="made")

    gone = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:made:$LATEST"
    assert client.refused("Invoke", FunctionName="made") == (404, "ResourceNotFoundException", gone)
    assert restore(workshop.here(), client.storage, client.events) == []


def test_a_function_belongs_to_its_region(client: Client) -> None:
    elsewhere = Client(client.functions, client.storage, region="eu-west-1")

    made = elsewhere.create()

    assert elsewhere.call("Invoke", FunctionName=made["FunctionArn"])["StatusCode"] == 200
    assert client.refused("GetFunction", FunctionName="made")[0] == 404
    text = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    assert client.refused("GetFunction", FunctionName=made["FunctionArn"])[2] == text


REFUSED: list[tuple[str, dict[str, object], int, str]] = [
    ("Invoke", {"FunctionName": "nobody"}, 404, "Function not found: arn:aws:lambda:us-east-1:"),
    ("Invoke", {"FunctionName": "declared", "Qualifier": "live"}, 404, "Function not found: arn:aws:lambda:us-east-1:"),
    ("Invoke", {"FunctionName": "declared:1", "Qualifier": "2"}, 400, "The derived qualifier from the function name"),
    ("Invoke", {"FunctionName": "a:b:c"}, 400, "FunctionName 'a:b:c' is neither"),
    ("Invoke", {"FunctionName": "declared", "Payload": b"{"}, 400, "Could not parse request body into json"),
    ("Invoke", {"FunctionName": "declared", "Payload": b" " * 6291457}, 413, "Request must be smaller than 6291456"),
    (
        "Invoke",
        {"FunctionName": "declared", "InvocationType": "Event", "Payload": b" " * 1048577},
        413,
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    ),
    ("Invoke", {"FunctionName": "declared", "ClientContext": "e30"}, 400, "Client context must be a valid Base64"),
    ("CreateFunction", {"FunctionName": "declared"}, 409, "Function already exist: declared"),
    ("CreateFunction", {"Runtime": "ruby3.3"}, 400, "function made: runtime 'ruby3.3' is not served here"),
    (
        "CreateFunction",
        {"Runtime": "cobol1"},
        400,
        "Value cobol1 at 'runtime' failed to satisfy constraint: Member must",
    ),
    (
        "CreateFunction",
        {"FunctionName": "x" * 65},
        400,
        f"1 validation error detected: Value '{'x' * 65}' at 'functionName' failed to satisfy constraint: Member must",
    ),
    ("CreateFunction", {"SnapStart": {"ApplyOn": "PublishedVersions"}}, 400, "SnapStart is not served here"),
    ("CreateFunction", {"Layers": ["arn"]}, 400, "Layers is not served here"),
    ("PublishVersion", {"FunctionName": "declared"}, 409, "Function declared is declared by the project"),
    ("CreateFunction", {"PackageType": "Image"}, 400, "PackageType Image is not served here"),
    ("CreateFunction", {"Code": {"S3Bucket": "b"}}, 400, "S3Bucket is not served here"),
    ("CreateFunction", {"Code": {}}, 400, "Please provide a source for function code."),
    ("CreateFunction", {"Code": {"ZipFile": b"no zip"}}, 400, "Could not unzip uploaded file."),
    ("CreateFunction", {"Environment": {"Variables": {"AWS_REGION": "x"}}}, 400, "Lambda was unable to configure your"),
    ("CreateFunction", {"Environment": {"Variables": {"A": "x" * 4096}}}, 400, "Lambda was unable to configure your"),
    # What the project declares is changed in the project.
    (
        "UpdateFunctionConfiguration",
        {"FunctionName": "declared", "Timeout": 9},
        409,
        "Function declared is declared by",
    ),
    ("DeleteFunction", {"FunctionName": "declared"}, 409, "Function declared is declared by the project"),
    ("DeleteFunction", {"FunctionName": "declared", "Qualifier": "$LATEST"}, 400, "$LATEST version cannot be deleted"),
]


@pytest.mark.parametrize(("name", "body", "status", "text"), REFUSED)
def test_a_bad_request_gets_lambdas_error(client: Client, name: str, body: JsonObject, status: int, text: str) -> None:
    refused = client.refused(name, **body)

    assert refused[0] == status
    assert str(refused[2]).startswith(text)


def test_snap_start_that_applies_on_none_is_none(client: Client) -> None:
    created = client.create(SnapStart={"ApplyOn": "None"})

    assert created["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}


def test_every_runtime_of_the_model_is_one() -> None:
    for runtime in Loader().load_service_model("lambda", "service-2")["shapes"]["Runtime"]["enum"]:
        assert requested({"Runtime": runtime})["Runtime"] == runtime


def test_an_outdated_revision_is_refused(client: Client) -> None:
    client.create()

    refused = client.refused("UpdateFunctionConfiguration", FunctionName="made", Timeout=9, RevisionId="old")

    assert refused[:2] == (412, "PreconditionFailedException")
    assert client.call("GetFunctionConfiguration", FunctionName="made")["Timeout"] == 3


def test_an_entry_without_a_name_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"q": ""}))
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    for place in (local + 26, central + 28):  # The one letter becomes an extra field.
        content[place : place + 4] = bytes([0, 0, 1, 0])

    with pytest.raises(InvalidParameterValue, match="Entry '' is not a file inside the archive"):
        unpack(bytes(content), tmp_path)


@pytest.mark.parametrize("name", ["../out.py", "/out.py", "a/../../out.py", "a\\..\\out.py"])
def test_an_archive_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "deep/code"

    with pytest.raises(InvalidParameterValue):
        unpack(zipped({"good.py": "", name: "bad"}), folder)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_archive_cannot_bring_links(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameterValue):
        unpack(zipped({"link": "/etc/passwd"}, mode=0o120777), tmp_path)


def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(str(number), bytes(90 << 20), compresslevel=1)

    with pytest.raises(InvalidParameterValue, match="Unzipped size must be smaller than 262144000 bytes"):
        unpack(content.getvalue(), tmp_path)


@given(st.data())
def test_a_damaged_archive_unpacks_or_is_refused(data: st.DataObject) -> None:
    damaged = bytearray(zipped({"a/app.py": CODE, "b.py": ""}))
    for at in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(InvalidParameterValue):
        unpack(bytes(damaged), Path(folder))
