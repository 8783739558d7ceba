"""DynamoDB Streams: the API over the log."""
