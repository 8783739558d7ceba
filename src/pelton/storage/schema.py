"""The data folder's SQL schema: what each version added, and how an older file becomes a current one.

A migration is a list of statements run once, in one transaction with the new ``user_version``: a crash
leaves the old schema or the new one. Item and index rows have one SQL table each, made with their
catalog entry and named from its integer id, the only thing ever formatted into a statement.
"""

from __future__ import annotations

import apsw

#: Marks the file as Pelton's (``PRAGMA application_id``): the letters ``Pltn``.
APPLICATION_ID = 0x506C746E

_VERSION_1 = (
    # The one row of positions: the newest sequence number ever given, and the highest trimmed one.
    "CREATE TABLE position (id INTEGER PRIMARY KEY CHECK (id = 1), tip INTEGER NOT NULL, horizon INTEGER NOT NULL)",
    "INSERT INTO position VALUES (1, 0, 0)",
    # AUTOINCREMENT everywhere an id names something: an id is never used again.
    """CREATE TABLE tables (
        id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        arn TEXT NOT NULL, uuid TEXT NOT NULL, created_ms INTEGER NOT NULL, status TEXT NOT NULL,
        key_schema BLOB NOT NULL, definition BLOB NOT NULL, latest_arn TEXT, latest_label TEXT,
        UNIQUE (account, region, name))""",
    """CREATE TABLE indexes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL, name TEXT NOT NULL,
        key_schema BLOB NOT NULL, is_global INTEGER NOT NULL, projection BLOB NOT NULL, UNIQUE (table_id, name))""",
    # items_before: what the table held when the stream began, for the check of its whole history.
    """CREATE TABLE streams (
        id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
        table_name TEXT NOT NULL, label TEXT NOT NULL, arn TEXT NOT NULL UNIQUE, view_type TEXT NOT NULL,
        key_schema BLOB NOT NULL, created_ms INTEGER NOT NULL, disabled_ms INTEGER, items_before INTEGER NOT NULL)""",
    # Hash bounds are decimal text: they reach 2 to the 64th, beyond SQLite's integers.
    """CREATE TABLE shards (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, stream INTEGER NOT NULL, parent TEXT,
        hash_from TEXT NOT NULL, hash_to TEXT NOT NULL, starting INTEGER NOT NULL, ending INTEGER,
        created_ms INTEGER NOT NULL, closed_ms INTEGER)""",
    # Counts of each item or index SQL table, by its name.
    "CREATE TABLE counters (name TEXT PRIMARY KEY, items INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID",
    # SQL tables of dropped tables and indexes, emptied in small steps and then dropped.
    "CREATE TABLE discarded (name TEXT PRIMARY KEY) WITHOUT ROWID",
    # event: 1 INSERT, 2 MODIFY, 3 REMOVE. Big columns last: SQLite stops decoding at the last one asked for.
    """CREATE TABLE log (
        sequence_number INTEGER PRIMARY KEY, shard INTEGER NOT NULL, event INTEGER NOT NULL,
        created_ms INTEGER NOT NULL, is_service INTEGER NOT NULL, keys_size INTEGER NOT NULL,
        new_size INTEGER NOT NULL, old_size INTEGER NOT NULL, cause TEXT, keys BLOB NOT NULL,
        new_image BLOB, old_image BLOB)""",
    "CREATE INDEX log_by_shard ON log (shard)",
    """CREATE TABLE tokens (
        scope TEXT NOT NULL, token TEXT NOT NULL, digest BLOB NOT NULL, answer BLOB NOT NULL,
        stored_ms INTEGER NOT NULL, PRIMARY KEY (scope, token))""",
    # Each version of an event source mapping, and the position from which it held.
    """CREATE TABLE mappings (
        uuid TEXT PRIMARY KEY, version INTEGER NOT NULL, definition BLOB NOT NULL,
        created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE mapping_versions (
        uuid TEXT NOT NULL, version INTEGER NOT NULL, definition BLOB NOT NULL, since INTEGER NOT NULL,
        created_ms INTEGER NOT NULL, PRIMARY KEY (uuid, version)) WITHOUT ROWID""",
    """CREATE TABLE checkpoints (
        mapping TEXT NOT NULL, shard TEXT NOT NULL, position TEXT NOT NULL, state BLOB,
        PRIMARY KEY (mapping, shard)) WITHOUT ROWID""",
    """CREATE TABLE invocations (
        id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT NOT NULL, code_version TEXT NOT NULL, mapping TEXT,
        mapping_version INTEGER, shard TEXT, trace TEXT, first INTEGER, last INTEGER, records INTEGER NOT NULL,
        attempt INTEGER NOT NULL, parent INTEGER, started_ms INTEGER NOT NULL, duration_ms REAL NOT NULL,
        outcome TEXT NOT NULL, failed BLOB, detail BLOB)""",
    "CREATE INDEX invocations_by_mapping ON invocations (mapping, last) WHERE mapping IS NOT NULL",
    "CREATE INDEX invocations_by_trace ON invocations (trace) WHERE trace IS NOT NULL",
    """CREATE TABLE functions (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, configuration BLOB NOT NULL, code BLOB,
        changed_ms INTEGER NOT NULL, PRIMARY KEY (account, region, name))""",
    """CREATE TABLE failures (
        id INTEGER PRIMARY KEY AUTOINCREMENT, mapping TEXT NOT NULL, shard TEXT NOT NULL, first INTEGER NOT NULL,
        last INTEGER NOT NULL, reason TEXT NOT NULL, detail BLOB NOT NULL, records BLOB NOT NULL,
        discarded_ms INTEGER NOT NULL)""",
)

_VERSION_2 = (
    # A queue's messages lie in a bucket; purging gives it a fresh one, and the old one is emptied in small steps.
    "CREATE TABLE buckets (id INTEGER PRIMARY KEY AUTOINCREMENT, is_discarded INTEGER NOT NULL)",
    """CREATE TABLE queues (
        id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
        bucket INTEGER NOT NULL, retention_s INTEGER NOT NULL, attributes BLOB NOT NULL, tags BLOB NOT NULL,
        created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL, UNIQUE (account, region, name))""",
    """CREATE TABLE messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, bucket INTEGER NOT NULL, visible_ms INTEGER NOT NULL,
        sent_ms INTEGER NOT NULL, received INTEGER NOT NULL, first_received_ms INTEGER, receipt TEXT,
        message_id TEXT NOT NULL, body TEXT NOT NULL, attributes BLOB, system BLOB)""",
    "CREATE INDEX messages_by_visibility ON messages (bucket, visible_ms)",
    "CREATE INDEX messages_by_age ON messages (bucket, sent_ms)",
)

_VERSION_3 = (
    # A batch that its destination has not taken yet: it is kept until then, whatever its age.
    "ALTER TABLE failures ADD COLUMN is_waiting INTEGER NOT NULL DEFAULT 0",
)

_VERSION_4 = (
    # FIFO queues: a message's group, and when the oldest message of each group can be received.
    "ALTER TABLE messages ADD COLUMN message_group INTEGER",
    "CREATE INDEX messages_by_group ON messages (message_group) WHERE message_group IS NOT NULL",
    """CREATE INDEX messages_received_by_group ON messages (message_group, visible_ms)
        WHERE message_group IS NOT NULL AND receipt IS NOT NULL""",
    """CREATE TABLE message_groups (
        id INTEGER PRIMARY KEY AUTOINCREMENT, bucket INTEGER NOT NULL, name TEXT NOT NULL, ready_ms INTEGER NOT NULL,
        UNIQUE (bucket, name))""",
    "CREATE INDEX message_groups_by_readiness ON message_groups (bucket, ready_ms)",
    # What was sent in the last five minutes, and what was answered to whom asked with an id of his own.
    """CREATE TABLE deduplications (
        queue INTEGER NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL, message INTEGER NOT NULL,
        message_id TEXT NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY (queue, scope, id)) WITHOUT ROWID""",
    "CREATE INDEX deduplications_by_end ON deduplications (until_ms)",
    """CREATE TABLE receive_attempts (
        queue INTEGER NOT NULL, id TEXT NOT NULL, received BLOB NOT NULL, until_ms INTEGER NOT NULL,
        PRIMARY KEY (queue, id)) WITHOUT ROWID""",
    "CREATE INDEX receive_attempts_by_end ON receive_attempts (until_ms)",
    # Messages on their way out of a dead-letter queue.
    """CREATE TABLE move_tasks (
        id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL UNIQUE, source TEXT NOT NULL, destination TEXT,
        per_second INTEGER, status TEXT NOT NULL, moved INTEGER NOT NULL, to_move INTEGER NOT NULL,
        started_ms INTEGER NOT NULL, reason TEXT)""",
)

_VERSION_5 = (
    # What is attached to functions: event invoke configuration, concurrency, aliases, policies, URLs; body is JSON.
    """CREATE TABLE attachments (
        function TEXT NOT NULL, kind TEXT NOT NULL, qualifier TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (function, kind, qualifier)) WITHOUT ROWID""",
    # Published versions: configuration and archive as they were then.
    """CREATE TABLE function_versions (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
        configuration BLOB NOT NULL, code BLOB, PRIMARY KEY (account, region, name, version))""",
    # Events of asynchronous invocations that are not done with.
    """CREATE TABLE async_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT NOT NULL, qualifier TEXT NOT NULL, request_id TEXT NOT NULL,
        trace TEXT, accepted_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,
        delays INTEGER NOT NULL, verdict BLOB, payload BLOB NOT NULL)""",
    "CREATE INDEX async_events_by_due ON async_events (function, due_ms)",
)

_VERSION_6 = (
    # Resource policies of tables and streams, by ARN: kept for those who ask for them, never enforced.
    "CREATE TABLE policies (arn TEXT PRIMARY KEY, policy TEXT NOT NULL, revision TEXT NOT NULL) WITHOUT ROWID",
    # Items of a table as they were at one moment, in an SQL table of their own: a backup (USER, SYSTEM), or what
    # point-in-time recovery begins with (RECOVERY). position: the last storage key that was copied.
    """CREATE TABLE copies (
        id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
        region TEXT NOT NULL, arn TEXT UNIQUE, created_ms INTEGER NOT NULL, expires_ms INTEGER,
        is_whole INTEGER NOT NULL, position BLOB NOT NULL, detail BLOB NOT NULL)""",
    "CREATE INDEX copies_by_table ON copies (table_id)",
)

_VERSION_7 = (
    # Replays, backfills and redrives: where each stands (docs/adr/0012-passes-over-the-past.md).
    """CREATE TABLE passes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, mapping TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
        body BLOB NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL)""",
)

#: Statements that lead from version n to n + 1, at index n. Append only.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _VERSION_1,
    _VERSION_2,
    _VERSION_3,
    _VERSION_4,
    _VERSION_5,
    _VERSION_6,
    _VERSION_7,
)


class UnknownSchema(Exception):
    """The data file is not Pelton's, or a newer Pelton wrote it. The text says which and what to do."""


def migrate(connection: apsw.Connection) -> None:
    """Bring the file behind a writing connection to the current schema version; a new file too.

    Raises:
        UnknownSchema: the file belongs to another program or to a newer version of Pelton.
    """
    version = _version(connection)
    if version == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


def check_version(connection: apsw.Connection) -> None:
    """Refuse a file that is not of exactly the current version; changes nothing."""
    version = _version(connection)
    if version != len(MIGRATIONS):
        raise UnknownSchema(
            f"the data has schema version {version}, this Pelton knows {len(MIGRATIONS)}: start `pelton up` on it once"
        )


def check_not_newer(connection: apsw.Connection) -> None:
    """Refuse an empty file, another program's, and one of a newer version; changes nothing."""
    if _version(connection) == 0:
        raise UnknownSchema("the file was not written by Pelton: name a snapshot")


def item_rows(table_id: int) -> str:
    """Name of the SQL table that holds a table's items."""
    return f"items_{table_id:d}"


def index_rows(index_id: int) -> str:
    """Name of the SQL table that holds an index's rows."""
    return f"index_{index_id:d}"


def copy_rows(copy_id: int) -> str:
    """Name of the SQL table that holds a copy of a table's items."""
    return f"copy_{copy_id:d}"


def history_rows(copy_id: int) -> str:
    """Name of the SQL table that holds each change since a copy was begun."""
    return f"history_{copy_id:d}"


def create_rows(connection: apsw.Connection, name: str) -> None:
    """Make the SQL table of a new table or index (layout: docs/adr/0001-key-layout.md)."""
    connection.execute(f"CREATE TABLE {name} (key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, body BLOB NOT NULL)")
    connection.execute("INSERT INTO counters VALUES (?, 0, 0)", (name,))


def _version(connection: apsw.Connection) -> int:
    application = connection.pragma("application_id")
    version = connection.pragma("user_version")
    is_empty = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    if application != APPLICATION_ID and not is_empty:
        raise UnknownSchema("the data file was not written by Pelton: choose another data folder")
    if version > len(MIGRATIONS):
        raise UnknownSchema(
            f"the data was written by a newer Pelton (schema version {version}, this one knows {len(MIGRATIONS)}): "
            "upgrade Pelton or choose another data folder"
        )
    return int(version)
