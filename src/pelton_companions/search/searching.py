"""One search: parameters to a response, over the engine's candidates and the store's records.

Parameters that cannot change what is found here (analytics and the like) are passed over; others
that are not supported are refused by name rather than ignored.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
import tantivy

from pelton_companions.messages import JsonObject
from pelton_companions.search.engine import Engine
from pelton_companions.search.filtering import filter_query
from pelton_companions.search.filters import AllOf, Filter, parse_facet_filters, parse_filters, parse_numeric_filters
from pelton_companions.search.highlight import Tags, highlight
from pelton_companions.search.query import Query, parse_query
from pelton_companions.search.ranking import Hit, Matcher, rank
from pelton_companions.search.records import attribute_names, chosen_attributes, searchable_texts, value_at
from pelton_companions.search.store import IndexRow, Store

#: Candidates that are ranked by the exact rule, and the deepest hit that can be paged to.
CANDIDATES, PAGINATION_LIMIT = 200, 1000

SUPPORTED = frozenset(
    {
        "query", "hitsPerPage", "page", "facets", "filters", "facetFilters", "numericFilters", "maxValuesPerFacet",
        "attributesToRetrieve", "attributesToHighlight", "highlightPreTag", "highlightPostTag", "typoTolerance",
        "queryType", "offset", "length", "attributesToSnippet",
    }
)  # fmt: skip
#: Parameters without an effect on what a search finds, or that this companion's answers satisfy anyway.
PASSED_OVER = frozenset(
    {
        "analytics", "analyticsTags", "clickAnalytics", "userToken", "enablePersonalization", "enableRules",
        "ruleContexts", "synonyms", "enableABTest", "percentileComputation", "indexName", "type", "responseFields",
        "getRankingInfo", "tagFilters", "maxFacetHits", "advancedSyntax", "replaceSynonymsInHighlight",
    }
)  # fmt: skip


class NotSupported(Exception):
    """A feature of the vendor that this companion has not; the text names it."""


class BadParameter(ValueError):
    """A parameter of the wrong type or range."""


@dataclass(frozen=True, slots=True)
class Search:
    """One request against one index; ``parameters`` are settings overlaid with the request's own."""

    index: IndexRow
    parameters: JsonObject
    sees_hidden: bool


def read_parameters(index: IndexRow, request: JsonObject) -> JsonObject:
    """The request's parameters over the index's settings; ``params`` may hold them URL-encoded.

    Raises:
        NotSupported: a parameter this companion has not.
    """
    own = {name: value for name, value in request.items() if name != "params"}
    if isinstance(request.get("params"), str):
        own = {**{name: _decoded(value) for name, value in parse_qsl(request["params"])}, **own}
    for name in own:
        if name not in SUPPORTED and name not in PASSED_OVER:
            raise NotSupported(f"The search parameter {name} is not supported by this companion")
    return {**index.settings, **own}


def search(store: Store, engine: Engine, asked: Search) -> JsonObject:
    """The response to one search.

    Raises:
        BadFilter, BadParameter: what was asked cannot be read.
    """
    started = time.perf_counter()
    parameters = asked.parameters
    query = _query(parameters)
    page, per_page = _paging(parameters)
    wanted = tantivy.Query.boolean_query(
        [
            (tantivy.Occur.Must, engine.words_query(query)),
            (tantivy.Occur.Must, filter_query(engine, _filter(parameters))),
        ]
    )
    matcher = Matcher(query)
    hits, total = _hits(store, engine, asked, matcher, wanted, min(PAGINATION_LIMIT, (page + 1) * per_page))
    shown = hits[page * per_page : (page + 1) * per_page]
    return {
        "hits": [_shown(hit, matcher, asked) for hit in shown],
        "nbHits": total,
        "page": page,
        "nbPages": -(-min(total, PAGINATION_LIMIT) // per_page) if per_page else 0,
        "hitsPerPage": per_page,
        "exhaustiveNbHits": True,
        "exhaustiveTypo": True,
        "exhaustive": {"nbHits": True, "typo": True},
        "query": str(parameters.get("query") or ""),
        "params": "",
        "index": asked.index.name,
        "renderingContent": {},
        **_facets(engine, wanted, parameters),
        "processingTimeMS": round((time.perf_counter() - started) * 1000),
    }


def _query(parameters: JsonObject) -> Query:
    tolerance = str(parameters.get("typoTolerance", "true")).lower()
    if tolerance not in {"true", "false"}:
        raise NotSupported(f"typoTolerance {tolerance} is not supported by this companion: use true or false")
    kind = parameters.get("queryType", "prefixLast")
    if kind not in {"prefixLast", "prefixNone"}:
        raise NotSupported(f"queryType {kind} is not supported by this companion: use prefixLast or prefixNone")
    text = str(parameters.get("query") or "")
    return parse_query(text, typo_tolerance=tolerance == "true", prefix=kind == "prefixLast")


def _paging(parameters: JsonObject) -> tuple[int, int]:
    if "offset" in parameters or "length" in parameters:
        raise NotSupported("offset and length are not supported by this companion: use page and hitsPerPage")
    page = _whole(parameters, "page", 0, PAGINATION_LIMIT)
    return page, _whole(parameters, "hitsPerPage", 20, PAGINATION_LIMIT)


def _whole(parameters: JsonObject, name: str, default: int, highest: int) -> int:
    value = parameters.get(name)
    value = int(value) if isinstance(value, str) and value.isdigit() else default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
        raise BadParameter(f"{name} must be a whole number from 0 to {highest}")
    return value


def _filter(parameters: JsonObject) -> Filter:
    return AllOf(
        (
            parse_filters(str(parameters.get("filters") or "")),
            parse_facet_filters(parameters.get("facetFilters")),
            parse_numeric_filters(parameters.get("numericFilters")),
        )
    )


def _hits(
    store: Store, engine: Engine, asked: Search, matcher: Matcher, wanted: tantivy.Query, deepest: int
) -> tuple[list[Hit], int]:
    limit = max(CANDIDATES, deepest)
    custom = asked.parameters.get("customRanking")
    if matcher.query.words:
        found = engine.find(wanted, limit)
    else:
        found = engine.newest(wanted, PAGINATION_LIMIT if custom else limit)
    records = store.read(asked.index.id, found.seqs)
    hits = rank(matcher, records.items(), asked.parameters)
    # The engine's candidates obey the same rule; a record changed or removed since is not a hit any more.
    return hits, len(hits) if found.total <= limit else found.total


def _shown(hit: Hit, matcher: Matcher, asked: Search) -> JsonObject:
    parameters = asked.parameters
    hidden = [] if asked.sees_hidden else parameters.get("unretrievableAttributes") or []
    wanted = _names(parameters.get("attributesToRetrieve", ["*"]))
    shown = chosen_attributes(hit.record, wanted, hidden)
    marked = {}
    tags = Tags(parameters.get("highlightPreTag", "<em>"), parameters.get("highlightPostTag", "</em>"))
    for name in _highlighted(hit.record, parameters):
        if name not in hidden and (result := highlight(value_at(hit.record, name), matcher, tags)) is not None:
            marked[name] = result
    return {**shown, "_highlightResult": marked}


def _highlighted(record: JsonObject, parameters: JsonObject) -> list[str]:
    names = parameters.get("attributesToHighlight")
    if names is not None:
        listed = _names(names)
        return [name for name in record if name != "objectID"] if "*" in listed else listed
    searched = {name.split(".")[0] for name, _ in searchable_texts(record, parameters)}
    return [name for name in record if name in searched]


def _facets(engine: Engine, wanted: tantivy.Query, parameters: JsonObject) -> JsonObject:
    names = _names(parameters.get("facets") or [])
    allowed = attribute_names(parameters.get("attributesForFaceting") or [])
    names = allowed if "*" in names else [name for name in names if name in allowed]
    if not names:
        return {}
    size = _whole(parameters, "maxValuesPerFacet", 100, PAGINATION_LIMIT)
    terms = {f"t{at}": {"terms": {"field": f"f.{name}", "size": size}} for at, name in enumerate(names)}
    stats = {f"s{at}": {"stats": {"field": f"f.{name}"}} for at, name in enumerate(names)}
    found = engine.aggregate(wanted, {**terms, **stats})
    counts, numbers = {}, {}
    for at, name in enumerate(names):
        counts[name] = {_facet_text(each): each["doc_count"] for each in found[f"t{at}"]["buckets"]}
        if found[f"s{at}"]["count"]:
            numbers[name] = {key: found[f"s{at}"][key] for key in ("min", "max", "avg", "sum")}
    return {"facets": counts, "exhaustiveFacetsCount": True, **({"facets_stats": numbers} if numbers else {})}


def _facet_text(bucket: JsonObject) -> str:
    key = bucket.get("key_as_string", bucket["key"])
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return [str(name) for name in value or []]


def _decoded(text: str) -> Any:
    """A URL-encoded parameter: JSON where it reads as a list or number, else the text."""
    if text[:1] in {"[", "{"}:
        return orjson.loads(text)
    return text
