"""Queues: the place of the SQS subset."""
