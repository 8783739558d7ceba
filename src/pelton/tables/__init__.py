"""DynamoDB: one module per family of operations."""
