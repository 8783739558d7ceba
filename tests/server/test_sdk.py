"""Unmodified clients against the edge, over a socket: boto3 and the AWS command line."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from pelton import streams, tables
from pelton.clock import SystemClock
from pelton.operations import Access, Operation
from pelton.server import Credential, Dispatcher, ServerOptions, serve
from pelton.storage.drivers import ThreadDriver
from pelton.storage.engine import Storage
from pelton.tables import TableOptions

ONE_TRY = Config(retries={"total_max_attempts": 1})


def invoked(body: Any, _context: Any) -> Callable[[], Any]:
    async def call() -> Any:
        answer = b'{"echo":%b}' % body["Payload"]
        return {"StatusCode": 200, "Payload": answer, "ExecutedVersion": "$LATEST", "LogResult": "bG9n"}

    return call


def services() -> Mapping[str, Mapping[str, Operation]]:
    return {
        "DynamoDB_20120810": tables.operations(TableOptions(random=Random(1))),
        "DynamoDBStreams_20120810": streams.operations(),
        "lambda": {"Invoke": Operation(name="Invoke", access=Access.CALL, prepare=invoked)},
    }


def served(tmp_path: Path, act: Callable[[str], Any], **options: Any) -> Any:
    """What ``act`` returns: called in a thread with the URL of a server."""

    async def run() -> Any:
        with closing(Storage.open(tmp_path / "data", clock=SystemClock(), driver=ThreadDriver())) as storage:
            given = ServerOptions(port=0, **options)
            dispatcher = Dispatcher(services(), storage, given, clock=SystemClock(), random=Random(1))
            server = await serve(dispatcher, given)
            try:
                return await asyncio.to_thread(act, f"http://127.0.0.1:{server.port}")
            finally:
                await server.close(grace_s=0.5)

    return asyncio.run(run())


def client(name: str, url: str, secret: str = "any", region: str = "us-east-1") -> Any:
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": secret}
    return boto3.session.Session(region_name=region, **keys).client(name, endpoint_url=url, config=ONE_TRY)


def create_orders(url: str, **more: Any) -> Any:
    with closing(client("dynamodb", url)) as database:
        return database.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )


def test_boto3_stores_and_reads_an_item(tmp_path: Path) -> None:
    def act(url: str) -> Any:
        create_orders(url)
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
        with closing(client("dynamodb", url)) as database:
            table = boto3.session.Session(**keys).resource("dynamodb", endpoint_url=url).Table("orders")
            table.put_item(Item={"pk": "é", "total": Decimal("1.5"), "tags": {"a", "b"}, "raw": b"\x00\xff"})
            database.get_waiter("table_exists").wait(TableName="orders")
            item = table.get_item(Key={"pk": "é"})["Item"]
            table.meta.client.close()
            return item

    item = served(tmp_path, act)

    assert item == {"pk": "é", "total": Decimal("1.5"), "tags": {"a", "b"}, "raw": item["raw"]}
    assert bytes(item["raw"]) == b"\x00\xff"


def test_boto3_sees_the_services_exceptions(tmp_path: Path) -> None:
    def act(url: str) -> Any:
        with closing(client("dynamodb", url)) as database:
            with pytest.raises(database.exceptions.ResourceNotFoundException) as missing:
                database.get_item(TableName="nothing", Key={"pk": {"S": "a"}})
            with pytest.raises(ClientError) as invalid:
                database.list_tables(Limit=100, ExclusiveStartTableName="a;b")
            return missing.value.response, invalid.value.response

    missing, invalid = served(tmp_path, act)

    assert missing["Error"]["Message"] == "Requested resource not found"
    assert len(missing["ResponseMetadata"]["RequestId"]) == 52
    assert missing["ResponseMetadata"]["HTTPHeaders"]["x-amz-crc32"].isdigit()
    assert invalid["Error"]["Code"] == "ValidationException"


def test_a_stream_is_read_through_the_same_port(tmp_path: Path) -> None:
    def act(url: str) -> Any:
        view = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
        arn = create_orders(url, StreamSpecification=view)["TableDescription"]["LatestStreamArn"]
        with closing(client("dynamodb", url)) as database, closing(client("dynamodbstreams", url)) as reader:
            database.put_item(TableName="orders", Item={"pk": {"S": "a"}})
            (shard,) = reader.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
            iterator = reader.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            return reader.get_records(ShardIterator=iterator)["Records"]

    (record,) = served(tmp_path, act)

    assert record["dynamodb"]["NewImage"] == {"pk": {"S": "a"}}


def test_boto3_invokes_a_function(tmp_path: Path) -> None:
    def act(url: str) -> Any:
        with closing(client("lambda", url)) as functions:
            answer = functions.invoke(FunctionName="f", Payload=b'{"a":1}')
            return answer["StatusCode"], answer["Payload"].read(), answer["ExecutedVersion"], answer["LogResult"]

    assert served(tmp_path, act) == (200, b'{"echo":{"a":1}}', "$LATEST", "bG9n")


def test_regions_and_accounts_are_kept_apart_and_signatures_are_verified(tmp_path: Path) -> None:
    credential = Credential(key="AKIDEXAMPLE", secret="right", account="111111111111")

    def act(url: str) -> Any:
        with closing(client("dynamodb", url, "wrong")) as wrong, pytest.raises(ClientError) as refused:
            wrong.list_tables()
        with closing(client("dynamodb", url, "right", "eu-west-1")) as right:
            arn = right.create_table(
                TableName="orders",
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )["TableDescription"]["TableArn"]
        return refused.value.response["Error"]["Code"], arn

    code, arn = served(tmp_path, act, credentials={credential.key: credential})

    assert code == "InvalidSignatureException"
    assert arn == "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"


@pytest.mark.parametrize("service", ["s3", "sns", "ssm", "sts"])
def test_boto3_is_told_which_service_is_missing_and_what_to_install(tmp_path: Path, service: str) -> None:
    call = {"s3": "list_buckets", "sns": "list_topics", "ssm": "describe_parameters", "sts": "get_caller_identity"}

    def act(url: str) -> Any:
        with closing(client(service, url)) as other, pytest.raises(ClientError) as refused:
            getattr(other, call[service])()
        return refused.value.response["Error"]

    error = served(tmp_path, act)

    assert error["Code"] == "ServiceNotOffered"
    assert f"service: {service}." in error["Message"]
    assert "pelton[aws]" in error["Message"]


def test_the_command_line_lists_tables(tmp_path: Path) -> None:
    def act(url: str) -> Any:
        create_orders(url)
        command = [sys.executable, "-m", "awscli", "dynamodb", "list-tables", "--endpoint-url", url]
        environment = {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
            "HOME": str(tmp_path),
        }
        done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)

    assert served(tmp_path, act) == {"TableNames": ["orders"]}
