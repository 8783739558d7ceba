"""SQLite, one file: connections, group commit, item rows, the change log, shard map and checkpoints."""
