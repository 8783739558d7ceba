"""The five expression languages: lexer, parser, evaluation.

What other rooms import:

``pelton.expressions.parameters``
    Parameters(names, values): ExpressionAttributeNames and -Values of one request with use tracking;
        built by ``parameters(...)`` after its checks; ``check_all_used()`` once everything is parsed
``pelton.expressions.cache``
    ExpressionCache(entries_max): parse results by text; one per server, handed in by the caller
``pelton.expressions.condition``
    parse_condition(text, params, ConditionKind, cache) -> Condition; Condition(item | None) -> bool
``pelton.expressions.update``
    parse_update(text, params, cache) -> Update; Update.apply(item) -> Item
``pelton.expressions.projection``
    parse_projection(text, params, cache) -> Projection; Projection(item) -> Item
``pelton.expressions.key_condition``
    parse_key_condition(text, params, cache) -> KeyConditions; then .bind(schema) -> KeyCondition
"""
