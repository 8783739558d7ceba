"""The one representation of data: an attribute value stays wire JSON from the socket to the disk and back."""

from __future__ import annotations

from typing import Any

#: ``{"S": "x"}``: exactly one member, its type letter. Source: DynamoDB API reference, AttributeValue.
AttributeValue = dict[str, Any]
#: Attribute name to value: an item, a key, or an image of a stream record.
Item = dict[str, AttributeValue]
