"""Names the Serverless Framework and CloudFormation would generate; the same input gives the same name for ever.

Source: Serverless Framework, ``lib/plugins/aws/lib/naming.js``; CloudFormation user guide, Name type.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid

#: Fixed root of the made-up ids: never change it, or every generated name changes.
_NAMESPACE = uuid.UUID("6f6e2e54-1f0d-5a57-9d7b-70656c746f6e")


_FUNCTION_ARN = re.compile(r"(?:arn:aws[a-z-]*:lambda:[^:]*:)?(?:\d{12}:)?(?:function:)?([A-Za-z0-9_-]+)(?::[\w$-]+)?")


def function_name_in(text: str) -> str:
    """The bare name in a function's ARN, partial ARN or name; other text as it is."""
    match = _FUNCTION_ARN.fullmatch(text)
    return match[1] if match else text


def normalised(key: str) -> str:
    """A key as part of a logical id: ``create-user`` becomes ``CreateDashuser``."""
    spelled = key.replace("-", "Dash").replace("_", "Underscore")
    return spelled[:1].upper() + spelled[1:]


def function_logical_id(key: str) -> str:
    """``create-user`` becomes ``CreateDashuserLambdaFunction``."""
    return f"{normalised(key)}LambdaFunction"


def event_invoke_logical_id(key: str) -> str:
    """``create-user`` becomes ``CreateDashuserLambdaEvConf``."""
    return f"{normalised(key)}LambdaEvConf"


def url_logical_id(key: str) -> str:
    """``create-user`` becomes ``CreateDashuserLambdaFunctionUrl``."""
    return f"{normalised(key)}LambdaFunctionUrl"


def layer_logical_id(key: str) -> str:
    """``shared`` becomes ``SharedLambdaLayer``."""
    return f"{normalised(key)}LambdaLayer"


def stream_mapping_logical_id(function_key: str, source: str) -> str:
    """Logical id of the mapping that a ``stream`` event generates."""
    return f"{normalised(function_key)}EventSourceMappingDynamodb{re.sub(r'[^A-Za-z0-9]', '', source)}"


def queue_mapping_logical_id(function_key: str, source: str) -> str:
    """Logical id of the mapping that an ``sqs`` event generates."""
    return f"{normalised(function_key)}EventSourceMappingSQS{re.sub(r'[^A-Za-z0-9]', '', source)}"


def generated_name(stack: str, logical_id: str) -> str:
    """``<stack>-<logical id>-<12 characters>``; the tail is a hash, so that a restart finds the same table."""
    digest = hashlib.sha256(f"{stack}/{logical_id}".encode()).digest()
    tail = base64.b32encode(digest).decode()[:12]
    return f"{stack}-{logical_id}-{tail}"


def generated_id(stack: str, logical_id: str) -> str:
    """Ten lower-case letters and digits, such as the id of an API."""
    digest = hashlib.sha256(f"{stack}/{logical_id}".encode()).hexdigest()
    return digest[:10]


def stack_id(region: str, account: str, stack: str) -> str:
    """The stack's ARN; templates cut suffixes from its UUID, so it has five groups and stays the same."""
    return f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/{uuid.uuid5(_NAMESPACE, stack)}"
