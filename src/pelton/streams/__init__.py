"""DynamoDB Streams: the API over the change log, iterators, and the JSON of stream records."""

from pelton.streams.numbers import parse_number, wire_number
from pelton.streams.service import operations

__all__ = ["operations", "parse_number", "wire_number"]
