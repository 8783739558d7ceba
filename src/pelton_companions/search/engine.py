"""The tantivy index of one Algolia index: words under their first letter, facets, a sequence number.

A word ``lovelace`` is stored as the term ``ovelace`` under the path ``w.l``: the first letter must
be right, and tantivy's fuzzy automaton then checks only the rest. What is found is a candidate; the
exact rule is ``typos``. Nothing here is the truth: a lost or broken folder is read anew from the store.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tantivy

from pelton_companions.messages import JsonObject
from pelton_companions.search.query import Query, QueryWord
from pelton_companions.search.records import facet_values, searchable_words
from pelton_companions.search.typos import skeletons

#: What a word adds to a candidate's score, by how it was found; only the order matters.
EXACT_SCORE, PREFIX_SCORE, ONE_TYPO_SCORE, TWO_TYPOS_SCORE = 12.0, 9.0, 4.0, 1.0
#: Memory of the writer before it spills; tantivy's smallest.
WRITER_BYTES = 15_000_000


def _make_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("seq", stored=True, indexed=True, fast=True)
    builder.add_json_field("w", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("m", tokenizer_name="raw", index_option="basic")
    builder.add_json_field("f", tokenizer_name="raw", index_option="basic", fast=True)
    return builder.build()


@dataclass(frozen=True, slots=True)
class Candidates:
    """Sequence numbers of the best records found, and how many there are in all."""

    seqs: list[int]
    total: int


class Engine:
    """One index folder. Writing and searching may happen in different threads; two writers may not."""

    def __init__(self, folder: Path) -> None:
        self.schema = _make_schema()
        self.was_made_anew = not self._open(folder)
        self._writer: tantivy.IndexWriter | None = None
        self._searcher = self.index.searcher()

    def _open(self, folder: Path) -> bool:
        """Open the folder; False when there was nothing usable and it was made anew."""
        try:
            if folder.exists() and tantivy.Index.exists(str(folder)):
                self.index = tantivy.Index(self.schema, path=str(folder), reuse=True)
                self.index.reload()
                return True
        except ValueError:
            # Another version's format or a broken folder: the store has everything.
            pass
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.index = tantivy.Index(self.schema, path=str(folder), reuse=False)
        return False

    def apply(self, changed: Sequence[int], records: Iterable[tuple[int, JsonObject]], settings: JsonObject) -> None:
        """Replace changed records by what they are now; a changed one that is not given is gone."""
        writer = self._open_writer()
        for seq in changed:
            writer.delete_documents_by_term("seq", seq)
        for seq, record in records:
            writer.add_document(self._document(seq, record, settings))

    def forget_all(self) -> None:
        """Remove every record, before all are read anew."""
        self._open_writer().delete_all_documents()

    def commit(self) -> None:
        """Make what was applied durable and visible to searches."""
        self._open_writer().commit()
        self.index.reload()
        self._searcher = self.index.searcher()

    def close(self) -> None:
        """Let merges end and release the folder."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def find(self, query: tantivy.Query, limit: int) -> Candidates:
        """The best candidates, at most ``limit``; without scores the newest first."""
        searcher = self._searcher
        result = searcher.search(query, limit, count=True)
        return Candidates([searcher.doc(address)["seq"][0] for _, address in result.hits], _count(result))

    def newest(self, query: tantivy.Query, limit: int) -> Candidates:
        """The newest records of a query without words."""
        result = self._searcher.search(query, limit, count=True, order_by_field="seq")
        searcher = self._searcher
        return Candidates([searcher.doc(address)["seq"][0] for _, address in result.hits], _count(result))

    def aggregate(self, query: tantivy.Query, wanted: JsonObject) -> JsonObject:
        """Facet counts and statistics over everything the query finds."""
        found: JsonObject = self._searcher.aggregate(query, wanted)
        return found

    # Queries

    def words_query(self, query: Query) -> tantivy.Query:
        """Every word required; a short word may hold the only typo."""
        if not query.words:
            return tantivy.Query.all_query()
        strict = self._all_of([self._word(word) for word in query.words])
        lenient = [
            self._only_typo(query, number) for number, word in enumerate(query.words) if word.may_be_the_only_typo
        ]
        if not lenient:
            return strict
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, each) for each in [strict, *lenient]])

    def _only_typo(self, query: Query, number: int) -> tantivy.Query:
        parts = []
        for at, word in enumerate(query.words):
            parts.append(self._fuzzy(word, 1, ONE_TYPO_SCORE) if at == number else self._untouched(word))
        return self._all_of(parts)

    def _word(self, word: QueryWord) -> tantivy.Query:
        ways = [self._untouched(word)]
        if word.typos_max >= 1:
            ways.append(self._fuzzy(word, 1, ONE_TYPO_SCORE))
        if word.typos_max >= 2:
            ways.append(self._fuzzy(word, 2, TWO_TYPOS_SCORE))
        if word.may_miss_a_letter:
            skeleton = tantivy.Query.term_query(self.schema, "m", word.text, index_option="basic")
            ways.append(tantivy.Query.const_score_query(skeleton, ONE_TYPO_SCORE))
        return tantivy.Query.disjunction_max_query(ways)

    def _untouched(self, word: QueryWord) -> tantivy.Query:
        path, rest = f"w.{word.text[0]}", word.text[1:]
        exact = tantivy.Query.term_query(self.schema, path, rest, index_option="basic")
        ways = [tantivy.Query.const_score_query(exact, EXACT_SCORE)]
        if word.is_prefix:
            ways.append(self._fuzzy(word, 0, PREFIX_SCORE))
        return tantivy.Query.disjunction_max_query(ways)

    def _fuzzy(self, word: QueryWord, distance: int, score: float) -> tantivy.Query:
        path, rest = f"w.{word.text[0]}", word.text[1:]
        fuzzy = tantivy.Query.fuzzy_term_query(
            self.schema, path, rest, distance=distance, transposition_cost_one=True, prefix=word.is_prefix
        )
        return tantivy.Query.const_score_query(fuzzy, score)

    @staticmethod
    def _all_of(parts: Sequence[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts])

    # Writing

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self.index.writer(WRITER_BYTES, 1)
        return self._writer

    def _document(self, seq: int, record: JsonObject, settings: JsonObject) -> tantivy.Document:
        found = {word.text for _, word in searchable_words(record, settings)}
        by_letter: dict[str, list[str]] = {}
        for word in found:
            by_letter.setdefault(word[0], []).append(word[1:])
        fields: dict[str, Any] = {"seq": seq, "w": by_letter}
        missing = {skeleton for word in found for skeleton in skeletons(word)}
        if missing:
            fields["m"] = sorted(missing)
        facets = facet_values(record, settings)
        if facets:
            fields["f"] = facets
        return tantivy.Document.from_dict(fields, self.schema)


def _count(result: tantivy.SearchResult) -> int:
    count: int | None = result.count  # type: ignore[attr-defined] # missing in tantivy's stub.
    assert count is not None, "searched with count=True"
    return count
