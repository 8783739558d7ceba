"""Commands; those that concern a running Pelton speak to its control API."""
