"""Attribute values, numbers, keys, sizes and comparison: pure functions on wire JSON."""
