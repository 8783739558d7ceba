"""What Pelton costs as things grow: items, retained records, tables, connections, triggers, size of an item."""
