"""The five expression languages: lexer, parser, evaluation.

A text is parsed to a tree that holds no parameters (kept in an ``ExpressionCache``), then bound to the
request's ``Parameters``: static checks in the service's order, and a callable. What other rooms import:

``pelton.expressions.faults``
    ExpressionKind (CONDITION, FILTER, KEY_CONDITION, UPDATE, PROJECTION)
    ExpressionFault(ValidationFailed): every fault that needs no item; ``tables`` may put it in the envelope
        « 1 validation error detected: » together with ``items.values.ImpossibleContent``
``pelton.expressions.parameters``, in this order:
    check_not_mixed(legacy, expressions): members by name, None where absent
    check_needed(names, values, expressions): ExpressionAttributeNames and -Values need an expression
    parameters(names, values, ContentFaults.WRAPPED | BARE) -> Parameters: checked, values canonical; UpdateItem: BARE
    check_sizes({kind: text | None}); then parse_... in the order Update, Condition, KeyCondition, Filter, Projection
    Parameters.check_all_used()
``pelton.expressions.cache``
    ExpressionCache(entries_max): trees by text, what is bound by text and names; one per server, for every parse_...
``pelton.expressions.condition``
    parse_condition(text, parameters, kind, cache=None) -> Condition; Condition(item | None) -> bool
    Condition.paths, .attributes (top-level names); ALWAYS
``pelton.expressions.update``
    parse_update(text, parameters, cache=None) -> Update; NO_UPDATE
    Update.apply(before) -> after; .updated_old(before), .updated_new(before) -> fragments (both from the item *before*)
    Update.attributes, .paths; .check_keys(schema) after the table lookup; .creates
``pelton.expressions.projection``
    parse_projection(text, parameters, cache=None) -> Projection; projection_of(names); Projection(item) -> Item
    Projection.paths, .attributes
``pelton.expressions.paths``
    check_scalar_keys(paths, schema, "Key" | "IndexKey") for projections, after the table lookup
``pelton.expressions.key_condition``
    parse_key_condition(text, parameters, cache=None) -> KeyConditions, before the table lookup
    KeyConditions.bind(schema) -> KeyCondition; KeyCondition.range() -> KeyRange(lower, upper)
    KeyCondition.partition() -> KeyRange; .partition_values, .has_sort_condition, .operator, .operands
``pelton.expressions.legacy_conditions`` and ``legacy_updates``: the parameters before expressions, as the same values
    expected_condition, filter_condition -> Condition; key_conditions -> KeyConditions; attribute_updates -> Update
"""
