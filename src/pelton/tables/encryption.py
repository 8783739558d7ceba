"""SSESpecification: which key a table says it is encrypted with. Kept and shown, without effect.

Pelton encrypts nothing: the disk that holds the data folder may. The setting is kept so that templates deploy and tools
which compare it (Terraform) see what they set; ``docs/reference/compatibility.md`` says so.
Source: DynamoDB API reference, SSESpecification and SSEDescription; recorded texts.
"""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from pelton.errors import ValidationFailed
from pelton.operations import JsonObject, RequestContext
from pelton.tables.errors import invalid_parameter


def encryption_key(specification: JsonObject | None, context: RequestContext) -> str | None:
    """ARN of the key that a request names; None: the service's own key, which no description shows.

    Raises:
        ValidationFailed: a key or a type is named and encryption with it is not asked for, or the type is not KMS.
    """
    if specification is None:
        return None
    if not specification.get("Enabled"):
        for member in ("KMSMasterKeyId", "SSEType"):
            if specification.get(member) is not None:
                raise invalid_parameter(f"{member} cannot be specified when SSESpecification is not enabled")
        return None
    if specification.get("SSEType") not in (None, "KMS"):
        raise invalid_parameter(f"Unsupported SSEType: {specification['SSEType']}, the supported one is KMS")
    return _key_arn(specification.get("KMSMasterKeyId"), context)


def change_encryption(definition: JsonObject, specification: JsonObject, context: RequestContext) -> None:
    """Change a definition's key to what an UpdateTable request says.

    Raises:
        ValidationFailed: it is that key already.
    """
    key = encryption_key(specification, context)
    if key == definition.get("EncryptionKey"):
        raise invalid_parameter(
            "Table is already encrypted by default"
            if key is None
            else "Table is already encrypted by given KMSMasterKeyId"
        )
    definition.pop("EncryptionKey", None)
    if key is not None:
        definition["EncryptionKey"] = key


def encryption_description(key: str | None, status: str = "ENABLED") -> JsonObject | None:
    """SSEDescription; None for the service's own key."""
    return None if key is None else {"Status": status, "SSEType": "KMS", "KMSMasterKeyArn": key}


def _key_arn(key_id: str | None, context: RequestContext) -> str:
    """A key is named by its ARN, its id or an alias; none is the account's key for DynamoDB."""
    prefix = f"arn:aws:kms:{context.region}:{context.account}:"
    if key_id is None:
        return f"{prefix}key/{uuid5(NAMESPACE_URL, f'{prefix}alias/aws/dynamodb')}"
    if not key_id:
        raise ValidationFailed("One or more parameter values were invalid: KMSMasterKeyId must not be empty")
    if key_id.startswith("arn:"):
        return key_id
    return prefix + (key_id if key_id.startswith("alias/") else f"key/{key_id}")
