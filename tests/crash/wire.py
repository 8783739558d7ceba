"""A client that is quick and knows when an answer has not come: one keep-alive connection, no retries."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

_AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
)
_PREFIXES = {"GetRecords", "GetShardIterator", "DescribeStream"}


class Lost(Exception):
    """The connection ended before the answer: nobody knows whether the request took place."""


class Refused(Exception):
    """An answer other than 200."""


class Client:
    """Speaks DynamoDB and its streams."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def call(self, operation: str, **body: Any) -> dict[str, Any]:
        prefix = "DynamoDBStreams_20120810" if operation in _PREFIXES else "DynamoDB_20120810"
        headers = {
            "X-Amz-Target": f"{prefix}.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": _AUTHORIZATION,
            "X-Amz-Date": "20260101T000000Z",
        }
        try:
            self._connection.request("POST", "/", json.dumps(body), headers)
            response = self._connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Lost(f"{operation}: {error!r}") from error
        if response.status != http.client.OK:
            raise Refused(f"{operation}: {response.status} {answer}")
        found: dict[str, Any] = answer
        return found

    def items(self, table: str, index: str | None = None) -> list[dict[str, Any]]:
        """All items of the table, or rows of the index."""
        found: list[dict[str, Any]] = []
        request: dict[str, Any] = {"TableName": table}
        request |= {"ConsistentRead": True} if index is None else {"IndexName": index}
        while True:
            page = self.call("Scan", **request)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def records(self, stream: str, newest: dict[str, int]) -> Iterator[dict[str, Any]]:
        """Records of all shards after the newest known one of each shard; notes what is newest then."""
        for shard in self._shards(stream):
            try:
                yield from self._of_shard(stream, shard, newest)
            except Refused as error:
                if "Shard does not exist" not in str(error):
                    raise  # One that was read to its end before may be trimmed away while this goes on.

    def _of_shard(self, stream: str, shard: str, newest: dict[str, int]) -> Iterator[dict[str, Any]]:
        iterator: str | None = self._iterator(stream, shard, newest.get(shard))
        while iterator is not None:
            page = self.call("GetRecords", ShardIterator=iterator)
            for record in page["Records"]:
                newest[shard] = int(record["dynamodb"]["SequenceNumber"])
                yield record
            iterator = page.get("NextShardIterator") if page["Records"] else None

    def _iterator(self, stream: str, shard: str, after: int | None) -> str:
        place: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": str(after)}
        try:
            answer = self.call("GetShardIterator", StreamArn=stream, ShardId=shard, **place)
        except Refused as error:
            if "TrimmedDataAccessException" not in str(error):
                raise
            answer = self.call(
                "GetShardIterator", StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
            )  # What was read last has been trimmed meanwhile.
        return str(answer["ShardIterator"])

    def _shards(self, stream: str) -> list[str]:
        found: list[str] = []
        start: dict[str, str] = {}
        while True:
            page = self.call("DescribeStream", StreamArn=stream, **start)["StreamDescription"]
            found += [shard["ShardId"] for shard in page["Shards"]]
            if "LastEvaluatedShardId" not in page:
                return found
            start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
