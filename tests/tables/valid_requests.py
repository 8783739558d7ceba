"""A valid request for every operation of DynamoDB and its streams: what malformed ones are made of.

They run in order on a fresh server, and each succeeds, but those in ``REFUSED``, which name what one machine cannot do.
"""

from __future__ import annotations

import json
from typing import Any

from .test_reference import TABLE
from .wire import Wire

Json = dict[str, Any]
Request = tuple[str, Json]

NAME = {"TableName": "the"}
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
ITEM = {
    **KEY,
    "g": {"S": "x"},
    "l": {"B": "AA=="},
    "n": {"N": "12.50"},
    "things": {"L": [{"S": "x"}, {"M": {"deep": {"BOOL": True}}}]},
    "set": {"NS": ["1", "2"]},
    "nil": {"NULL": True},
}
NAMES = {"ExpressionAttributeNames": {"#n": "n"}}
VALUES = {"ExpressionAttributeValues": {":v": {"N": "1"}, ":pk": {"S": "a"}}}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]})
UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}

#: Operations whose valid request is refused all the same: they need a service beside DynamoDB.
REFUSED = frozenset(
    (
        *("EnableKinesisStreamingDestination", "DisableKinesisStreamingDestination"),
        *("UpdateKinesisStreamingDestination", "UpdateContributorInsights", "UpdateTableReplicaAutoScaling"),
        *("ExportTableToPointInTime", "DescribeExport", "ImportTable", "DescribeImport"),
        *("CreateGlobalTable", "UpdateGlobalTable", "DescribeGlobalTable"),
        *("DescribeGlobalTableSettings", "UpdateGlobalTableSettings"),
    )
)


def valid_requests(wire: Wire) -> list[Request]:
    """The requests, and what they need made on the server: tables ``the`` and ``gone``, a backup, an iterator."""
    for name in ("the", "gone"):
        wire.call("CreateTable", {**TABLE, "TableName": name})
    table = wire.call("DescribeTable", NAME)[1]["Table"]
    arn, stream = table["TableArn"], table["LatestStreamArn"]
    spare = wire.call("CreateBackup", {**NAME, "BackupName": "spare"})[1]["BackupDetails"]["BackupArn"]
    backup = wire.call("CreateBackup", {**NAME, "BackupName": "kept"})[1]["BackupDetails"]["BackupArn"]
    shard = wire.call("DescribeStream", {"StreamArn": stream})[1]["StreamDescription"]["Shards"][0]["ShardId"]
    place = {"StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = wire.call("GetShardIterator", place)[1]["ShardIterator"]
    return [
        *_of_items(),
        *_of_statements(),
        *_of_tables(arn),
        *_of_backups(backup, spare),
        *_unavailable(arn),
        ("ListStreams", {"TableName": "the", "Limit": 5}),
        ("DescribeStream", {"StreamArn": stream, "Limit": 5}),
        ("GetShardIterator", place),
        ("GetRecords", {"ShardIterator": iterator, "Limit": 5}),
        ("DeleteTable", {"TableName": "gone"}),
    ]


def _of_items() -> list[Request]:
    put = {"Put": {**NAME, "Item": {**ITEM, "sk": {"N": "7"}}, "ConditionExpression": "attribute_not_exists(pk)"}}
    update = {
        "Update": {**NAME, "Key": {**KEY, "sk": {"N": "8"}}, "UpdateExpression": "SET #n = :v", **NAMES, **VALUES}
    }
    update["Update"]["ConditionExpression"] = "pk <> :pk OR attribute_exists(pk) OR attribute_not_exists(pk)"
    return [
        ("PutItem", {**NAME, "Item": ITEM, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"}),
        ("PutItem", {**NAME, "Item": ITEM, "Expected": {"n": {"ComparisonOperator": "NOT_NULL"}}}),
        (
            "UpdateItem",
            {
                **NAME,
                "Key": KEY,
                "UpdateExpression": (
                    "SET #n = if_not_exists(#n, :v) + :v, things[0] = :pk, things[1].deep = :v REMOVE nil ADD times :v"
                ),
                "ConditionExpression": "pk = :pk AND (size(things) > :v OR NOT contains(things, :pk))",
                "ReturnValues": "UPDATED_NEW",
                **NAMES,
                **VALUES,
            },
        ),
        (
            "UpdateItem",
            {**NAME, "Key": KEY, "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "1"}}}},
        ),
        ("GetItem", {**NAME, "Key": KEY, "ProjectionExpression": "things[0], #n", **NAMES, "ConsistentRead": True}),
        (
            "Query",
            {
                **NAME,
                "KeyConditionExpression": "pk = :pk AND sk BETWEEN :v AND :v",
                "FilterExpression": "#n > :v OR contains(n, :pk)",
                "ProjectionExpression": "pk, things[1].deep",
                "Limit": 3,
                "ExclusiveStartKey": KEY,
                **NAMES,
                **VALUES,
            },
        ),
        (
            "Query",
            {
                **NAME,
                "IndexName": "gsi",
                "KeyConditions": {"g": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "x"}]}},
                "Select": "COUNT",
            },
        ),
        (
            "Scan",
            {
                **NAME,
                "IndexName": "lsi",
                "FilterExpression": "begins_with(pk, :pk) AND sk IN (:v, :pk)",
                "Segment": 0,
                "TotalSegments": 2,
                **VALUES,
            },
        ),
        ("Scan", {**NAME, "ScanFilter": {"n": {"ComparisonOperator": "NULL"}}, "Limit": 1}),
        ("BatchGetItem", {"RequestItems": {"the": {"Keys": [KEY], "ProjectionExpression": "#n", **NAMES}}}),
        (
            "BatchWriteItem",
            {
                "RequestItems": {
                    "the": [
                        {"PutRequest": {"Item": {**ITEM, "sk": {"N": "2"}}}},
                        {"DeleteRequest": {"Key": {**KEY, "sk": {"N": "3"}}}},
                    ]
                }
            },
        ),
        ("TransactGetItems", {"TransactItems": [{"Get": {**NAME, "Key": KEY}}]}),
        ("TransactWriteItems", {"TransactItems": [put, update], "ClientRequestToken": "token"}),
        (
            "DeleteItem",
            {**NAME, "Key": {**KEY, "sk": {"N": "9"}}, "ReturnValues": "ALL_OLD", "ConditionExpression": "#n <> :v"}
            | NAMES
            | {"ExpressionAttributeValues": {":v": {"N": "1"}}},
        ),
    ]


def _of_statements() -> list[Request]:
    insert = "INSERT INTO the VALUE {'pk': ?, 'sk': 20, 'things': [1, 'x', {'deep': <<1, 2>>}]}"
    update = "UPDATE the SET n = n + 1, things[0] = ? REMOVE nil WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"
    select = (
        'SELECT pk, things[1].deep FROM "the"."lsi" WHERE pk IN [?, \'b\'] AND (size(pk) >= 1 OR NOT l IS MISSING) '
        "ORDER BY l DESC"
    )
    exists = "EXISTS(SELECT * FROM the WHERE pk = 'a' AND sk = 1 AND n > 0)"
    text = {"Parameters": [{"S": "a"}]}
    return [
        ("ExecuteStatement", {"Statement": insert, **text}),
        ("ExecuteStatement", {"Statement": update, **text, "ReturnConsumedCapacity": "TOTAL"}),
        ("ExecuteStatement", {"Statement": select, **text, "Limit": 2}),
        (
            "BatchExecuteStatement",
            {"Statements": [{"Statement": "SELECT * FROM the WHERE pk = ? AND sk = 1 AND n BETWEEN 1 AND 2", **text}]},
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": exists}, {"Statement": "DELETE FROM the WHERE pk = 'z' AND sk = 1"}]},
        ),
    ]


def _of_tables(arn: str) -> list[Request]:
    return [
        ("CreateTable", {**TABLE, "TableName": "more", "Tags": [{"Key": "k", "Value": "v"}], "ResourcePolicy": POLICY}),
        ("DescribeTable", NAME),
        ("ListTables", {"Limit": 1, "ExclusiveStartTableName": "aaa"}),
        (
            "UpdateTable",
            {
                **NAME,
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": UNITS,
                "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": UNITS}}],
            },
        ),
        (
            "UpdateTable",
            {
                "TableName": "more",
                "AttributeDefinitions": [{"AttributeName": "late", "AttributeType": "S"}],
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Create": {
                            "IndexName": "late",
                            "KeySchema": [{"AttributeName": "late", "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
                        }
                    }
                ],
            },
        ),
        ("UpdateTable", {**NAME, "StreamSpecification": {"StreamEnabled": False}}),
        ("UpdateTable", {**NAME, "SSESpecification": {"Enabled": True, "SSEType": "KMS"}}),
        ("UpdateTimeToLive", {**NAME, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "gone"}}),
        ("DescribeTimeToLive", NAME),
        ("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]}),
        ("ListTagsOfResource", {"ResourceArn": arn}),
        ("UntagResource", {"ResourceArn": arn, "TagKeys": ["k"]}),
        ("DescribeLimits", {}),
        ("DescribeEndpoints", {}),
        ("PutResourcePolicy", {"ResourceArn": arn, "Policy": POLICY, "ExpectedRevisionId": "NO_POLICY"}),
        ("GetResourcePolicy", {"ResourceArn": arn}),
        ("DeleteResourcePolicy", {"ResourceArn": arn}),
    ]


def _of_backups(backup: str, spare: str) -> list[Request]:
    enabled = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    return [
        ("CreateBackup", {**NAME, "BackupName": "nightly"}),
        ("DescribeBackup", {"BackupArn": backup}),
        ("ListBackups", {**NAME, "Limit": 2, "BackupType": "ALL", "TimeRangeLowerBound": 1}),
        ("DeleteBackup", {"BackupArn": spare}),
        (
            "RestoreTableFromBackup",
            {
                "TargetTableName": "restored",
                "BackupArn": backup,
                "BillingModeOverride": "PROVISIONED",
                "ProvisionedThroughputOverride": UNITS,
                "GlobalSecondaryIndexOverride": [],
                "LocalSecondaryIndexOverride": TABLE["LocalSecondaryIndexes"],
            },
        ),
        ("UpdateContinuousBackups", {**NAME, "PointInTimeRecoverySpecification": enabled}),
        ("DescribeContinuousBackups", NAME),
        (
            "RestoreTableToPointInTime",
            {"SourceTableName": "the", "TargetTableName": "moment", "UseLatestRestorableTime": True},
        ),
    ]


def _unavailable(arn: str) -> list[Request]:
    kinesis = {**NAME, "StreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/away"}
    precision = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    replica = {"RegionName": "eu-west-1"}
    return [
        ("EnableKinesisStreamingDestination", kinesis),
        ("DisableKinesisStreamingDestination", kinesis),
        ("UpdateKinesisStreamingDestination", {**kinesis, "UpdateKinesisStreamingConfiguration": precision}),
        ("DescribeKinesisStreamingDestination", NAME),
        ("UpdateContributorInsights", {**NAME, "ContributorInsightsAction": "ENABLE"}),
        ("DescribeContributorInsights", {**NAME, "IndexName": "gsi"}),
        ("ListContributorInsights", {**NAME, "MaxResults": 5}),
        ("DescribeTableReplicaAutoScaling", NAME),
        ("UpdateTableReplicaAutoScaling", {**NAME, "ReplicaUpdates": [replica]}),
        ("ExportTableToPointInTime", {"TableArn": arn, "S3Bucket": "bucket"}),
        ("DescribeExport", {"ExportArn": f"{arn}/export/01234567890123-a1b2c3d4"}),
        ("ListExports", {"TableArn": arn, "MaxResults": 5}),
        (
            "ImportTable",
            {
                "S3BucketSource": {"S3Bucket": "bucket"},
                "InputFormat": "DYNAMODB_JSON",
                "TableCreationParameters": {**TABLE, "TableName": "imported"},
            },
        ),
        ("DescribeImport", {"ImportArn": f"{arn}/import/01234567890123-a1b2c3d4"}),
        ("ListImports", {"TableArn": arn, "PageSize": 5}),
        ("CreateGlobalTable", {"GlobalTableName": "the", "ReplicationGroup": [replica]}),
        ("UpdateGlobalTable", {"GlobalTableName": "the", "ReplicaUpdates": [{"Create": replica}]}),
        ("DescribeGlobalTable", {"GlobalTableName": "the"}),
        ("DescribeGlobalTableSettings", {"GlobalTableName": "the"}),
        ("UpdateGlobalTableSettings", {"GlobalTableName": "the", "GlobalTableBillingMode": "PAY_PER_REQUEST"}),
        ("ListGlobalTables", {"Limit": 5, "RegionName": "us-east-1"}),
    ]
