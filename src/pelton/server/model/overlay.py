"""What the services do and their models do not say: orders, bounds and texts. Kept by hand, applied by ``compile``.

Keys are shape names, and ``Shape.Member`` for members. Source: recorded answers of the real services.
"""

from __future__ import annotations

from typing import Any

_TABLE_NAME_REQUIRED = "The parameter 'TableName' is required but was not present in the request"
_TABLE_NAME_LENGTH = "TableName must be at least 3 characters long and at most 255 characters long"
_LIMIT_100 = "One or more parameter values were invalid: Limit cannot be greater than the maximum"

#: Sets of enum values are printed in the order of the service's own hash sets.
ENUM_ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "dynamodb": {
        "ScalarAttributeType": ("B", "N", "S"),
        "ProjectionType": ("ALL", "INCLUDE", "KEYS_ONLY"),
        "ReturnValue": ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
        "ConditionalOperator": ("OR", "AND"),
        "Select": ("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"),
        "ComparisonOperator": (
            *("IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT"),
            *("NOT_NULL", "NE", "LE", "BEGINS_WITH", "GE", "CONTAINS"),
        ),
    },
    "dynamodbstreams": {},
    "lambda": {"EventSourcePosition": ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON")},
    "sqs": {},
}

#: Members in the order of the service's checks; those not named follow in the model's order.
MEMBER_ORDERS: dict[str, dict[str, tuple[str, ...]]] = {
    "dynamodb": {
        "PutItemInput": (
            "Item",
            "ReturnConsumedCapacity",
            "TableName",
            "ConditionalOperator",
            "Expected",
            "ReturnValues",
            "ReturnItemCollectionMetrics",
        ),
        "UpdateItemInput": (
            "ReturnConsumedCapacity",
            "TableName",
            "ReturnItemCollectionMetrics",
            "ReturnValues",
            "Key",
        ),
        "DeleteItemInput": (
            "ReturnConsumedCapacity",
            "TableName",
            "ReturnValues",
            "ReturnItemCollectionMetrics",
            "Key",
        ),
        "GetItemInput": ("Key", "ReturnConsumedCapacity", "AttributesToGet", "TableName"),
        "QueryInput": (
            "Select",
            "IndexName",
            "ReturnConsumedCapacity",
            "QueryFilter",
            "TableName",
            "ConditionalOperator",
            "AttributesToGet",
            "Limit",
            "KeyConditions",
        ),
        "ScanInput": (
            "Select",
            "IndexName",
            "TotalSegments",
            "ReturnConsumedCapacity",
            "TableName",
            "ConditionalOperator",
            "ScanFilter",
            "Segment",
            "Limit",
            "AttributesToGet",
        ),
        "CreateTableInput": (
            "TableName",
            "BillingMode",
            "ProvisionedThroughput",
            "KeySchema",
            "AttributeDefinitions",
            "LocalSecondaryIndexes",
            "GlobalSecondaryIndexes",
        ),
        "UpdateTableInput": (
            "TableName",
            "BillingMode",
            "ProvisionedThroughput",
            "AttributeDefinitions",
            "GlobalSecondaryIndexUpdates",
        ),
        "ProvisionedThroughput": ("WriteCapacityUnits", "ReadCapacityUnits"),
        "GlobalSecondaryIndex": ("KeySchema", "Projection", "IndexName", "ProvisionedThroughput"),
        "CreateGlobalSecondaryIndexAction": ("KeySchema", "Projection", "IndexName", "ProvisionedThroughput"),
    },
    "dynamodbstreams": {},
    "lambda": {},
    "sqs": {},
}

#: A table is named by its name or its ARN: an ARN is long and follows no pattern here. Empty, only that is reported.
_NAME_OR_ARN = {
    "type": "string",
    "min": 1,
    "max": 255,
    "pattern": "[a-zA-Z0-9_.-]+",
    "arn_max": 1024,
}

#: Shapes that are added or replaced.
SHAPES: dict[str, dict[str, dict[str, Any]]] = {
    "dynamodb": {
        "TableArn": _NAME_OR_ARN,
        "ControlTableName": {**_NAME_OR_ARN, "min": 3},
        "TableKeySchema": {"type": "list", "member": "KeySchemaElement", "min": 1, "max": 2},
        "QueryLimit": {"type": "integer", "min": 1, "unnamed": ["min"]},
        "AttributeNameList": {"type": "list", "member": "AttributeName", "min": 1, "max": 255},
        "BatchGetKeyList": {"type": "list", "member": "Key", "min": 1, "max": 100, "unnamed": ["max"]},
        # Names of attributes are checked with their values, in their own order and words.
        "AttributeName": {"type": "string"},
    },
    "dynamodbstreams": {
        # An ARN that is no ARN is a stream that does not exist.
        "StreamArn": {"type": "string"},
        # The operation says itself what is wrong with an iterator.
        "ShardIterator": {"type": "string", "min": 1, "max": 2048},
        "GetRecordsLimit": {"type": "integer", "min": 1, "max": 1000},
    },
    "lambda": {
        # The model's bounds are those of durable functions and managed instances, which are not served here.
        "Timeout": {"type": "integer", "min": 1, "max": 900},
        "MemorySize": {"type": "integer", "min": 128, "max": 10240},
        # An unknown one is told with another code than the model's constraints.
        "Runtime": {"type": "string"},
    },
    "sqs": {
        # The operations say themselves which names there are.
        "QueueAttributeName": {"type": "string"},
        "MessageSystemAttributeName": {"type": "string"},
        "MessageSystemAttributeNameForSends": {"type": "string"},
    },
}

#: Members given another shape.
MEMBER_SHAPES: dict[str, dict[str, str]] = {
    "dynamodb": {
        "CreateTableInput.TableName": "TableName",
        "CreateTableInput.KeySchema": "TableKeySchema",
        "LocalSecondaryIndex.KeySchema": "TableKeySchema",
        "DescribeTableInput.TableName": "ControlTableName",
        "DeleteTableInput.TableName": "ControlTableName",
        "UpdateTableInput.TableName": "ControlTableName",
        "DescribeTimeToLiveInput.TableName": "ControlTableName",
        "QueryInput.Limit": "QueryLimit",
        "KeysAndAttributes.Keys": "BatchGetKeyList",
    },
    "dynamodbstreams": {"GetRecordsInput.Limit": "GetRecordsLimit"},
    "lambda": {},
    "sqs": {},
}

#: Violations with a text of their own, by constraint: reported alone, before the list of all others.
TEXTS: dict[str, dict[str, dict[str, str]]] = {
    "dynamodb": {
        "CreateTableInput.TableName": {"required": _TABLE_NAME_REQUIRED},
        **{
            f"{operation}Input.TableName": {
                "required": _TABLE_NAME_REQUIRED,
                "min": _TABLE_NAME_LENGTH,
                "max": _TABLE_NAME_LENGTH,
            }
            for operation in ("DescribeTable", "DeleteTable", "UpdateTable", "DescribeTimeToLive")
        },
        **{
            f"{operation}Input.ResourceArn": {"required": "Invalid TableArn"}
            for operation in ("TagResource", "UntagResource", "ListTagsOfResource")
        },
        "BatchGetItemInput.RequestItems": {
            "required": "The requestItems parameter is required for BatchGetItem",
            "min": "The requestItems parameter is required for BatchGetItem",
        },
        "BatchWriteItemInput.RequestItems": {
            "required": "The requestItems parameter is required for BatchWriteItem",
            "min": "The requestItems parameter is required for BatchWriteItem",
        },
    },
    "dynamodbstreams": {
        "ListStreamsInput.Limit": {"max": f"{_LIMIT_100} allowed size: 100"},
        "DescribeStreamInput.StreamArn": {"required": "Invalid StreamArn"},
        "DescribeStreamInput.Limit": {"max": f"{_LIMIT_100}: 100"},
        "GetShardIteratorInput.StreamArn": {"required": "Invalid StreamArn"},
        "GetShardIteratorInput.ShardId": {"required": "No ShardId specified."},
        "GetShardIteratorInput.ShardIteratorType": {
            "required": "Invalid ShardIteratorType.",
            "enum": "Invalid ShardIteratorType.",
        },
        "GetRecordsInput.ShardIterator": {
            "required": "Invalid ShardIterator",
            "min": "Invalid ShardIterator",
            "max": "Invalid ShardIterator",
        },
        "GetRecordsInput.Limit": {
            "max": "One or more parameter values were invalid: Limit should be less than or equal to 1000"
        },
    },
    "lambda": {},
    "sqs": {},
}

#: Members whose violations are reported alone, the others' left out.
ALONE: dict[str, dict[str, tuple[str, ...]]] = {
    "dynamodb": {"PutItemInput": ("TableName",), "UpdateItemInput": ("ReturnValues",)},
    "dynamodbstreams": {},
    "lambda": {},
    "sqs": {},
}

#: Services that say in words of their own what is missing: their operations do, not the model.
REQUIRED_BY_OPERATIONS = frozenset({"sqs"})
