"""What ``Ref`` and ``Fn::GetAtt`` give for each type of resource.

``{name}`` is the resource's physical name, ``{id}`` a short made-up id; the others are the run's. Host names of
APIs become the local gateway's, since handlers and tests call them. Source: CloudFormation template reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kind:
    """How resources of one type are named and referred to; every text is a format."""

    name_property: str | None
    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


_TABLE = "arn:aws:dynamodb:{region}:{account}:table/{name}"
_FUNCTION = "arn:aws:lambda:{region}:{account}:function:{name}"
_QUEUE_URL = "http://127.0.0.1:{port}/{account}/{name}"
_TOPIC = "arn:aws:sns:{region}:{account}:{name}"
_GATEWAY = "http://127.0.0.1:{http_port}"
_MACHINE = "arn:aws:states:{region}:{account}:stateMachine:{name}"
_SECRET = "arn:aws:secretsmanager:{region}:{account}:secret:{name}"
_SCHEDULE = "arn:aws:scheduler:{region}:{account}:schedule/default/{name}"
_LAYER = "arn:aws:lambda:{region}:{account}:layer:{name}:1"

TABLE_TYPES = frozenset({"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable"})
QUEUE_TYPE = "AWS::SQS::Queue"
FUNCTION_TYPES = frozenset({"AWS::Lambda::Function", "AWS::Serverless::Function"})

#: Everything not in this table gets a stable made-up name and ARN.
KINDS: Mapping[str, Kind] = {
    "AWS::DynamoDB::Table": Kind("TableName", "{name}", {"Arn": _TABLE}),
    "AWS::DynamoDB::GlobalTable": Kind("TableName", "{name}", {"Arn": _TABLE, "TableId": "{id}"}),
    "AWS::Serverless::SimpleTable": Kind("TableName", "{name}", {"Arn": _TABLE}),
    "AWS::Lambda::Function": Kind("FunctionName", "{name}", {"Arn": _FUNCTION}),
    "AWS::Serverless::Function": Kind("FunctionName", "{name}", {"Arn": _FUNCTION}),
    "AWS::Lambda::LayerVersion": Kind("LayerName", _LAYER),
    "AWS::Serverless::LayerVersion": Kind("LayerName", _LAYER),
    QUEUE_TYPE: Kind(
        "QueueName",
        _QUEUE_URL,
        {"Arn": "arn:aws:sqs:{region}:{account}:{name}", "QueueName": "{name}", "QueueUrl": _QUEUE_URL},
    ),
    "AWS::SNS::Topic": Kind("TopicName", _TOPIC, {"TopicName": "{name}", "TopicArn": _TOPIC}),
    "AWS::S3::Bucket": Kind(
        "BucketName",
        "{name}",
        {
            "Arn": "arn:aws:s3:::{name}",
            "DomainName": "{name}.s3.amazonaws.com",
            "RegionalDomainName": "{name}.s3.{region}.amazonaws.com",
            "WebsiteURL": "http://{name}.s3-website-{region}.amazonaws.com",
        },
    ),
    "AWS::Kinesis::Stream": Kind("Name", "{name}", {"Arn": "arn:aws:kinesis:{region}:{account}:stream/{name}"}),
    "AWS::Events::EventBus": Kind(
        "Name", "{name}", {"Arn": "arn:aws:events:{region}:{account}:event-bus/{name}", "Name": "{name}"}
    ),
    "AWS::Events::Rule": Kind("Name", "{name}", {"Arn": "arn:aws:events:{region}:{account}:rule/{name}"}),
    "AWS::Scheduler::Schedule": Kind("Name", "{name}", {"Arn": _SCHEDULE}),
    "AWS::StepFunctions::StateMachine": Kind("StateMachineName", _MACHINE, {"Arn": _MACHINE, "Name": "{name}"}),
    "AWS::SSM::Parameter": Kind("Name", "{name}"),
    "AWS::SecretsManager::Secret": Kind("Name", _SECRET, {"Id": _SECRET}),
    "AWS::IAM::Role": Kind("RoleName", "{name}", {"Arn": "arn:aws:iam::{account}:role/{name}", "RoleId": "AROA{id}"}),
    "AWS::Logs::LogGroup": Kind(
        "LogGroupName", "{name}", {"Arn": "arn:aws:logs:{region}:{account}:log-group:{name}:*"}
    ),
    "AWS::Cognito::UserPool": Kind(
        None,
        "{region}_{id}",
        {
            "Arn": "arn:aws:cognito-idp:{region}:{account}:userpool/{region}_{id}",
            "ProviderName": "cognito-idp.{region}.amazonaws.com/{region}_{id}",
            "ProviderURL": "https://cognito-idp.{region}.amazonaws.com/{region}_{id}",
        },
    ),
    "AWS::Cognito::UserPoolClient": Kind(None, "{id}", {"ClientId": "{id}"}),
    "AWS::ApiGateway::RestApi": Kind(None, "{id}", {"RootResourceId": "{id}", "RestApiId": "{id}"}),
    "AWS::Serverless::Api": Kind(None, "{id}", {"RootResourceId": "{id}"}),
    "AWS::ApiGatewayV2::Api": Kind(None, "{id}", {"ApiEndpoint": _GATEWAY, "ApiId": "{id}"}),
    "AWS::Serverless::HttpApi": Kind(None, "{id}", {"ApiEndpoint": _GATEWAY, "ApiId": "{id}"}),
    "AWS::Lambda::EventSourceMapping": Kind(None, "{id}", {"Id": "{id}"}),
    "AWS::KMS::Key": Kind(None, "{id}", {"Arn": "arn:aws:kms:{region}:{account}:key/{id}", "KeyId": "{id}"}),
}
