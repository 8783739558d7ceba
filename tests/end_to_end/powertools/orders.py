"""Parser: a message's body is a model before the handler sees it."""

from __future__ import annotations

import boto3
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.envelopes import SqsEnvelope
from aws_lambda_powertools.utilities.typing import LambdaContext

done = boto3.resource("dynamodb").Table("done")


class Parcel(BaseModel):
    """What a message says."""

    id: int
    weights: list[int]


@event_parser(model=Parcel, envelope=SqsEnvelope)
def handler(event: list[Parcel], context: LambdaContext) -> None:
    for parcel in event:
        done.put_item(Item={"id": f"parcel {parcel.id}", "weight": sum(parcel.weights)})
