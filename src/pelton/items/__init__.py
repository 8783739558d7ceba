"""Attribute values, numbers, keys, sizes and comparison: pure functions on wire JSON.

What other rooms import (values given to anything but ``canonical.py`` are canonical):

``pelton.items.values``
    canonical_item(item) -> Item; canonical_value(value) -> AttributeValue: valid and canonical, or
        ValidationFailed; the very same object when it was canonical already
    measured_item(item) -> (canonical Item, size); measured_value(value) -> (canonical value, size)
    item_size(item), value_size(value): bytes as DynamoDB counts them, for SizeBytes and capacity too
    check_nesting(item): NestedTooDeep; canonical_item checks it as well
    equal(a, b), items_equal(a, b) -> bool; compare(a, b) -> int for two S, N or B
    kind_of(value) -> its type letters; ITEM_SIZE_MAX
``pelton.items.numbers``
    canonical_number(text), add(a, b), subtract(a, b) -> str; encode_number(text) -> bytes; number_size(text)
``pelton.items.keys``
    storage_key(schema, item), key_of(schema, item), key_hash(storage_key)
    index_key(index_schema, table_schema, item) -> bytes | None (None: the index does not hold the item)
    partition_range(schema, values), sort_range(schema, equal_values, operator, operands) -> KeyRange(lower, upper)
    after_prefix(prefix) -> bytes | None
``pelton.items.key_checks``
    check_key(schema, key): of Get, Update, Delete and batches; check_put_key(schema, item): of PutItem
    check_index_keys(indexes, item), in the service's words and order
"""
