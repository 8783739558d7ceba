"""A project whose one reaction writes down the key of every record it is given."""

COUNTING_PROJECT = """
service: counting
provider: {name: aws, runtime: python3.11}
functions:
  write_down:
    handler: app.write_down
    events:
      - stream: {type: dynamodb, arn: !GetAtt Things.StreamArn, batchSize: 100}
resources:
  Resources:
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: things
        BillingMode: PAY_PER_REQUEST
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
"""

COUNTING_HANDLERS = """
from pathlib import Path

def write_down(event, context):
    with (Path(__file__).parent / "seen").open("a") as file:
        for record in event["Records"]:
            file.write(record["dynamodb"]["Keys"]["id"]["S"] + "\\n")
"""
